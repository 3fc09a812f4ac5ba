/** Changes one field of a head and no other byte of it: order and capitals stay, and what is unchanged is shared with what was given. */

import { findField, type FieldLine } from './fields.ts'

const LF = 10
const CR = 13
const EMPTY_LINE = 2

/** Puts `value` where `name` stands first and takes the others out; where there is none it becomes the last field. */
export function setField(raw: Buffer, name: string, value: string): Buffer {
  const first = findField(raw, fieldsAt(raw), name)
  if (!first) return inserted(raw, raw.length - EMPTY_LINE, line(name, value))
  const head = Buffer.concat([raw.subarray(0, first.nameEnd), Buffer.from(`: ${oneLine(value)}\r\n`, 'latin1')])
  return Buffer.concat([head, without(raw, first.lineEnd, name)])
}

/** Takes every line of `name` out. */
export const removeField = (raw: Buffer, name: string): Buffer => {
  const at = fieldsAt(raw)
  return Buffer.concat([raw.subarray(0, at), without(raw, at, name)])
}

/** Lets `name` stand there once more, behind its last line: with `value`, or with what it said. Where there is none, nothing changes unless there is a value. */
export function duplicateField(raw: Buffer, name: string, value?: string): Buffer {
  let last: FieldLine | undefined
  for (let next = findField(raw, fieldsAt(raw), name); next; next = findField(raw, next.lineEnd, name)) last = next
  if (!last) return value === undefined ? raw : setField(raw, name, value)
  const again = value === undefined ? raw.subarray(last.lineAt, last.lineEnd) : Buffer.concat([raw.subarray(last.lineAt, last.nameEnd), Buffer.from(`: ${oneLine(value)}\r\n`, 'latin1')])
  return inserted(raw, last.lineEnd, again)
}

/** A field line as it goes on the wire. What would begin another line becomes a space. */
export const line = (name: string, value: string): Buffer => Buffer.from(`${oneLine(name)}: ${oneLine(value)}\r\n`, 'latin1')
export const oneLine = (text: string): string => text.replace(/[\r\n\0]+/g, ' ')

const inserted = (raw: Buffer, at: number, bytes: Buffer): Buffer => Buffer.concat([raw.subarray(0, at), bytes, raw.subarray(at)])

/** What stands from `at` on, without the lines of `name`. */
function without(raw: Buffer, at: number, name: string): Buffer {
  const kept: Buffer[] = []
  let from = at
  for (let found = findField(raw, from, name); found; found = findField(raw, from, name)) {
    kept.push(raw.subarray(from, found.lineAt))
    from = found.lineEnd
  }
  return Buffer.concat([...kept, raw.subarray(from)])
}

/** Where the first field line begins: behind the start line, before which a request may have empty ones. */
function fieldsAt(raw: Buffer): number {
  let at = 0
  while (raw[at] === CR || raw[at] === LF) at++
  while (at < raw.length && raw[at] !== LF) at++
  return at + 1
}
