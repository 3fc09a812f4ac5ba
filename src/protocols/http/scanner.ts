/**
 * Finds where a head, a line before a chunk or a chunk's trailers end, and refuses what two readers could take in two ways: an automaton
 * over bytes that stops after any of them and goes on in the next chunk. It keeps positions, never bytes.
 *
 *   request   EMPTY ─> METHOD ─> TARGET ─> VERSION ──────────────┐
 *   response  VERSION ─> STATUS ─> REASON ───────────────────────┤ CR LF
 *   chunk     SIZE ─> EXTENSION ── CR LF ─┬─ of 0 ───────────────┴─> NAME <─> VALUE … ── CR LF ─> complete
 *                                         └─ of more ────────────────────────────────────────────> complete
 */

import { FramingFields } from './framing-fields.ts'
import { CHUNKED, type Framing, type Upgrade } from './head.ts'
import { HEX, IS_TOKEN, oddity, textEnd } from './octets.ts'

/** Bytes of the line before a chunk, its extensions and its end included. */
export const CHUNK_LINE_MAX = 4096
/** Enough for what a number can hold; past it leading zeros may hide an overflow. */
const SIZE_DIGITS_MAX = 16

const [EMPTY, EMPTY_LF, METHOD, TARGET, VERSION, STATUS, REASON, START_LF, NAME, VALUE, VALUE_LF, LAST_LF, SIZE, EXTENSION, SIZE_LF] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] as const
type State = typeof EMPTY | typeof EMPTY_LF | typeof METHOD | typeof TARGET | typeof VERSION | typeof STATUS | typeof REASON | typeof START_LF
  | typeof NAME | typeof VALUE | typeof VALUE_LF | typeof LAST_LF | typeof SIZE | typeof EXTENSION | typeof SIZE_LF

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32
const ZERO = 48
const COLON = 58
const SEMICOLON = 59
const DELETE = 127
const TLS_HANDSHAKE = 0x16
const VERSIONS = [...Buffer.from('HTTP/1.')] as const
/** What a client of HTTP/2 says first. (RFC 9113, 3.4) */
const PREFACE = 'PRI * HTTP/'
const BARE_CR = 'a bare CR'
const NOT_SEEN = 'requests are not seen'

export class Scanner implements Framing {
  complete = false
  /** Why it cannot be trusted. */
  broken: string | undefined
  /** Bytes read since `begin`. */
  scanned = 0
  startAt = 0
  methodEnd = 0
  targetEnd = 0
  fieldsAt = 0
  status = 0
  minor = 0
  method: Framing['method'] = 'other'
  /** Of a chunk: bytes of its data. */
  size = 0
  readonly #fields = new FramingFields()
  #what: 'request' | 'response' | 'chunk' = 'request'
  #state: State = EMPTY
  /** Of VERSION, STATUS and SIZE: characters that have come. */
  #count = 0
  #nameAt = 0
  #nameEnd = 0

