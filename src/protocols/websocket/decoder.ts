/** Cuts one direction of a WebSocket into frames, and tells which message each belongs to. */

import { isUtf8 } from 'node:buffer'
import { HEAD_MAX, type Decoder, type Direction, type Framed } from '../codec.ts'
import { Held } from '../held.ts'
import { NO_EXTENSIONS, type Extensions } from './extensions.ts'
import { CONTROL_MAX, isCloseCode, isControl, opensMessage, typeOf, xored, type Coding, type FrameType, type WebSocketFrame } from './frame.ts'

const FIN = 0x80
const RSV1 = 0x40
const RSV = 0x70
const MASK = 0x80
/** Every head has two bytes; a longer length and a key follow. */
const HEAD_LEAST = 2
const LENGTH_16 = 126
const LENGTH_64 = 127
/** The high half of a length that can be counted exactly: 2^53 - 1. */
const HIGH_MOST = 2 ** 21 - 1

/** A message that has begun and not ended. */
interface Open { readonly number: number; readonly kind: FrameType; readonly coding: Coding; bytes: number }

export class WebSocketDecoder implements Decoder<WebSocketFrame> {
  readonly #direction: Direction
  readonly #extensions: Extensions
  readonly #held = new Held()
  /** Bytes that must be there before it can go on: a head, then all of the frame or HEAD_MAX. */
  #needed = 0
  /** Of a large frame whose head was given out. */
  #left = 0
  #broken: string | undefined
  /** Of the frame in hand: its first byte, and what else its head says. */
  #type: FrameType = 'Opaque'
  #bits = 0
  #masked = false
  #key = 0
  #payloadAt = 0
  #sizeBytes = 0
  /** What a length of as many bytes is for. */
  #lengthLeast = 0
  #wrong: string | undefined
  /** The message that it belongs to, and the one that is open: another while a control frame is in hand. */
  #message: Open = { number: 0, kind: 'Opaque', coding: 'none', bytes: 0 }
  #place: 'first' | 'continuation' = 'first'
  #open: Open | undefined
  #messages = 0
  #closed = false

  /** `amid`: it reads what stands in the place of that frame, or part of one. */
  constructor(direction: Direction, extensions: Extensions = NO_EXTENSIONS, amid?: WebSocketFrame) {
    this.#direction = direction
    this.#extensions = extensions
    if (amid && !opensMessage(amid)) this.#open = { number: amid.message, kind: amid.kind, coding: amid.coding, bytes: amid.messageBytes - amid.sizeBytes + amid.before }
  }

