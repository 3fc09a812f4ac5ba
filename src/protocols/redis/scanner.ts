/**
 * Finds where a RESP value ends, and nothing else: an automaton over bytes that can stop after any of them and go on in the next
 * chunk. It keeps numbers, never bytes, and a stack of at most DEPTH_MAX, so that nesting cannot exhaust anything.
 *
 *   Type ── text ───────────────> Text ── CR LF ──────────────────┐
 *    │                                                            ├─> value done: the next one, or up a level
 *    └── length ──> Length ── LF ──┬─ bulk ──> Body ── CR LF ─────┤
 *                                  └─ aggregate: down a level ────┘
 */

import type { Direction } from '../codec.ts'

/** Levels of arrays, maps, sets and attributes. */
export const DEPTH_MAX = 32
/** Bytes of a simple string, a number or an inline command. (networking.c: PROTO_INLINE_MAX_SIZE) */
export const LINE_MAX = 65_536
/** Bytes of a bulk string. A server takes 512 MiB unless told otherwise. */
export const BULK_MAX = 2 ** 32
/** Elements of an aggregate. (networking.c: INT_MAX of a request) */
export const COUNT_MAX = 2 ** 31 - 1

const [TYPE, LENGTH, LENGTH_LF, TEXT, BODY, BODY_CR, BODY_LF] = [0, 1, 2, 3, 4, 5, 6] as const
type State = typeof TYPE | typeof LENGTH | typeof LENGTH_LF | typeof TEXT | typeof BODY | typeof BODY_CR | typeof BODY_LF

/** What a level of the stack counts. A streamed one ends by its own mark. */
const [COUNTED, ATTRIBUTE, STREAMED, STREAMED_STRING] = [0, 1, 2, 3] as const

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const ZERO = 48
const code = (character: string): number => character.charCodeAt(0)
const [ARRAY, BULK, MINUS, QUESTION, MAP, SET, ATTRIBUTES, CHUNK, END] = [code('*'), code('$'), code('-'), code('?'), code('%'), code('~'), code('|'), code(';'), code('.')] as const

const table = (characters: string): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (characters.includes(String.fromCharCode(byte)) ? 1 : 0))
/** Types whose first line is all there is. */
const IS_TEXT = table('+-:_#,(')
/** Types whose first line is a length. */
const IS_BULK = table('$!=')
const IS_AGGREGATE = table('*%~>|')

export class RespScanner {
  /** The value that began at the last `begin` has ended. */
  complete = false
  /** The type byte of the value, attributes aside; of a request `*`, or anything else for an inline command. */
  kind = 0
  /** Where the value begins, counted from the first byte after `begin`; -1 while only attributes have come. */
  valueAt = -1
  /** A request that asks for nothing: an empty array or a blank line. */
  nothing = false
  /** Why the bytes are no RESP. `scan` has stopped at the offending byte. */
  broken: string | undefined
  readonly #toServer: boolean
  /** Bytes of a line, its end included. An inline command is never longer than a head. */
  readonly #lineMost: number
  readonly #counts: number[] = Array.from({ length: DEPTH_MAX }, () => 0)
  readonly #levels: number[] = Array.from({ length: DEPTH_MAX }, () => COUNTED)
  #depth = 0
  #state: State = TYPE
  /** The type byte whose line or body is being read. */
  #header = 0
  #number = 0
  #digits = 0
  #negative = false
  #streamed = false
  /** Bytes of the body still to come; of a line: bytes that have come. */
  #left = 0
  #afterCr = false
  /** An inline command has no type byte: its first is the first of its text. */
  #typeLength = 1
  /** Bytes scanned since `begin`. */
  #scanned = 0

  constructor(direction: Direction) {
    this.#toServer = direction === 'to-server'
    this.#lineMost = this.#toServer ? LINE_MAX : LINE_MAX + 2
  }

  /** Makes ready for the next value. */
  begin(): void {
    this.complete = false
    this.valueAt = -1
    this.nothing = false
    this.#scanned = 0
  }

