/** Cuts either direction of a Redis session into messages: holds the bytes of those that are not complete, a head of the large ones. */

import { HEAD_MAX, type Decoder, type Direction, type Framed } from '../codec.ts'
import { REPLY_TYPES, type RedisMessage, type RedisType } from './message.ts'
import { RespScanner } from './scanner.ts'

const NOTHING = Buffer.alloc(0)
/** First room for a message that spans chunks; it doubles as bytes really come. */
const ROOM = 512
const ARRAY = 42

export class RedisDecoder implements Decoder<RedisMessage> {
  readonly #direction: Direction
  readonly #scanner: RespScanner
  /** Bytes of a message that is not complete; `#heldLength` of them are filled. */
  #held: Buffer = NOTHING
  #heldLength = 0
  /** Of a large message whose head was given out: its type. */
  #large: RedisType | undefined
  #broken: string | undefined

  constructor(direction: Direction) {
    this.#direction = direction
    this.#scanner = new RespScanner(direction)
  }

  get broken(): string | undefined { return this.#broken }
  get rest(): Buffer { return this.#held.subarray(0, this.#heldLength) }

  /** What comes from now on is no RESP: a replication stream. */
  giveUp(why: string): void { this.#broken ??= why }

  feed(chunk: Buffer): RedisMessage[] {
    const messages: RedisMessage[] = []
    let at = 0
    while (at < chunk.length && this.#broken === undefined) at = this.#next(chunk, at, messages)
    if (this.#broken !== undefined) {
      this.#flush(messages)
      if (at < chunk.length) messages.push(this.#message('Opaque', at === 0 ? chunk : chunk.subarray(at), 'whole', 0))
    }
    return messages
  }

  end(): RedisMessage[] {
    const messages: RedisMessage[] = []
    this.#flush(messages)
    return messages
  }

  #flush(messages: RedisMessage[]): void {
    if (this.#heldLength === 0) return
    messages.push(this.#message('Opaque', this.rest, 'whole', 0))
    this.#release()
  }

  /** Goes on with the message at `start`; gives out what is complete of it. Returns where the next begins. */
  #next(chunk: Buffer, start: number, messages: RedisMessage[]): number {
    const scanner = this.#scanner
    const end = scanner.scan(chunk, start)
    if (this.#large !== undefined) return this.#part(chunk, start, end, messages)
    const length = this.#heldLength + end - start
    const complete = scanner.complete
    if (length > HEAD_MAX || (length === HEAD_MAX && !complete)) return this.#head(chunk, start, end, messages)
    if (scanner.broken !== undefined) {
      this.#broken = scanner.broken
      return start
    }
    if (!complete) {
      this.#hold(chunk, start, end)
      return end
    }
    if (this.#heldLength === 0) {
      messages.push(this.#message(this.#type(), chunk.subarray(start, end), 'whole', scanner.valueAt))
    } else {
      this.#hold(chunk, start, end)
      messages.push(this.#message(this.#type(), this.rest, 'whole', scanner.valueAt))
      this.#release()
    }
    scanner.begin()
    return end
  }

  /** The head of a large message, and what else of it is here. */
  #head(chunk: Buffer, start: number, end: number, messages: RedisMessage[]): number {
    const { valueAt } = this.#scanner
    if (valueAt < 0 || valueAt >= HEAD_MAX) {
      this.#broken = `attributes of more than ${HEAD_MAX} bytes`
      return start
    }
    const headEnd = start + HEAD_MAX - this.#heldLength
    this.#large = this.#type()
    if (this.#heldLength === 0) {
      messages.push(this.#message(this.#large, chunk.subarray(start, headEnd), 'first', valueAt))
    } else {
      this.#hold(chunk, start, headEnd)
      messages.push(this.#message(this.#large, this.rest, 'first', valueAt))
      this.#release()
    }
    return this.#part(chunk, headEnd, end, messages)
  }

  /** More of a large message. */
  #part(chunk: Buffer, start: number, end: number, messages: RedisMessage[]): number {
    const { complete, broken } = this.#scanner
    const type = this.#large ?? 'Opaque'
    this.#broken = broken
    if (end > start) messages.push(this.#message(type, chunk.subarray(start, end), complete ? 'last' : 'middle', 0))
    if (!complete) return end
    this.#large = undefined
    this.#scanner.begin()
    return end
  }

  /** Copies `chunk` from `start` to `end` behind what is held. Room is made for what has come, never for what was declared. */
  #hold(chunk: Buffer, start: number, end: number): void {
    const length = this.#heldLength + end - start
    if (length > this.#held.length) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(length, ROOM, Math.min(HEAD_MAX, 2 * this.#held.length)))
      this.#held.copy(roomier, 0, 0, this.#heldLength)
      this.#held = roomier
    }
    chunk.copy(this.#held, this.#heldLength, start, end)
    this.#heldLength = length
  }

  #release(): void {
    this.#held = NOTHING
    this.#heldLength = 0
  }

  #type(): RedisType {
    const { kind, nothing } = this.#scanner
    if (this.#direction === 'to-client') return REPLY_TYPES[kind] ?? 'Opaque'
    return nothing ? 'Nothing' : kind === ARRAY ? 'Command' : 'InlineCommand'
  }

  #message(type: RedisType, raw: Buffer, part: Framed['part'], valueAt: number): RedisMessage {
    return { type, direction: this.#direction, raw, part, valueAt, command: undefined }
  }
}