  get broken(): string | undefined { return this.#broken }
  get rest(): Buffer { return this.#held.bytes }
  /** What was fed ends where a frame does. */
  get between(): boolean { return this.#held.length === 0 && this.#left === 0 }

  /** A close has come: a peer that is strict stands nothing behind it. */
  get closed(): boolean { return this.#closed }
  /** Fragments of a message have come and its last has not: no other message may begin. */
  get amid(): boolean { return this.#open !== undefined }

  /** What comes from now on is not read. */
  giveUp(why: string): void { this.#broken ??= why }

  feed(chunk: Buffer): WebSocketFrame[] {
    const frames: WebSocketFrame[] = []
    let at = 0
    while (at < chunk.length && this.#broken === undefined) {
      if (this.#left > 0) at = this.#part(chunk, at, frames)
      else if (this.#held.length > 0) at = this.#join(chunk, at, frames)
      else if (this.#measure(chunk, at, chunk.length) && at + this.#needed <= chunk.length) at = this.#emit(chunk, at, frames)
      else if (this.#broken === undefined) at = this.#hold(chunk, at, chunk.length)
    }
    if (this.#broken !== undefined) {
      this.#flush(frames)
      if (at < chunk.length) frames.push(this.#opaque(at === 0 ? chunk : chunk.subarray(at)))
    }
    return frames
  }

  end(): WebSocketFrame[] {
    const frames: WebSocketFrame[] = []
    this.#flush(frames)
    return frames
  }

  #flush(frames: WebSocketFrame[]): void {
    if (this.#held.length > 0) frames.push(this.#opaque(this.#held.take()))
  }

  /** More of a large frame. */
  #part(chunk: Buffer, at: number, frames: WebSocketFrame[]): number {
    const end = Math.min(chunk.length, at + this.#left)
    const before = this.#sizeBytes - this.#left
    this.#left -= end - at
    frames.push(this.#frame(chunk.subarray(at, end), this.#left === 0 ? 'last' : 'middle', 0, before))
    return end
  }

  /** More of a frame that began in an earlier chunk. */
  #join(chunk: Buffer, at: number, frames: WebSocketFrame[]): number {
    const end = this.#hold(chunk, at, Math.min(chunk.length, at + this.#needed - this.#held.length))
    const { length } = this.#held
    if (length >= this.#needed && this.#measure(this.#held.bytes, 0, length) && length >= this.#needed) this.#emit(this.#held.take(), 0, frames)
    return end
  }

  #hold(chunk: Buffer, at: number, end: number): number {
    this.#held.add(chunk, at, end, this.#needed)
    return end
  }

  /** Reads the head of a frame at `at`; false while it is not all there, or where no frame can be so. */
  #measure(buffer: Buffer, at: number, end: number): boolean {
    if (end - at < HEAD_LEAST) return this.#wants(HEAD_LEAST)
    const bits = buffer[at] ?? 0
    const length = (buffer[at + 1] ?? 0) & ~MASK
    const masked = ((buffer[at + 1] ?? 0) & MASK) !== 0
    const type = typeOf(bits & 0x0f)
    if (type === undefined) return this.#breaks(`${bits & 0x0f} is no opcode`)
    if (isControl(type)) {
      if ((bits & FIN) === 0) return this.#breaks(`a ${type} that is fragmented`)
      if (length > CONTROL_MAX) return this.#breaks(`a ${type} of more than ${CONTROL_MAX} bytes`)
    }
    const keyAt = HEAD_LEAST + (length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0)
    const payloadAt = keyAt + (masked ? 4 : 0)
    if (end - at < payloadAt) return this.#wants(payloadAt)
    if (length === LENGTH_64 && buffer.readUInt32BE(at + HEAD_LEAST) > HIGH_MOST) return this.#breaks('a length past 2^53')
    this.#type = type
    this.#bits = bits
    this.#masked = masked
    this.#key = masked ? buffer.readUInt32BE(at + keyAt) : 0
    this.#payloadAt = payloadAt
    this.#lengthLeast = length < LENGTH_16 ? 0 : length === LENGTH_16 ? LENGTH_16 : 2 ** 16
    this.#sizeBytes = length < LENGTH_16 ? length : length === LENGTH_16 ? buffer.readUInt16BE(at + HEAD_LEAST) : buffer.readUIntBE(at + HEAD_LEAST + 2, 6) + buffer.readUInt16BE(at + HEAD_LEAST) * 2 ** 48
    this.#needed = Math.min(payloadAt + this.#sizeBytes, HEAD_MAX)
    return true
  }

  #wants(head: number): false {
    this.#needed = head
    return false
  }

  #breaks(why: string): false {
    this.#broken = why
    return false
  }

  /** Gives out the frame that was measured at `at`, or its head. */
  #emit(buffer: Buffer, at: number, frames: WebSocketFrame[]): number {
    const end = at + this.#needed
    const raw = buffer.subarray(at, end)
    this.#left = this.#payloadAt + this.#sizeBytes - this.#needed
    this.#wrong = this.#whatIsWrong(raw)
    this.#belongs()
    frames.push(this.#frame(raw, this.#left === 0 ? 'whole' : 'first', this.#payloadAt, 0))
    return end
  }

  /** Finds the message of the frame in hand: one of its own, or the open one. */
  #belongs(): void {
    const type = this.#type
    this.#place = type === 'continuation' && this.#open ? 'continuation' : 'first'
    if (this.#place === 'first' || !this.#open) this.#message = { number: ++this.#messages, kind: type, coding: this.#coding(), bytes: 0 }
    else this.#message = this.#open
    this.#message.bytes += this.#sizeBytes
    if (isControl(type)) this.#closed ||= type === 'close'
    else this.#open = (this.#bits & FIN) === 0 ? this.#message : undefined
  }

  #coding(): Coding {
    const reserved = this.#bits & RSV
    return reserved === 0 ? 'none' : reserved === RSV1 && this.#mayCompress ? 'deflate' : 'unknown'
  }

  get #mayCompress(): boolean { return this.#extensions.deflate !== undefined && (this.#type === 'text' || this.#type === 'binary') }

  /** What a strict receiver would not stand. (RFC 6455, 5.1, 5.2, 5.4, 5.5.1; RFC 7692, 6) */
  #whatIsWrong(raw: Buffer): string | undefined {
    const type = this.#type
    if (this.#masked !== (this.#direction === 'to-server')) return this.#masked ? 'a server that masks' : 'a client that does not mask'
    if ((this.#bits & RSV) !== 0 && this.#coding() === 'unknown' && this.#extensions.others.length === 0) return 'a reserved bit that no extension explains'
    if (this.#closed) return `a ${type} after the close`
    if (type === 'continuation' && !this.#open) return 'a continuation of nothing'
    if ((type === 'text' || type === 'binary') && this.#open) return `a ${type} amid the fragments of another message`
    if (this.#sizeBytes < this.#lengthLeast) return 'a length in more bytes than it needs'
    return type === 'close' && raw.length > this.#payloadAt ? wrongWithClose(xored(raw, this.#payloadAt, this.#key, 0)) : undefined
  }

  #frame(raw: Buffer, part: Framed['part'], payloadAt: number, before: number): WebSocketFrame {
    const { number, kind, coding, bytes } = this.#message
    return {
      type: this.#type, direction: this.#direction, raw, part, fin: (this.#bits & FIN) !== 0, rsv1: (this.#bits & RSV1) !== 0, masked: this.#masked, key: this.#key,
      sizeBytes: this.#sizeBytes, payloadAt, before, message: number, place: this.#place, kind, coding, messageBytes: bytes, wrong: this.#wrong, answers: undefined, body: undefined,
    }
  }

  #opaque(raw: Buffer): WebSocketFrame {
    return {
      type: 'Opaque', direction: this.#direction, raw, part: 'whole', fin: true, rsv1: false, masked: false, key: 0,
      sizeBytes: raw.length, payloadAt: 0, before: 0, message: this.#messages, place: 'first', kind: 'Opaque', coding: 'unknown', messageBytes: raw.length, wrong: undefined, answers: undefined, body: undefined,
    }
  }
}

function wrongWithClose(payload: Buffer): string | undefined {
  if (payload.length === 1) return 'a close with half a code'
  const code = payload.readUInt16BE(0)
  if (!isCloseCode(code)) return `a close with ${code}, which is no code to send`
  return isUtf8(payload.subarray(2)) ? undefined : 'a reason that is not UTF-8'
}
