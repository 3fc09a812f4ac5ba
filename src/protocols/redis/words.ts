/** The words of a request: its command, its arguments. Views into its bytes, made when they are asked for. */

import { commandNamed, type Command } from './commands.ts'
import type { RedisMessage } from './message.ts'

const ARRAY = 42
const CR = 13
const ZERO = 48

/** What asks for nothing, or cannot be read. */
export const NO_COMMAND: Command = { name: '', does: 'neither', denyoom: false, blocking: false, keys: { at: 'none' }, answer: 'one' }

/** The command of a request, known in capitals; looked up once a message. */
export function commandOf(request: RedisMessage): Command {
  request.command ??= look(request)
  return request.command
}

function look({ raw, type }: RedisMessage): Command {
  if (type === 'InlineCommand') {
    const [name, second] = inlineWords(raw)
    return name ? commandNamed(name, 0, name.length, () => second) : NO_COMMAND
  }
  if (type !== 'Command') return NO_COMMAND
  const first = lineEnd(raw, 0)
  const start = lineEnd(raw, first)
  const end = start + numberAt(raw, first + 1)
  return end <= raw.length ? commandNamed(raw, start, end, () => wordsOf(raw, 2)[1]) : NO_COMMAND
}

/** The words of a request, the command's own first; at most `most`. Of a large request those that lie in its head in full. */
export const wordsOf = (raw: Buffer, most = Number.POSITIVE_INFINITY): Buffer[] => (raw[0] === ARRAY ? arrayWords(raw, most) : inlineWords(raw).slice(0, most))

/** How many words it has, those outside the head included. */
export const countOf = (raw: Buffer): number => (raw[0] === ARRAY ? numberAt(raw, 1) : inlineWords(raw).length)

/** What a request says in words that can be compared. */
export const upper = (word: Buffer | undefined): string => word?.toString('latin1').toUpperCase() ?? ''

function arrayWords(raw: Buffer, most: number): Buffer[] {
  const words: Buffer[] = []
  let at = lineEnd(raw, 0)
  while (at < raw.length && words.length < most) {
    const start = lineEnd(raw, at)
    const end = start + numberAt(raw, at + 1)
    if (start === at || end > raw.length) break
    words.push(raw.subarray(start, end))
    at = end + 2
  }
  return words
}

/** Puts into `span` where word `index` of a request lies, the command's own being 0; false where it is not here in full, or the request is inline. Makes nothing. */
export function findWord(raw: Buffer, index: number, span: { start: number; end: number }): boolean {
  if (raw[0] !== ARRAY || index >= numberAt(raw, 1)) return false
  let at = lineEnd(raw, 0)
  for (let word = 0; ; word++) {
    const start = lineEnd(raw, at)
    const end = start + numberAt(raw, at + 1)
    if (start === at || end > raw.length) return false
    if (word === index) {
      span.start = start
      span.end = end
      return true
    }
    at = end + 2
  }
}

/** Whether a request may wait for data: as its command does, and a read of streams with BLOCK. */
export const waits = ({ blocking, keys }: Command, raw: Buffer): boolean =>
  keys.at === 'streams' ? wordsOf(raw).some((word) => upper(word) === 'BLOCK') : blocking

/** Where the line that begins at `at` ends, behind its CR LF; `raw.length` where that is not here. */
function lineEnd(raw: Buffer, at: number): number {
  let end = at
  while (end < raw.length && raw[end] !== CR) end++
  return Math.min(end + 2, raw.length)
}

/** The digits at `at`. */
export function numberAt(raw: Buffer, at: number): number {
  let number = 0
  for (let digit = at; digit < raw.length; digit++) {
    const value = (raw[digit] ?? 0) - ZERO
    if (value < 0 || value > 9) break
    number = number * 10 + value
  }
  return number
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }
// White space is C's. Each alternative begins with another character: matching takes linear time.
const QUOTED = '"((?:\\\\.|[^"\\\\])*)"|\'((?:\\\\\'|[^\'\\\\]|\\\\(?!\'))*)\''
const PIECES = new RegExp(QUOTED, 'gs')
const WORD = new RegExp(`(?:(?:${QUOTED})(?=[ \\t-\\r]|$)|[^ \\t-\\r"'])+(?=[ \\t-\\r]|$)`, 'sy')
const SPACES = /[ \t-\r]*/y

/** Splits a line as a server does; nothing where a quote is left open, which it refuses. (sds.c: sdssplitargs) */
function inlineWords(raw: Buffer): Buffer[] {
  const line = raw.toString('latin1')
  const words: Buffer[] = []
  let at = 0
  for (;;) {
    SPACES.lastIndex = at
    at += SPACES.exec(line)?.[0].length ?? 0
    if (at >= line.length) return words
    WORD.lastIndex = at
    const word = WORD.exec(line)?.[0]
    if (word === undefined) return []
    words.push(Buffer.from(unquoted(word), 'latin1'))
    at += word.length
  }
}

const unquoted = (word: string): string => word.replace(PIECES, (_, double: string | undefined, single: string | undefined) => double === undefined
  ? (single ?? '').replaceAll("\\'", "'")
  : double.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_escape, hex: string | undefined, letter = '') => (hex === undefined ? ESCAPES[letter] ?? letter : String.fromCharCode(Number.parseInt(hex, 16)))))
