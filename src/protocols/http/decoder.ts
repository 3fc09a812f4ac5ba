/** Cuts either direction of an HTTP/1.1 session into heads and bodies: holds the bytes of heads, lines and trailers that are not complete, and no byte of a body. */

import { HEAD_MAX, type Decoder, type Direction, type Framed } from '../codec.ts'
import { Held } from '../held.ts'
import { Exchanges, type Expected } from './exchanges.ts'
import { CHUNKED, Head, SWITCHING, UNSAID } from './head.ts'
import type { HttpMessage, HttpType } from './message.ts'
import { Scanner } from './scanner.ts'

/** What is left of a body that ends with the connection. */
const UNTIL_END = Number.POSITIVE_INFINITY
const NOTHING = Buffer.alloc(0)
/** What is held is looked at again after each so many bytes, so that little of what stands behind it is copied. */
const STEP = 512
const CR = 13
const LF = 10
const CONNECTION_CLOSES = 'bytes behind a message that closes the connection'
const NOT_AWAITED = 'bytes behind a request to switch protocols that was not answered yet'
const NOT_ASKED = 'an answer that nobody asked for'

/** BODY is of a known length or ends with the connection; CHUNK is the line before a chunk, or the last chunk; CLOSED: nothing more may come. */
const [HEAD, BODY, CHUNK, DATA, DATA_CR, DATA_LF, CLOSED] = [0, 1, 2, 3, 4, 5, 6] as const
type State = typeof HEAD | typeof BODY | typeof CHUNK | typeof DATA | typeof DATA_CR | typeof DATA_LF | typeof CLOSED
/** What must stand behind the data of a chunk. */
const CHUNK_ENDS = [[DATA_CR, CR, DATA_LF], [DATA_LF, LF, CHUNK]] as const

export class HttpDecoder implements Decoder<HttpMessage> {
  readonly #direction: Direction
  readonly #exchanges: Exchanges
  readonly #scanner = new Scanner()
  /** Of a head, a line or trailers that are not complete. */
  readonly #held = new Held()
  #state: State = HEAD
  /** Of the message in hand. */
  #head: Head | undefined
  #answers: Expected | undefined
  /** Bytes of a body or of a chunk's data still to come; infinite where it ends with the connection. */
  #left = 0
  /** After a switch to WebSocket: what came behind the head. */
  #behind: Buffer = NOTHING
  /** In the chunk in hand there was a request to switch protocols. */
  #asksSwitch = false
  #broken: string | undefined

  constructor(direction: Direction, exchanges: Exchanges = new Exchanges()) {
    this.#direction = direction
    this.#exchanges = exchanges
  }

