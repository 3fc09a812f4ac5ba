/** The frames of a WebSocket, their opcodes, and the messages that they are parts of. (RFC 6455, 5.2 to 5.6) */

import { begins, ends, type Direction, type Framed } from '../codec.ts'

/** By their numbers; those that are missing are reserved, and nobody knows them. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
export type Opcode = keyof typeof OPCODES
/** `Opaque`: what comes after a decoder gave up, or was left of a stream that ended inside a frame. */
export type FrameType = Opcode | 'Opaque'

/** What stands between a payload and its meaning. `unknown`: a reserved bit that no extension explains. */
export type Coding = 'none' | 'deflate' | 'unknown'

/** A control frame is never longer. */
export const CONTROL_MAX = 125

/** A frame, or a part of a large one. */
export interface WebSocketFrame extends Framed {
  readonly type: FrameType
  readonly direction: Direction
  readonly fin: boolean
  readonly rsv1: boolean
  readonly masked: boolean
  /** The four bytes of the mask as one number, the first the highest; 0 where there is none. */
  readonly key: number
  /** Payload of the whole frame, as it declares itself; of what is opaque, what is here. */
  readonly sizeBytes: number
  /** Where in `raw` the payload begins: behind the head, and at 0 in all parts but the first. */
  readonly payloadAt: number
  /** Payload bytes of this frame in the parts before. */
  readonly before: number
  /** Counts the messages of its direction from 1. Control frames are messages of their own, also between the fragments of another. */
  readonly message: number
  readonly place: 'first' | 'continuation'
  /** Of the message: the type of its first frame. `continuation` where there was none. */
  readonly kind: FrameType
  /** Of the message, by its first frame. */
  readonly coding: Coding
  /** Payload of the message up to the end of this frame. */
  readonly messageBytes: number
  /** Why a receiver that is strict would fail the connection over this frame; it passes all the same. */
  readonly wrong: string | undefined
  /** Of a pong or a close: the message of the other direction that it answers. Filled in by the conversation. */
  answers: number | undefined
  /** What its message says, as far as it has come. Filled in by the conversation where texts are read. */
  body: { readonly text: string | undefined } | undefined
}

/** Tells frames from all other messages. */
export const isFrame = (message: Framed): message is WebSocketFrame => 'place' in message

const TYPES: readonly (Opcode | undefined)[] = Array.from({ length: 16 }, (_, number) =>
  (Object.keys(OPCODES) as Opcode[]).find((name) => OPCODES[name] === number))
export const typeOf = (opcode: number): Opcode | undefined => TYPES[opcode]

export const isControl = (type: FrameType): boolean => type === 'close' || type === 'ping' || type === 'pong'
/** With this frame, or part, its message begins. */
export const opensMessage = (frame: WebSocketFrame): boolean => frame.place === 'first' && begins(frame)
/** With this frame, or part, its message is complete. One that another message cuts off never is. */
export const endsMessage = (frame: WebSocketFrame): boolean => frame.fin && ends(frame)

/** The payload that is here, without its mask: a copy where there was one, otherwise a view. */
export const payloadOf = ({ raw, payloadAt, masked, key, before }: WebSocketFrame): Buffer =>
  masked ? xored(raw, payloadAt, key, before) : raw.subarray(payloadAt)

/** `bytes` from `start` on, masked or unmasked by `key`; `before` bytes of the payload came earlier. Never in place. (RFC 6455, 5.3) */
export function xored(bytes: Buffer, start: number, key: number, before: number): Buffer {
  const out = Buffer.allocUnsafe(bytes.length - start)
  const turned = turn(key, before)
  const mask = [turned >>> 24, (turned >>> 16) & 255, (turned >>> 8) & 255, turned & 255]
  for (let at = 0; at < out.length; at++) out[at] = (bytes[start + at] ?? 0) ^ (mask[at & 3] ?? 0)
  return out
}

/** The key that does to bytes from `offset` on what `key` does to the whole. */
export function turn(key: number, offset: number): number {
  const bits = 8 * (offset % 4)
  return bits === 0 ? key >>> 0 : ((key << bits) | (key >>> (32 - bits))) >>> 0
}

/** Codes that may stand in a close frame: 1005, 1006 and 1015 only ever stand for its absence. (RFC 6455, 7.4; IANA) */
export const isCloseCode = (code: number): boolean =>
  Number.isInteger(code) && ((code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999))