  get length(): number { return this.#fields.length }
  get close(): boolean { return this.#fields.close }
  get upgrade(): Upgrade | undefined { return this.#fields.upgrade }

  begin(what: 'request' | 'response' | 'chunk'): void {
    this.complete = false
    this.scanned = 0
    this.startAt = 0
    this.methodEnd = 0
    this.targetEnd = 0
    this.status = 0
    this.size = 0
    this.method = 'other'
    this.#what = what
    this.#state = what === 'request' ? EMPTY : what === 'response' ? VERSION : SIZE
    this.#count = 0
    this.#fields.begin()
  }

  /** Goes on in `bytes`, in which all that was scanned since `begin` stands from `start` on, up to `end`; stops behind the last byte of what it is looking for, or at the first that makes no sense. */
  scan(bytes: Buffer, start: number, end: number): void {
    let at = start + this.scanned
    while (at < end && !this.complete && this.broken === undefined) at = this.#step(bytes, start, at, end)
    this.scanned = at - start
  }

  #step(bytes: Buffer, start: number, at: number, end: number): number {
    switch (this.#state) {
      case EMPTY:
        this.startAt = at - start
        this.#state = bytes[at] === CR ? EMPTY_LF : METHOD
        return bytes[at] === CR ? at + 1 : at
      case EMPTY_LF: return this.#lineFeed(bytes, at, EMPTY)
      case METHOD: return this.#readMethod(bytes, start, at, end)
      case TARGET: return this.#readTarget(bytes, start, at, end)
      case VERSION: return this.#readVersion(bytes, start, at, end)
      case STATUS: return this.#readStatus(bytes, at)
      case REASON: return this.#readText(bytes, at, end, START_LF, 'a status line')
      case START_LF:
        this.fieldsAt = at + 1 - start
        this.#nameAt = this.fieldsAt
        return this.#lineFeed(bytes, at, NAME)
      case SIZE: return this.#readSize(bytes, at)
      case EXTENSION: return this.#readExtension(bytes, start, at, end)
      case SIZE_LF: return this.#endSize(bytes, start, at)
      default: return this.#readFields(bytes, start, at, end)
    }
  }

  #breaks(why: string, at: number): number {
    this.broken = why
    return at
  }

  #lineFeed(bytes: Buffer, at: number, next: State): number {
    if (bytes[at] !== LF) return this.#breaks(BARE_CR, at)
    this.#state = next
    return at + 1
  }

