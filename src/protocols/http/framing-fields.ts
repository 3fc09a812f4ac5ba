/** The four fields that say where a message ends and what comes behind it, judged as they go by. Whatever two readers could take in two ways is refused. (RFC 9112, 6 and 9; RFC 9110, 7.8 and 8.6) */

import { CHUNKED, UNSAID, type Upgrade } from './head.ts'

const TAB = 9
const SPACE = 32
const ZERO = 48
/** Sets the bit that makes a capital small; of the bytes that may stand in a name none but a letter becomes another one of these names. */
const SMALL = 32
const CONTENT_LENGTH = bytesOf('content-length')
const TRANSFER_ENCODING = bytesOf('transfer-encoding')
const CONNECTION = bytesOf('connection')
const UPGRADE = bytesOf('upgrade')
/** No two are of the same length. */
const BY_LENGTH: readonly (Buffer | undefined)[] = Array.from({ length: 18 }, (_, length) => [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE].find((name) => name.length === length))
const CHUNKED_WORD = bytesOf('chunked')
const KEEP_ALIVE = bytesOf('keep-alive')
/** Chunked once, and last. Codings that are not known may be anything. */
const CODINGS = /^(?:(?:x-gzip|gzip|x-compress|compress|deflate)[ \t]*,[ \t]*)*chunked$/i
const WEBSOCKET = /(?:^|[ \t,])websocket(?:$|[ \t,])/i

export class FramingFields {
  /** As the fields say it: of a Content-Length its number. */
  length = UNSAID as number
  close = false
  upgrade: Upgrade | undefined
  #transfers = 0
  #keepAlive = false
  #upgrades = false

  begin(): void {
    this.length = UNSAID
    this.close = false
    this.upgrade = undefined
    this.#transfers = 0
    this.#keepAlive = false
    this.#upgrades = false
  }

  /** Takes note of one field, a colon between its name and its value; says why it cannot be trusted, if so. */
  field(bytes: Buffer, nameAt: number, nameEnd: number, valueEnd: number): string | undefined {
    const name = BY_LENGTH[nameEnd - nameAt]
    if (name === undefined || !is(bytes, nameAt, nameEnd, name)) return undefined
    const at = trimmedStart(bytes, nameEnd + 1, valueEnd)
    const end = trimmedEnd(bytes, at, valueEnd)
    if (name === CONTENT_LENGTH) return this.#contentLength(bytes, at, end)
    // White space behind the coding makes it another one to some.
    if (name === TRANSFER_ENCODING) return this.#transferEncoding(bytes, at, valueEnd)
    if (name === CONNECTION) this.#connection(bytes, at, end)
    else if (this.upgrade !== 'websocket') this.upgrade = WEBSOCKET.test(bytes.toString('latin1', at, end)) ? 'websocket' : 'other'
    return undefined
  }

  /** All fields are here: what of them cannot be together, if so. */
  settle(minor: number): string | undefined {
    if (this.#transfers > 0) {
      if (this.length !== UNSAID) return 'Content-Length beside Transfer-Encoding'
      if (this.#transfers > 1) return 'more than one Transfer-Encoding'
      if (minor === 0) return 'Transfer-Encoding in HTTP/1.0'
      this.length = CHUNKED
    }
    if (minor === 0 && !this.#keepAlive) this.close = true
    // In HTTP/1.0 it should be ignored; not everybody does, and nothing may depend on it.
    if (!this.#upgrades) this.upgrade = undefined
    return undefined
  }

  /** Of trailers: whatever would have framed the message comes too late. */
  get late(): boolean { return this.#transfers > 0 || this.length !== UNSAID }

  #contentLength(bytes: Buffer, at: number, end: number): string | undefined {
    let length = 0
    for (let digit = at; digit < end; digit++) {
      const value = (bytes[digit] ?? 0) - ZERO
      if (value < 0 || value > 9) return 'a Content-Length that is no number'
      length = length * 10 + value
      if (length > Number.MAX_SAFE_INTEGER) return 'a Content-Length out of bounds'
    }
    if (at === end) return 'an empty Content-Length'
    if (this.length !== UNSAID && this.length !== length) return 'Content-Lengths that differ'
    this.length = length
    return undefined
  }

  #transferEncoding(bytes: Buffer, at: number, end: number): string | undefined {
    this.#transfers++
    return is(bytes, at, end, CHUNKED_WORD) || CODINGS.test(bytes.toString('latin1', at, end)) ? undefined : 'a Transfer-Encoding that is not chunked once and last'
  }

  #connection(bytes: Buffer, at: number, end: number): void {
    if (is(bytes, at, end, KEEP_ALIVE)) {
      this.#keepAlive = true
      return
    }
    for (const option of bytes.toString('latin1', at, end).toLowerCase().split(',')) {
      const word = option.trim()
      if (word === 'close') this.close = true
      else if (word === 'keep-alive') this.#keepAlive = true
      else if (word === 'upgrade') this.#upgrades = true
    }
  }
}

function bytesOf(word: string): Buffer { return Buffer.from(word, 'latin1') }

/** The word from `at` to `end`, whatever its capitals; `word` is small. */
function is(bytes: Buffer, at: number, end: number, word: Buffer): boolean {
  if (end - at !== word.length) return false
  for (let n = 0; n < word.length; n++) if (((bytes[at + n] ?? 0) | SMALL) !== word[n]) return false
  return true
}

/** Of the value from `at` to `end`: without the white space before it. */
function trimmedStart(bytes: Buffer, at: number, end: number): number {
  let start = at
  while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++
  return start
}

function trimmedEnd(bytes: Buffer, at: number, end: number): number {
  let stop = end
  while (stop > at && (bytes[stop - 1] === SPACE || bytes[stop - 1] === TAB)) stop--
  return stop
}
