/** Cuts either direction of a Redis session into messages: holds the bytes of those that are not complete, a head of the large ones. */

import { HEAD_MAX, type Decoder, type Direction, type Framed } from '../codec.ts'
import { Held } from '../held.ts'
import { REPLY_TYPES, type RedisMessage, type RedisType } from './message.ts'
import { RespScanner } from './scanner.ts'

const ARRAY = 42

export class RedisDecoder implements Decoder<RedisMessage> {
  readonly #direction: Direction
  readonly #scanner: RespScanner
  readonly #held = new Held()
  /** Of a large message whose head was given out: its type. */
  #large: RedisType | undefined
  #broken: string | undefined

  constructor(direction: Direction) {
    this.#direction = direction
    this.#scanner = new RespScanner(direction)
  }

  get broken(): string | undefined { return this.#broken }
  get rest(): Buffer { return this.#held.bytes }
  /** What comes next is the beginning of a message. */
  get between(): boolean { return this.#held.length === 0 && this.#large === undefined && this.#broken === undefined }

  /** What comes from now on is no RESP: a replication stream. */
  giveUp(why: string): void { this.#broken ??= why }

  feed(chunk: Buffer): RedisMessage[] {
    const messages: RedisMessage[] = []
    for (let at = 0; at < chunk.length;) at = this.step(chunk, at, messages)
    if (this.#broken !== undefined) this.#flush(messages)
    return messages
  }

  /** Goes on at `start` with one message, and gives out what is here of it; of a stream that is none it is all that is left. Returns where the next begins. */
  step(chunk: Buffer, start: number, messages: RedisMessage[]): number {
    const at = this.#broken === undefined ? this.#next(chunk, start, messages) : start
    if (this.#broken === undefined) return at
    this.#flush(messages)
    if (at < chunk.length) messages.push(this.#message('Opaque', at === 0 ? chunk : chunk.subarray(at), 'whole', 0))
    return chunk.length
  }

  end(): RedisMessage[] {
    const messages: RedisMessage[] = []
    this.#flush(messages)
    return messages
  }

  #flush(messages: RedisMessage[]): void {
    if (this.#held.length > 0) messages.push(this.#message('Opaque', this.#held.take(), 'whole', 0))
  }

  /** Goes on with the message at `start`; gives out what is complete of it. Returns where the next begins. */
  #next(chunk: Buffer, start: number, messages: RedisMessage[]): number {
    const scanner = this.#scanner
    const end = scanner.scan(chunk, start)
    if (this.#large !== undefined) return this.#part(chunk, start, end, messages)
    const length = this.#held.length + end - start
    const complete = scanner.complete
    if (length > HEAD_MAX || (length === HEAD_MAX && !complete)) return this.#head(chunk, start, end, messages)
    if (scanner.broken !== undefined) {
      this.#broken = scanner.broken
      return start
    }
    if (!complete) {
      this.#held.add(chunk, start, end, HEAD_MAX)
      return end
    }
    if (this.#held.length === 0) {
      messages.push(this.#message(this.#type(), chunk.subarray(start, end), 'whole', scanner.valueAt))
    } else {
      this.#held.add(chunk, start, end, HEAD_MAX)
      messages.push(this.#message(this.#type(), this.#held.take(), 'whole', scanner.valueAt))
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
    const headEnd = start + HEAD_MAX - this.#held.length
    this.#large = this.#type()
    if (this.#held.length === 0) {
      messages.push(this.#message(this.#large, chunk.subarray(start, headEnd), 'first', valueAt))
    } else {
      this.#held.add(chunk, start, headEnd, HEAD_MAX)
      messages.push(this.#message(this.#large, this.#held.take(), 'first', valueAt))
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

  #type(): RedisType {
    const { kind, nothing } = this.#scanner
    if (this.#direction === 'to-client') return REPLY_TYPES[kind] ?? 'Opaque'
    return nothing ? 'Nothing' : kind === ARRAY ? 'Command' : 'InlineCommand'
  }

  #message(type: RedisType, raw: Buffer, part: Framed['part'], valueAt: number): RedisMessage {
    return { type, direction: this.#direction, raw, part, valueAt, command: undefined }
  }
}