  #readMethod(bytes: Buffer, start: number, at: number, end: number): number {
    let next = at
    while (next < end && IS_TOKEN[bytes[next] ?? 0] === 1) next++
    if (next === end) return next
    const byte = bytes[next] ?? 0
    const from = start + this.startAt
    if (byte !== SPACE || next === from) return this.#breaks(byte === TLS_HANDSHAKE && next === from ? `TLS: ${NOT_SEEN}` : oddity(byte, 'a method'), next)
    this.methodEnd = next - start
    const length = next - from
    if (length === 4 || length === 7) {
      const method = bytes.toString('latin1', from, next)
      const known = method.toUpperCase()
      if (known === 'HEAD' || known === 'CONNECT') {
        if (method !== known) return this.#breaks(`a method that may be taken for ${known}`, next)
        this.method = known
      }
    }
    this.#state = TARGET
    return next + 1
  }

  #readTarget(bytes: Buffer, start: number, at: number, end: number): number {
    let next = at
    while (next < end && (bytes[next] ?? 0) > SPACE && bytes[next] !== DELETE) next++
    if (next === end) return next
    if (bytes[next] !== SPACE || next - start === this.methodEnd + 1) return this.#breaks(bytes[next] === CR ? 'HTTP/0.9' : oddity(bytes[next] ?? 0, 'a target'), next)
    this.targetEnd = next - start
    this.#state = VERSION
    return next + 1
  }

  /** `HTTP/1.1`, and the byte behind it. */
  #readVersion(bytes: Buffer, start: number, at: number, end: number): number {
    let next = at
    let count = this.#count
    while (next < end && count < VERSIONS.length && bytes[next] === VERSIONS[count]) {
      next++
      count++
    }
    this.#count = count
    if (next === end) return next
    const byte = bytes[next] ?? 0
    if (this.#count < VERSIONS.length) {
      const begins = bytes.toString('latin1', start + this.startAt, next)
      return this.#breaks(begins === PREFACE ? `HTTP/2: ${NOT_SEEN}` : begins === '' ? 'it does not begin as HTTP does' : 'a version other than HTTP/1', next)
    }
    if (this.#count === VERSIONS.length) {
      if (byte !== ZERO && byte !== ZERO + 1) return this.#breaks('a version other than HTTP/1.0 and HTTP/1.1', next)
      this.minor = byte - ZERO
      this.#count++
      return next + 1
    }
    if (byte !== (this.#what === 'request' ? CR : SPACE)) return this.#breaks(oddity(byte, 'a start line'), next)
    this.#state = this.#what === 'request' ? START_LF : STATUS
    this.#count = 0
    return next + 1
  }

  /** Three digits. The space behind them is left out by some when there is no reason. */
  #readStatus(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0
    if (this.#count === 3) {
      if (byte !== SPACE && byte !== CR) return this.#breaks(oddity(byte, 'a status'), at)
      this.#state = byte === SPACE ? REASON : START_LF
      return at + 1
    }
    if (byte < ZERO || byte > ZERO + 9 || (this.#count === 0 && byte === ZERO)) return this.#breaks(oddity(byte, 'a status'), at)
    this.status = this.status * 10 + byte - ZERO
    this.#count++
    return at + 1
  }

  /** Any text up to a CR. */
  #readText(bytes: Buffer, at: number, end: number, behind: State, place: string): number {
    const next = textEnd(bytes, at, end)
    if (next === end) return next
    if (bytes[next] !== CR) return this.#breaks(oddity(bytes[next] ?? 0, place), next)
    this.#state = behind
    return next + 1
  }

  /** Field lines, up to the empty one: most bytes of a head are read here. */
  #readFields(bytes: Buffer, start: number, at: number, end: number): number {
    let state = this.#state
    let nameAt = start + this.#nameAt
    let nameEnd = start + this.#nameEnd
    let next = at
    while (next < end) {
      if (state === NAME) {
        while (next < end && IS_TOKEN[bytes[next] ?? 0] === 1) next++
        if (next === end) break
        nameEnd = next
        if (bytes[next] === COLON && next > nameAt) state = VALUE
        else if (bytes[next] === CR && next === nameAt) state = LAST_LF
        else {
          this.broken = next === nameAt && (bytes[next] === SPACE || bytes[next] === TAB) ? 'a folded field' : oddity(bytes[next] ?? 0, "a field's name")
          break
        }
        next++
      }
      if (state === VALUE) {
        next = textEnd(bytes, next, end)
        if (next === end) break
        if (bytes[next] !== CR) {
          this.broken = oddity(bytes[next] ?? 0, 'a field')
          break
        }
        state = VALUE_LF
        next++
      }
      if (next === end) break
      this.broken = bytes[next] !== LF ? BARE_CR : state === LAST_LF ? this.#settle() : this.#fields.field(bytes, nameAt, nameEnd, next - 1)
      if (this.broken !== undefined) break
      nameAt = ++next
      this.complete = state === LAST_LF
      if (this.complete) break
      state = NAME
    }
    this.#state = state
    this.#nameAt = nameAt - start
    this.#nameEnd = nameEnd - start
    return next
  }

  #settle(): string | undefined {
    if (this.#what === 'chunk') return this.#fields.late ? 'a field in trailers that frames a message' : undefined
    const why = this.#fields.settle(this.minor)
    if (why !== undefined || this.method !== 'CONNECT') return why
    return this.length > 0 || this.length === CHUNKED ? 'a CONNECT with a body' : undefined
  }

  #readSize(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0
    const digit = HEX[byte] ?? 255
    if (digit < 16) {
      this.size = this.size * 16 + digit
      this.#count++
      return this.size > Number.MAX_SAFE_INTEGER || this.#count > SIZE_DIGITS_MAX ? this.#breaks('a chunk size out of bounds', at) : at + 1
    }
    if (this.#count === 0 || (byte !== CR && byte !== SEMICOLON)) return this.#breaks(oddity(byte, 'a chunk size'), at)
    this.#state = byte === CR ? SIZE_LF : EXTENSION
    return at + 1
  }

  #readExtension(bytes: Buffer, start: number, at: number, end: number): number {
    const next = this.#readText(bytes, at, end, SIZE_LF, 'a chunk extension')
    return next - start >= CHUNK_LINE_MAX ? this.#breaks(`a line before a chunk of more than ${CHUNK_LINE_MAX} bytes`, next) : next
  }

  #endSize(bytes: Buffer, start: number, at: number): number {
    const next = this.#lineFeed(bytes, at, NAME)
    this.complete = this.broken === undefined && this.size > 0
    this.fieldsAt = next - start
    this.#nameAt = this.fieldsAt
    return next
  }
}
