/**
 * Requests and replies of the plainest kind, read where they lie: nothing is made for one, not even a view. What is not plain or not here
 * in full is left to the decoder; what is read here it would have read as the same.
 */

import { HEAD_MAX } from '../codec.ts'
import { knownAt, type Command } from './commands.ts'
import { NO_COMMAND } from './words.ts'

const CR = 13
const LF = 10
const ZERO = 48
const byteOf = (character: string): number => character.charCodeAt(0)
const [ARRAY, BULK, MINUS, PLUS, COLON, DOUBLE, NULL, BOOLEAN, BIG, LETTER_Q] = [byteOf('*'), byteOf('$'), byteOf('-'), byteOf('+'), byteOf(':'), byteOf(','), byteOf('_'), byteOf('#'), byteOf('('), byteOf('Q')]
/** Digits of a length, and bytes of a line, at the most. */
const DIGITS_MAX = 6
const LINE_MAX = 512
/** Bytes of a request up to its first argument, at the most. */
const BEGINNING_MAX = 64

/** An array of words to a command that is answered with one reply at once, which changes nothing, and whose first key has a fixed place. */
export class PlainRequest {
  command: Command = NO_COMMAND
  /** Where its first key lies; of a command that has one. */
  keyStart = 0
  keyEnd = 0
  /** Behind its last byte. */
  end = 0
  /** How the latest began, up to its first argument: the next one is mostly like it. */
  readonly #beginning = new Uint8Array(BEGINNING_MAX)
  #length = 0
  #words = 0
  #keyAt = 0

  /** Reads the request that begins at `at`. False where there is no plain one: what is said of the one before stands no more. */
  read(chunk: Buffer, at: number): boolean {
    if (!this.#beginsAlike(chunk, at) && !this.#begin(chunk, at)) return false
    let next = at + this.#length
    const words = this.#words
    for (let word = 1; word < words; word++) {
      const size = chunk[next] === BULK ? lengthAt(chunk, next + 1) : -1
      const start = behind
      const end = start + size
      if (size < 0 || chunk[end] !== CR || chunk[end + 1] !== LF) return false
      if (word === this.#keyAt) {
        this.keyStart = start
        this.keyEnd = end
      }
      next = end + 2
    }
    this.end = next
    return next - at < HEAD_MAX
  }

  #beginsAlike(chunk: Buffer, at: number): boolean {
    const length = this.#length
    for (let n = 0; n < length; n++) if (chunk[at + n] !== this.#beginning[n]) return false
    return length > 0
  }

  /** Reads how many words there are, and the command. */
  #begin(chunk: Buffer, at: number): boolean {
    this.#length = 0
    const words = chunk[at] === ARRAY ? lengthAt(chunk, at + 1) : 0
    const size = words > 0 && chunk[behind] === BULK ? lengthAt(chunk, behind + 1) : -1
    const end = behind + size
    if (size < 0 || chunk[end] !== CR || chunk[end + 1] !== LF || end + 2 - at > BEGINNING_MAX) return false
    const known = knownAt(chunk, behind, end)
    if (!known?.plain || known.keyAt >= words) return false
    this.command = known.command
    this.#words = words
    this.#keyAt = known.keyAt
    this.#length = end + 2 - at
    for (let n = 0; n < this.#length; n++) this.#beginning[n] = chunk[at + n] ?? 0
    return true
  }
}

/** A value that is no aggregate, no error, no push and not `+QUEUED`. */
export class PlainReply {
  nil = false
  /** A bulk string or a double that is not nil: a value that was looked up. */
  value = false
  /** Behind its last byte. */
  end = 0

  /** As that of a request. */
  read(chunk: Buffer, at: number): boolean {
    const type = chunk[at]
    this.nil = type === NULL
    this.value = type === BULK || type === DOUBLE
    if (type === BULK) return chunk[at + 1] === MINUS ? this.#null(chunk, at) : this.#bulk(chunk, at)
    if (type === PLUS ? chunk[at + 1] === LETTER_Q : type !== COLON && type !== NULL && type !== BOOLEAN && type !== DOUBLE && type !== BIG) return false
    const most = Math.min(chunk.length, at + LINE_MAX) - 1
    for (let next = at + 1; next < most; next++) {
      if (chunk[next] === CR && chunk[next + 1] === LF) {
        this.end = next + 2
        return true
      }
    }
    return false
  }

  #null(chunk: Buffer, at: number): boolean {
    this.nil = true
    this.value = false
    this.end = at + 5
    return lengthAt(chunk, at + 2) === 1 && behind === this.end
  }

  #bulk(chunk: Buffer, at: number): boolean {
    const size = lengthAt(chunk, at + 1)
    if (size < 0) return false
    const end = behind + size
    this.end = end + 2
    return chunk[end] === CR && chunk[end + 1] === LF && this.end - at < HEAD_MAX
  }
}

/** Behind the line that `lengthAt` has read. */
let behind = 0

/** A length, with the end of its line; -1 where there is none that is plain. */
function lengthAt(chunk: Buffer, start: number): number {
  let number = 0
  let at = start
  for (; ; at++) {
    const digit = (chunk[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) break
    number = 10 * number + digit
  }
  if (at === start || at - start > DIGITS_MAX || chunk[at] !== CR || chunk[at + 1] !== LF) return -1
  behind = at + 2
  return number
}
