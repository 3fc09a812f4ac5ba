/** A reply as a tree of values, and the same reply with some of them said otherwise: every byte that was not named stays. */

import { REPLY_TYPES, type ReplyType } from './message.ts'
import { DEPTH_MAX } from './scanner.ts'

export interface Value {
  readonly type: ReplyType
  /** Where it stands in what it was read from; attributes ahead of it are not part of it. */
  readonly at: number
  readonly end: number
  /** Of a string its bytes, of a number or an error its line, as latin1; '' of a null and of an aggregate. Of a verbatim string without its format. */
  readonly text: string
  readonly nil: boolean
  /** Of a map keys and values in turn. */
  readonly items: readonly Value[]
}

const byteOf = (character: string): number => character.charCodeAt(0)
const [MINUS, CR, LF, ZERO, ATTRIBUTES] = [byteOf('-'), byteOf('\r'), byteOf('\n'), byteOf('0'), byteOf('|')]
/** `txt:` of a verbatim string. */
const FORMAT_LENGTH = 4
/** No length has more digits. */
const DIGITS_MAX = 10
const BULKS: ReadonlySet<string> = new Set<ReplyType>(['BulkString', 'BulkError', 'VerbatimString'])
const AGGREGATES: ReadonlySet<string> = new Set(['Array', 'Map', 'Set', 'Push', 'Attributes'])
const NONE: readonly Value[] = []

interface Open { readonly type: ReplyType | 'Attributes'; readonly at: number; left: number; readonly items: Value[] }

/** The value at the start of `raw`; undefined where it is not complete, is streamed, or is none. Never throws. */
export function readValue(raw: Buffer): Value | undefined {
  const open: Open[] = []
  let at = 0
  for (;;) {
    const next = lineEnd(raw, at)
    const type = raw[at] === ATTRIBUTES ? 'Attributes' : REPLY_TYPES[raw[at] ?? 0]
    if (next < 0 || type === undefined) return undefined
    let done: Value | undefined
    if (AGGREGATES.has(type) && raw[at + 1] !== MINUS) {
      const count = lengthAt(raw, at + 1, next - 2)
      if (count < 0 || open.length === DEPTH_MAX) return undefined
      const left = type === 'Map' || type === 'Attributes' ? 2 * count : count
      if (left > 0) open.push({ type, at, left, items: [] })
      else if (type !== 'Attributes') done = { type, at, end: next, text: '', nil: false, items: NONE }
      at = next
    } else {
      done = type === 'Attributes' ? undefined : leaf(raw, type, at, next)
      if (!done) return undefined
      at = done.end
    }
    // What has ended may have been the last of what it stands in.
    while (done) {
      const parent = open.at(-1)
      if (!parent) return done
      parent.items.push(done)
      done = undefined
      if (--parent.left > 0) break
      open.pop()
      if (parent.type !== 'Attributes') done = { type: parent.type, at: parent.at, end: at, text: '', nil: false, items: parent.items }
    }
  }
}

/** What stands in one line, or in a line and the bytes that it counts. */
function leaf(raw: Buffer, type: ReplyType, at: number, next: number): Value | undefined {
  const bulk = BULKS.has(type)
  if (type === 'Null' || ((bulk || AGGREGATES.has(type)) && raw[at + 1] === MINUS)) return { type, at, end: next, text: '', nil: true, items: NONE }
  if (!bulk) return { type, at, end: next, text: raw.toString('latin1', at + 1, next - 2), nil: false, items: NONE }
  const length = lengthAt(raw, at + 1, next - 2)
  const end = next + length
  if (length < 0 || raw[end] !== CR || raw[end + 1] !== LF) return undefined
  const start = type === 'VerbatimString' ? Math.min(end, next + FORMAT_LENGTH) : next
  return { type, at, end: end + 2, text: raw.toString('latin1', start, end), nil: false, items: NONE }
}

/** Behind the CR LF of the line at `at`; -1 where that is not here. Lines are short: byte by byte is faster than to be asked. */
function lineEnd(raw: Buffer, at: number): number {
  let end = at
  while (end < raw.length && raw[end] !== CR) end++
  return raw[end + 1] === LF ? end + 2 : -1
}

/** The whole number between `at` and `end`; -1 where there is none. */
function lengthAt(raw: Buffer, at: number, end: number): number {
  if (end <= at || end - at > DIGITS_MAX) return -1
  let number = 0
  for (let digit = at; digit < end; digit++) {
    const value = (raw[digit] ?? 0) - ZERO
    if (value < 0 || value > 9) return -1
    number = number * 10 + value
  }
  return number
}

/** The value of that name in a map, or in an array that stands for one in RESP2. */
export function fieldOf({ type, items }: Value, name: string): Value | undefined {
  if (type !== 'Map' && type !== 'Array') return undefined
  for (let at = 0; at + 1 < items.length; at += 2) if (items[at]?.text === name) return items[at + 1]
  return undefined
}

interface Edit { readonly at: number; readonly end: number; readonly said: string }

/** What is to be said in place of which values, in any order. */
export class Edits {
  readonly #raw: Buffer
  readonly #edits: Edit[] = []

  constructor(raw: Buffer) { this.#raw = raw }

  /** `words` are latin1. The type stays; a null becomes a bulk string. What says so already is left as it is, a null of which '' is to be said, and an aggregate. */
  say({ type, at, end, text, nil }: Value, words: string): void {
    if (text !== words && (nil || !AGGREGATES.has(type))) this.#edits.push({ at, end, said: this.#wire(type, at, words) })
  }

  /** The very buffer where nothing was to be said. */
  get result(): Buffer {
    if (this.#edits.length === 0) return this.#raw
    const edits = this.#edits.sort((a, b) => a.at - b.at)
    const result = Buffer.allocUnsafe(edits.reduce((length, { at, end, said }) => length + said.length - (end - at), this.#raw.length))
    let [from, to] = [0, 0]
    for (const { at, end, said } of edits) {
      to += this.#raw.copy(result, to, from, at)
      to += result.write(said, to, 'latin1')
      from = end
    }
    this.#raw.copy(result, to, from)
    return result
  }

  #wire(type: ReplyType, at: number, words: string): string {
    switch (type) {
      case 'BulkError': return `!${words.length}\r\n${words}\r\n`
      case 'VerbatimString': {
        const body = lineEnd(this.#raw, at)
        return `=${words.length + FORMAT_LENGTH}\r\n${this.#raw.toString('latin1', body, body + FORMAT_LENGTH)}${words}\r\n`
      }
      case 'SimpleString': case 'SimpleError': case 'Integer': return `${this.#raw.toString('latin1', at, at + 1)}${words}\r\n`
      default: return `$${words.length}\r\n${words}\r\n`
    }
  }
}
