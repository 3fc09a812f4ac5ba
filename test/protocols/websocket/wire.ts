/** WebSocket frames on the wire, as a test writes them and shows them. */

import type { Direction } from '../../../src/protocols/codec.ts'
import { WebSocketDecoder } from '../../../src/protocols/websocket/decoder.ts'
import { NO_EXTENSIONS, parseExtensions, type Extensions } from '../../../src/protocols/websocket/extensions.ts'
import type { WebSocketFrame } from '../../../src/protocols/websocket/frame.ts'
import type { Codec } from '../cuts.ts'

/** Spaces are for the eye; `(Hello)` is text, `[70000]` as many bytes of `x`. */
export const hex = (wire: string): Buffer => Buffer.concat([...wire.matchAll(/\(([^)]*)\)|\[(\d+)\]|([0-9a-f]{2})|(\S)/g)].map(([all, text, count, byte]) => {
  if (text !== undefined) return Buffer.from(text)
  if (count !== undefined) return Buffer.alloc(Number(count), 'x')
  if (byte === undefined) throw new Error(`${all} is no hex`)
  return Buffer.from(byte, 'hex')
}))

export const DEFLATE = parseExtensions('permessage-deflate')
export const DEFLATE_ALONE = parseExtensions('permessage-deflate; server_no_context_takeover; client_no_context_takeover')

/** `text#1 5`: a text, alone in message 1, of 5 bytes. `text#1… 3`: more of it follows; `continuation#1+ 2` goes on with it. */
export function shown({ type, message, fin, place, rsv1, masked, sizeBytes, wrong, direction }: WebSocketFrame): string {
  if (type === 'Opaque') return type
  const mask = masked === (direction === 'to-server') ? '' : masked ? ' masked' : ' bare'
  return `${type}#${message}${place === 'continuation' ? '+' : ''}${fin ? '' : '…'}${rsv1 ? ' rsv1' : ''}${mask} ${sizeBytes}${wrong === undefined ? '' : ` !${wrong}`}`
}

export const codecOf = (direction: Direction, extensions: Extensions = NO_EXTENSIONS): Codec<WebSocketFrame> => ({
  make: () => new WebSocketDecoder(direction, extensions),
  label: (frame) => (frame.type === 'Opaque' ? 'Opaque' : `${shown(frame)} ${frame.kind} ${frame.coding} ${frame.messageBytes} ${frame.key}`),
  isOpaque: ({ type }) => type === 'Opaque',
})

export function framesOf(direction: Direction, wire: Buffer, extensions: Extensions = NO_EXTENSIONS): WebSocketFrame[] {
  return new WebSocketDecoder(direction, extensions).feed(wire)
}

/** The first frame of `wire`, which is complete. */
export function one(direction: Direction, wire: Buffer, extensions?: Extensions): WebSocketFrame {
  const [frame] = framesOf(direction, wire, extensions)
  if (!frame) throw new Error('no frame')
  return frame
}
