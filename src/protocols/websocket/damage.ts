/** Frames that a peer must refuse. (RFC 6455, 5.2 to 5.5, 7.4.1 and 8.1) */

import type { Random } from '../../core/random.ts'
import { assertNever } from '../../core/units.ts'
import { frameOf, maskKey } from './build.ts'
import { payloadOf, type WebSocketFrame } from './frame.ts'

export const DAMAGES = ['opcode', 'reserved_bits', 'utf8', 'mask', 'fragments', 'control', 'close_code'] as const
export type Damage = (typeof DAMAGES)[number]

/** The first that is reserved for data. */
const UNKNOWN_OPCODE = 3
/** RSV2 and RSV3: RSV1 may have a meaning. */
const RESERVED = 3
const NO_CODE = Buffer.from('03ed', 'hex')

/** What stands in the place of a message that begins with `frame`: as much of its payload as is here, where that matters. */
export function damaged(frame: WebSocketFrame, what: Damage, random: Random): Buffer {
  const key = frame.direction === 'to-server' ? maskKey(random) : undefined
  const payload = payloadOf(frame)
  switch (what) {
    case 'opcode': return frameOf({ opcode: UNKNOWN_OPCODE, payload, key })
    case 'reserved_bits': return frameOf({ opcode: 'text', reserved: RESERVED, payload, key })
    case 'utf8': return frameOf({ opcode: 'text', payload: Buffer.concat([payload, Buffer.from([0xc3, 0x28])]), key })
    case 'mask': return frameOf({ opcode: 'text', payload, key: key === undefined ? maskKey(random) : undefined })
    case 'fragments': return Buffer.concat([frameOf({ opcode: 'text', fin: false, key }), frameOf({ opcode: 'text', key })])
    case 'control': return frameOf({ opcode: 'ping', fin: false, key })
    case 'close_code': return frameOf({ opcode: 'close', payload: NO_CODE, key })
    default: return assertNever(what)
  }
}
