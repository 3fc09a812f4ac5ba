/** Cuts either direction of a Postgres session into messages. */

import { HEAD_MAX, type Decoder, type Direction, type Framed } from '../codec.ts'
import { Held } from '../held.ts'
import { BACKEND_FRAMES, FRONTEND_FRAMES, UNAUTHENTICATED_FRAMES, type MessageType, type PostgresMessage } from './message.ts'

/** What both directions of a session must know of its beginning. */
export class Handshake {
  /** From here on nothing can be read. */
  encrypted = false
  /** SSLRequest and GSSENCRequest that the server was sent and has not answered. */
  unanswered = 0
  authenticated = false
}

const STARTUP_HEAD = 8
const STARTUP_MOST = 10_000
const TYPED_HEAD = 5
const TLS_HANDSHAKE = 0x16
const ENCRYPTION = 'SNG'
const CODES: ReadonlyMap<number, MessageType> = new Map([[80877102, 'CancelRequest'], [80877103, 'SSLRequest'], [80877104, 'GSSENCRequest']])

/** `to-server` begins with packets that have no type byte; `to-client` may begin with one-byte answers. Both tell `handshake` what they learn. */
export class PostgresDecoder implements Decoder<PostgresMessage> {
  readonly #direction: Direction
  readonly #handshake: Handshake
  readonly #held = new Held()
  /** Of the message in hand: known once its head was measured. */
  #type: MessageType = 'Opaque'
  #size = 0
  /** Bytes that must be there before it can go on: its header, then all of it or HEAD_MAX. */
  #needed = 0
  /** Of a large message whose head was given out. */
  #left = 0
  #started = false
  #broken: string | undefined

  /** `started`: the stream is past the packets that have no type byte. */
  constructor(direction: Direction, handshake: Handshake = new Handshake(), started = direction === 'to-client') {
    this.#direction = direction
    this.#handshake = handshake
    this.#started = started
  }

  get broken(): string | undefined { return this.#broken }
  get rest(): Buffer { return this.#held.bytes }
  get started(): boolean { return this.#started }
  /** What was fed ends where a message does. */
  get between(): boolean { return this.#held.length === 0 && this.#left === 0 }

  /** What comes from now on is not read. */
  giveUp(why: string): void { this.#broken ??= why }

  feed(chunk: Buffer): PostgresMessage[] {
    const messages: PostgresMessage[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#opaque) {
        this.#flush(messages)
        messages.push(this.#message('Opaque', at === 0 ? chunk : chunk.subarray(at), 'whole', chunk.length - at))
        return messages
      }
      if (this.#left > 0) at = this.#part(chunk, at, messages)
      else if (this.#held.length > 0) at = this.#join(chunk, at, messages)
      else if (this.#measure(chunk, at, chunk.length) && at + this.#needed <= chunk.length) at = this.#emit(chunk, at, messages)
      else if (!this.#opaque) at = this.#hold(chunk, at, chunk.length)
    }
    if (this.#opaque) this.#flush(messages)
    return messages
  }

  end(): PostgresMessage[] {
    const messages: PostgresMessage[] = []
    this.#flush(messages)
    return messages
  }

  get #opaque(): boolean { return this.#broken !== undefined || this.#handshake.encrypted }

  #flush(messages: PostgresMessage[]): void {
    const { length } = this.#held
    if (length > 0) messages.push(this.#message('Opaque', this.#held.take(), 'whole', length))
  }

  /** More of a large message. */
  #part(chunk: Buffer, at: number, messages: PostgresMessage[]): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    messages.push(this.#message(this.#type, chunk.subarray(at, end), this.#left === 0 ? 'last' : 'middle', this.#size))
    return end
  }

  /** More of a message that began in an earlier chunk. */
  #join(chunk: Buffer, at: number, messages: PostgresMessage[]): number {
    const end = this.#hold(chunk, at, Math.min(chunk.length, at + this.#needed - this.#held.length))
    if (this.#held.length < this.#needed) return end
    if (!this.#measure(this.#held.bytes, 0, this.#held.length) || this.#held.length < this.#needed) return end
    this.#emit(this.#held.take(), 0, messages)
    return end
  }

  #hold(chunk: Buffer, at: number, end: number): number {
    this.#held.add(chunk, at, end, this.#needed)
    return end
  }

  /** Reads the head of a message at `at`; false while it is not all there, or when it is none. */
  #measure(buffer: Buffer, at: number, end: number): boolean {
    return this.#started ? this.#measureTyped(buffer, at, end) : this.#measureStartup(buffer, at, end)
  }

  #measureTyped(buffer: Buffer, at: number, end: number): boolean {
    const letter = buffer[at] ?? 0
    if (this.#direction === 'to-client' && this.#handshake.unanswered > 0 && ENCRYPTION.includes(String.fromCharCode(letter))) return this.#measured('EncryptionResponse', 1)
    if (end - at < TYPED_HEAD) return this.#wants(TYPED_HEAD)
    const frames = this.#direction === 'to-server' ? FRONTEND_FRAMES : this.#handshake.authenticated ? BACKEND_FRAMES : UNAUTHENTICATED_FRAMES
    const frame = frames[letter]
    if (!frame) return this.#breaks(`0x${letter.toString(16).padStart(2, '0')} is no type of message here`)
    const length = buffer.readUInt32BE(at + 1)
    if (length < 4 || length > frame.most) return this.#breaks(`a length of ${length} cannot be that of ${frame.type}`)
    return this.#measured(frame.type, length + 1)
  }

  #measureStartup(buffer: Buffer, at: number, end: number): boolean {
    if (buffer[at] === TLS_HANDSHAKE) {
      this.#handshake.encrypted = true
      return false
    }
    if (end - at < STARTUP_HEAD) return this.#wants(STARTUP_HEAD)
    const length = buffer.readUInt32BE(at)
    const code = buffer.readUInt32BE(at + 4)
    const type = CODES.get(code) ?? (code >>> 16 === 3 ? 'StartupMessage' : undefined)
    if (length < STARTUP_HEAD || length > STARTUP_MOST || !type) return this.#breaks('it does not begin as Postgres does')
    return this.#measured(type, length)
  }

  #wants(head: number): boolean {
    this.#needed = head
    return false
  }

  #breaks(why: string): boolean {
    this.#broken = why
    return false
  }

  #measured(type: MessageType, size: number): boolean {
    this.#type = type
    this.#size = size
    this.#needed = Math.min(size, HEAD_MAX)
    return true
  }

  /** Gives out the message that was measured at `at`, or its head. */
  #emit(buffer: Buffer, at: number, messages: PostgresMessage[]): number {
    const end = at + this.#needed
    const raw = buffer.subarray(at, end)
    this.#left = this.#size - this.#needed
    messages.push(this.#message(this.#type, raw, this.#left === 0 ? 'whole' : 'first', this.#size))
    this.#learn(this.#type, raw)
    return end
  }

  #learn(type: MessageType, raw: Buffer): void {
    if (type === 'StartupMessage') this.#started = true
    else if (type === 'Authentication') this.#handshake.authenticated ||= raw.length >= 9 && raw.readUInt32BE(5) === 0
    else if (type === 'EncryptionResponse') {
      this.#handshake.unanswered--
      this.#handshake.encrypted = raw[0] !== REFUSED
    }
  }

  #message(type: MessageType, raw: Buffer, part: Framed['part'], sizeBytes: number): PostgresMessage {
    return { type, direction: this.#direction, raw, part, sizeBytes, statement: undefined, answers: undefined }
  }
}

const REFUSED = 'N'.charCodeAt(0)