  get broken(): string | undefined { return this.#broken }
  /** After a switch to WebSocket: what came behind the head, for the next codec. Fed on all the same, this one passes everything untouched. */
  get rest(): Buffer { return this.#behind.length > 0 ? this.#behind : this.#held.bytes }

  /** What comes from now on is not understood: it passes untouched. */
  giveUp(why: string): void { this.#broken ??= why }

  /** Lets go of the message in hand: nothing more of HTTP comes. */
  forget(): void { this.#head = this.#answers = undefined }

  feed(chunk: Buffer): HttpMessage[] {
    const messages: HttpMessage[] = []
    const exchanges = this.#exchanges
    const { upgraded } = exchanges
    this.#asksSwitch = false
    if (exchanges.answersLost) this.#broken ??= exchanges.broken
    let at = 0
    while (at < chunk.length && !this.#opaque) at = this.#next(chunk, at, messages)
    if (upgraded === undefined && exchanges.upgraded === 'websocket') this.#behind = chunk.subarray(at)
    else if (this.#opaque) {
      this.#flush(messages)
      if (at < chunk.length) messages.push(this.#opaquely(view(chunk, at, chunk.length)))
    }
    if (this.#toServer) exchanges.between = this.#broken === undefined && (this.#state === HEAD || this.#state === CLOSED) && this.#held.length === 0
    return messages
  }

  /** A body that ends with the connection ends here, with a message of no bytes. */
  end(): HttpMessage[] {
    const messages: HttpMessage[] = []
    this.#flush(messages)
    if (!this.#opaque && this.#state === BODY && this.#left === UNTIL_END) {
      messages.push(this.#message('BodyData', NOTHING, 'last', 0, 0))
      this.#ended()
    }
    this.#state = CLOSED
    return messages
  }

  get #toServer(): boolean { return this.#direction === 'to-server' }
  get #opaque(): boolean { return this.#broken !== undefined || this.#exchanges.upgraded !== undefined }

  #flush(messages: HttpMessage[]): void {
    if (this.#behind.length > 0) messages.push(this.#opaquely(this.#behind))
    if (this.#held.length > 0) messages.push(this.#opaquely(this.#held.take()))
    this.#behind = NOTHING
  }

  #breaks(why: string, at: number): number {
    this.#broken = why
    this.#exchanges.broken ??= why
    if (!this.#toServer) this.#exchanges.loseAnswers(why)
    return at
  }

  #next(chunk: Buffer, at: number, messages: HttpMessage[]): number {
    switch (this.#state) {
      case HEAD: return this.#readHead(chunk, at, messages)
      case BODY: return this.#readBody(chunk, at, messages)
      case CHUNK: return this.#readChunk(chunk, at, messages)
      case CLOSED: return this.#breaks(CONNECTION_CLOSES, at)
      default: return this.#readData(chunk, at, at, messages)
    }
  }

  #readHead(chunk: Buffer, at: number, messages: HttpMessage[]): number {
    if (this.#held.length === 0) {
      const why = this.#mayBegin()
      if (why !== undefined) return this.#breaks(why, at)
      this.#scanner.begin(this.#toServer ? 'request' : 'response')
    }
    const next = this.#collect(chunk, at)
    if (!this.#scanner.complete || this.#broken !== undefined) return next
    const raw = this.#collected(chunk, at, next)
    if (this.#toServer) this.#request(raw, messages)
    else this.#response(raw, messages)
    return next
  }

  /** Why no head can stand here, if so. */
  #mayBegin(): string | undefined {
    const exchanges = this.#exchanges
    if (this.#toServer) return this.#asksSwitch || exchanges.switching ? NOT_AWAITED : undefined
    return exchanges.due ? undefined : (exchanges.broken ?? NOT_ASKED)
  }

  /** Reads on at `at` with the scanner, and holds what it cannot finish. Returns where it has stopped: behind its last byte, at the chunk's end, or where all goes on untouched. */
  #collect(chunk: Buffer, at: number): number {
    const scanner = this.#scanner
    let next = at
    if (this.#held.length === 0) {
      scanner.scan(chunk, at, Math.min(chunk.length, at + HEAD_MAX))
      next = at + scanner.scanned
      const why = this.#refusal()
      if (why !== undefined) return this.#breaks(why, at)
      if (!scanner.complete) this.#held.add(chunk, at, next, HEAD_MAX)
      return next
    }
    while (next < chunk.length && !scanner.complete) {
      const held = this.#held.length
      const end = Math.min(chunk.length, next + STEP, next + HEAD_MAX - held)
      this.#held.add(chunk, next, end, HEAD_MAX)
      scanner.scan(this.#held.bytes, 0, this.#held.length)
      const why = this.#refusal()
      if (why !== undefined) return this.#breaks(why, end)
      next = scanner.complete ? next + scanner.scanned - held : end
    }
    return next
  }

  /** Why what was scanned cannot be trusted, if so. */
  #refusal(): string | undefined {
    const { broken, complete, scanned } = this.#scanner
    if (broken !== undefined) return broken
    if (!complete) return scanned < HEAD_MAX ? undefined : `a head of more than ${HEAD_MAX} bytes`
    return this.#state === HEAD && !this.#toServer ? this.#refusalOfAnswer() : undefined
  }

  /** What only its request makes wrong. */
  #refusalOfAnswer(): string | undefined {
    const exchanges = this.#exchanges
    const { status, length } = this.#scanner
    const request = exchanges.due?.request
    if (request === undefined) return NOT_ASKED
    if (status === SWITCHING && request.upgrade === undefined) return 'a 101 that nobody asked for'
    if (switches(request, status) && !(exchanges.between && request.nth === exchanges.requests)) return exchanges.broken ?? NOT_AWAITED
    return length === CHUNKED && request.minor === 0 && !isBodiless(request, status) ? 'chunks to a client of HTTP/1.0' : undefined
  }

  #collected(chunk: Buffer, at: number, end: number): Buffer {
    if (this.#held.length === 0) return view(chunk, at, end)
    return this.#held.take().subarray(0, this.#scanner.scanned)
  }

  #request(raw: Buffer, messages: HttpMessage[]): void {
    const head = new Head(raw, this.#scanner, ++this.#exchanges.requests)
    this.#head = head
    this.#asksSwitch ||= head.switches
    this.#begin('RequestHead', raw, head.length === UNSAID ? 0 : head.length, messages)
  }

  /** (RFC 9112, 6.3) */
  #response(raw: Buffer, messages: HttpMessage[]): void {
    const exchanges = this.#exchanges
    const { due } = exchanges
    const head = new Head(raw, this.#scanner, 0)
    this.#head = head
    this.#answers = due
    if (due && switches(due.request, head.status)) exchanges.upgraded = head.status === SWITCHING && head.upgrade === 'websocket' && due.request.upgrade === 'websocket' ? 'websocket' : 'other'
    const bodiless = exchanges.upgraded !== undefined || (due !== undefined && isBodiless(due.request, head.status))
    this.#begin('ResponseHead', raw, bodiless ? 0 : head.length === UNSAID ? UNTIL_END : head.length, messages)
  }

  /** Gives out a head that a body of `length` follows. */
  #begin(type: HttpType, raw: Buffer, length: number, messages: HttpMessage[]): void {
    messages.push(this.#message(type, raw, length === 0 ? 'whole' : 'first', raw.length, raw.length))
    this.#left = length
    if (length === 0) this.#ended()
    else this.#state = length === CHUNKED ? CHUNK : BODY
  }

  #ended(): void {
    const head = this.#head
    this.#state = HEAD
    if (head === undefined || head.interim) return
    if (head.close) this.#state = CLOSED
    if (!this.#toServer) this.#exchanges.answered()
  }

  #readBody(chunk: Buffer, at: number, messages: HttpMessage[]): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    const ends = this.#left === 0
    messages.push(this.#message('BodyData', view(chunk, at, end), ends ? 'last' : 'middle', 0, end - at))
    if (ends) this.#ended()
    return end
  }

  /** The line before a chunk, and what of its data is here; or the last chunk with its trailers. */
  #readChunk(chunk: Buffer, at: number, messages: HttpMessage[]): number {
    const scanner = this.#scanner
    if (this.#held.length === 0) scanner.begin('chunk')
    const next = this.#collect(chunk, at)
    if (!scanner.complete || this.#broken !== undefined) return next
    if (scanner.size === 0) {
      const raw = this.#collected(chunk, at, next)
      messages.push(this.#message('LastChunk', raw, 'last', scanner.fieldsAt, scanner.fieldsAt))
      this.#ended()
      return next
    }
    this.#left = scanner.size
    this.#state = DATA
    if (this.#held.length === 0) return this.#readData(chunk, at, next, messages)
    const line = this.#collected(chunk, at, next)
    messages.push(this.#message('BodyData', line, 'middle', line.length, line.length))
    return next
  }

  /** More of a chunk, whose data goes on at `dataAt`; what is before that from `at` on is its line. */
  #readData(chunk: Buffer, at: number, dataAt: number, messages: HttpMessage[]): number {
    let next = dataAt
    if (this.#state === DATA) {
      next = Math.min(chunk.length, dataAt + this.#left)
      this.#left -= next - dataAt
      if (this.#left === 0) this.#state = DATA_CR
    }
    const dataEnd = next
    for (const [state, byte, then] of CHUNK_ENDS) {
      if (this.#state !== state || next === chunk.length) continue
      if (chunk[next] !== byte) this.#breaks('a chunk that does not end where it said', next)
      else {
        this.#state = then
        next++
      }
    }
    if (next > at) messages.push(this.#message('BodyData', view(chunk, at, next), 'middle', dataAt - at, dataEnd - at))
    return next
  }

  #message(type: HttpType, raw: Buffer, part: Framed['part'], dataAt: number, dataEnd: number): HttpMessage {
    return { type, direction: this.#direction, raw, part, dataAt, dataEnd, head: this.#head, answers: this.#answers }
  }

  #opaquely(raw: Buffer): HttpMessage {
    return { type: 'Opaque', direction: this.#direction, raw, part: 'whole', dataAt: raw.length, dataEnd: raw.length, head: undefined, answers: undefined }
  }
}

const view = (chunk: Buffer, at: number, end: number): Buffer => (at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end))
/** The answer turns the connection into something else. */
const switches = ({ method }: Head, status: number): boolean => status === SWITCHING || (method === 'CONNECT' && status >= 200 && status < 300)
const isBodiless = ({ method }: Head, status: number): boolean => status < 200 || status === 204 || status === 304 || method === 'HEAD'