  /** Reads from `start` until the value is complete, the chunk ends or a byte makes no sense; returns the index after the last byte that was read. */
  scan(chunk: Buffer, start: number): number {
    let at = start
    const length = chunk.length
    while (at < length && !this.complete) {
      switch (this.#state) {
        case TYPE: {
          if (!this.#type(chunk[at] ?? 0, this.#scanned + at - start)) return at
          at += this.#typeLength
          break
        }
        case LENGTH: {
          const byte = chunk[at] ?? 0
          if (byte >= ZERO && byte <= ZERO + 9 && !this.#streamed) {
            this.#number = this.#number * 10 + byte - ZERO
            if (++this.#digits > 19 || this.#number > BULK_MAX) return this.#breaks('a length out of bounds', at)
          } else if (byte === CR) {
            if (this.#digits === 0 && !this.#streamed && this.#header !== END) return this.#breaks('a length without digits', at)
            this.#state = LENGTH_LF
          } else if (byte === MINUS && this.#digits === 0 && !this.#negative && !this.#streamed) this.#negative = true
          else if (byte === QUESTION && this.#digits === 0 && !this.#negative && !this.#toServer) this.#streamed = true
          else return this.#breaks('a length with other than digits', at)
          at++
          break
        }
        case LENGTH_LF: {
          if (chunk[at] !== LF) return this.#breaks('a line that ends in a bare CR', at)
          if (!this.#counted()) return at
          at++
          break
        }
        case TEXT: {
          at = this.#text(chunk, at)
          if (this.broken !== undefined) return at
          break
        }
        case BODY: {
          const taken = Math.min(this.#left, length - at)
          this.#left -= taken
          at += taken
          if (this.#left === 0) this.#state = BODY_CR
          break
        }
        case BODY_CR: {
          if (chunk[at] !== CR) return this.#breaks('a bulk string longer than it said', at)
          this.#state = BODY_LF
          at++
          break
        }
        case BODY_LF: {
          if (chunk[at] !== LF) return this.#breaks('a bulk string longer than it said', at)
          at++
          this.#state = TYPE
          if (this.#header !== CHUNK) this.#done()
          break
        }
      }
    }
    this.#scanned += at - start
    return at
  }

  #breaks(why: string, at: number): number {
    this.broken = why
    return at
  }

  #refuses(why: string): false {
    this.broken = why
    return false
  }

  /** The first byte of a value, `offset` bytes into the message. */
  #type(byte: number, offset: number): boolean {
    const depth = this.#depth
    this.#header = byte
    this.#number = 0
    this.#digits = 0
    this.#negative = false
    this.#streamed = false
    this.#left = 0
    if (depth === 0 && (byte !== ATTRIBUTES || this.#toServer)) {
      this.kind = byte
      this.valueAt = offset
    }
    if (this.#toServer) return this.#requestType(byte)
    const level = depth === 0 ? COUNTED : this.#levels[depth - 1]
    if (level === STREAMED_STRING ? byte === CHUNK : IS_BULK[byte] === 1 || IS_AGGREGATE[byte] === 1 || (byte === END && level === STREAMED)) this.#state = LENGTH
    else if (level !== STREAMED_STRING && IS_TEXT[byte] === 1) this.#state = TEXT
    else return this.#refuses(`0x${byte.toString(16).padStart(2, '0')} is no type of reply`)
    this.#afterCr = false
    return true
  }

  #requestType(byte: number): boolean {
    if (this.#depth > 0) {
      this.#state = LENGTH
      this.#typeLength = 1
      return byte === BULK || this.#refuses('an argument that is no bulk string')
    }
    if (byte < SPACE && (byte < TAB || byte > CR)) return this.#refuses('neither an array nor an inline command: TLS, it may be')
    this.#state = byte === ARRAY ? LENGTH : TEXT
    this.#typeLength = byte === ARRAY ? 1 : 0
    // A line is blank until something else than white space has come.
    this.nothing = byte !== ARRAY
    return true
  }

  /** A line of text, up to CR LF; an inline command ends with LF alone. */
  #text(chunk: Buffer, start: number): number {
    const most = Math.min(chunk.length, start + this.#lineMost - this.#left)
    let at = start
    let afterCr = this.#afterCr
    for (; at < most; at++) {
      const byte = chunk[at] ?? 0
      if (byte === LF && (afterCr || this.#toServer)) {
        this.#state = TYPE
        this.#done()
        return at + 1
      }
      afterCr = byte === CR
      if (this.nothing && byte !== SPACE && (byte < TAB || byte > CR)) this.nothing = false
    }
    this.#left += at - start
    this.#afterCr = afterCr
    if (this.#left === this.#lineMost) return this.#breaks(`a line of more than ${LINE_MAX} bytes`, at)
    return at
  }

  /** A length has come: its body is next, or its elements, or it was all. */
  #counted(): boolean {
    const header = this.#header
    const count = this.#negative ? -this.#number : this.#number
    this.#state = TYPE
    if (this.#toServer && header === ARRAY && count <= 0) {
      this.nothing = true
      this.complete = true
      return true
    }
    if (header === END) return this.#digits === 0 && !this.#negative ? this.#up() : this.#refuses('an end mark with a length')
    if (this.#streamed) return this.#stream(header)
    if (count < 0) {
      if (count !== -1 || this.#toServer || (header !== BULK && header !== ARRAY)) return this.#refuses('a negative length')
      this.#done()
      return true
    }
    if (header === CHUNK && count === 0) return this.#up()
    if (IS_AGGREGATE[header] !== 1) {
      this.#left = count
      this.#state = count === 0 ? BODY_CR : BODY
      return true
    }
    if (count > COUNT_MAX) return this.#refuses('a length out of bounds')
    if (count > 0) return this.#down(header === MAP || header === ATTRIBUTES ? 2 * count : count, header === ATTRIBUTES ? ATTRIBUTE : COUNTED)
    if (header !== ATTRIBUTES) this.#done()
    return true
  }

  #stream(header: number): boolean {
    if (header === BULK) return this.#down(0, STREAMED_STRING)
    if (header === ARRAY || header === MAP || header === SET) return this.#down(0, STREAMED)
    return this.#refuses('a type that cannot be streamed')
  }

  #down(count: number, level: number): boolean {
    if (this.#depth === DEPTH_MAX) return this.#refuses(`more than ${DEPTH_MAX} levels`)
    this.#counts[this.#depth] = count
    this.#levels[this.#depth] = level
    this.#depth++
    return true
  }

  #up(): true {
    this.#depth--
    this.#done()
    return true
  }

  /** A value has ended: so have the aggregates whose last it was. */
  #done(): void {
    while (this.#depth > 0) {
      const top = this.#depth - 1
      const level = this.#levels[top]
      if (level === STREAMED) return
      const left = (this.#counts[top] ?? 0) - 1
      this.#counts[top] = left
      if (left > 0) return
      this.#depth = top
      // The value that the attributes belong to is still to come.
      if (level === ATTRIBUTE) return
    }
    this.complete = true
  }
}
