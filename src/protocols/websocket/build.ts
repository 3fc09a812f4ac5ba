/** Makes the frames with which a fault speaks in a peer's place, and those into which it turns what a peer said. */

import { BrownoutError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { begins, ends } from '../codec.ts'
import { CONTROL_MAX, isCloseCode, isControl, OPCODES, turn, xored, type Opcode, type WebSocketFrame } from './frame.ts'

export interface FrameFields {
  /** A number of 0 to 15 for one that nobody knows. */
  readonly opcode: Opcode | number
  readonly payload?: Buffer
  readonly fin?: boolean
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  readonly reserved?: number
  /** Needed for whatever goes to a server, and for nothing else. */
  readonly key?: number | undefined
  /** The length that the head states, where that is not the payload's: below 2^53. */
  readonly states?: number
}

const NOTHING = Buffer.alloc(0)
const FIN = 0x80
const MASK = 0x80

/** A key for one frame. */
export const maskKey = (random: Random): number => Math.floor(random() * 2 ** 32)

/** A frame of any kind, also of one that no peer would stand. */
export function frameOf({ opcode, payload = NOTHING, fin = true, reserved = 0, key, states = payload.length }: FrameFields): Buffer {
  const head = headOf(states, key)
  head[0] = (fin ? FIN : 0) | (reserved << 4) | (typeof opcode === 'number' ? opcode & 15 : OPCODES[opcode])
  return Buffer.concat([head, key === undefined ? payload : xored(payload, 0, key, 0)])
}

/** A close as it may go over the wire; without a code it says nothing. Throws PARAM_INVALID for codes that stand for the absence of a close, for reserved ones, and for a reason of more than 123 bytes. (RFC 6455, 5.5.1 and 7.4) */
export function closeFrame(code: number | undefined, reason: string, key?: number): Buffer {
  if (code === undefined) return frameOf({ opcode: 'close', key })
  if (!isCloseCode(code)) {
    throw new BrownoutError('PARAM_INVALID', { message: `a close frame cannot carry ${code}`, hint: '1000 to 1003, 1007 to 1014 or 3000 to 4999; a peer reports 1005, 1006 and 1015 by itself: cut the connection for 1006' })
  }
  const payload = Buffer.from(`\0\0${reason}`)
  if (payload.length > CONTROL_MAX) throw new BrownoutError('PARAM_INVALID', { message: `a reason of ${payload.length - 2} bytes does not fit into a close frame`, hint: `at most ${CONTROL_MAX - 2} bytes` })
  payload.writeUInt16BE(code, 0)
  return frameOf({ opcode: 'close', payload, key })
}

/** `frame`, or the part of it that is here, as `count` frames of the same message: no payload byte changes, masks are turned to fit, RSV1 stands on the first only. Control frames stay whole, as they must. (RFC 6455, 5.4; RFC 7692, 6.1) */
export function fragmented(frame: WebSocketFrame, count: number): Buffer[] {
  const { type, raw, payloadAt, masked, key, before, fin } = frame
  if (type === 'Opaque' || isControl(type)) return [raw]
  const pieces = Math.max(1, count)
  const length = raw.length - payloadAt
  return Array.from({ length: pieces }, (_, n) => {
    const [from, to] = [Math.floor((n * length) / pieces), Math.floor(((n + 1) * length) / pieces)]
    const head = headOf(to - from, masked ? turn(key, before + from) : undefined)
    const opening = begins(frame) && n === 0 ? (raw[0] ?? 0) & ~FIN : 0
    head[0] = opening | (n === pieces - 1 && fin && ends(frame) ? FIN : 0)
    return Buffer.concat([head, raw.subarray(payloadAt + from, payloadAt + to)])
  })
}

/** A frame that came whole with another payload, all else as it was: bits, mask, place in its message. Of what is compressed the payload is compressed. */
export const withPayload = ({ raw, fin, masked, key }: WebSocketFrame, payload: Buffer): Buffer => {
  const bits = raw[0] ?? 0
  return frameOf({ opcode: bits & 15, reserved: (bits >> 4) & 7, fin, payload, key: masked ? key : undefined })
}

/** A whole message with another payload, in one frame that is not compressed, under the mask of any of its frames. Where `whyBound` allows it messages of both kinds may be mixed. (RFC 7692, 6) */
export const messageWith = ({ kind, masked, key }: WebSocketFrame, payload: Buffer): Buffer =>
  frameOf({ opcode: kind === 'Opaque' ? 'binary' : kind, payload, key: masked ? key : undefined })

/** A head with room for its first byte: the length in as few bytes as can be, and the key. */
function headOf(length: number, key: number | undefined): Buffer {
  const mask = key === undefined ? 0 : MASK
  const lengthBytes = length <= CONTROL_MAX ? 0 : length < 2 ** 16 ? 2 : 8
  const head = Buffer.alloc(2 + lengthBytes + (key === undefined ? 0 : 4))
  head[1] = mask | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) head.writeUInt16BE(length, 2)
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2)
  if (key !== undefined) head.writeUInt32BE(key, 2 + lengthBytes)
  return head
}
