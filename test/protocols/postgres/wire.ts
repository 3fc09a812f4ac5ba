/** Postgres on the wire, as tests write it. */

import { Handshake, PostgresDecoder } from '../../../src/protocols/postgres/decoder.ts'
import type { Direction } from '../../../src/protocols/codec.ts'
import type { PostgresMessage } from '../../../src/protocols/postgres/message.ts'
import type { Codec } from '../cuts.ts'

/** A message with a type byte, its length put in: `typed('Q', 'SELECT 1\0')`. Text stands for bytes, one a character. */
export function typed(type: string, body: string | Buffer = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

/** A message without one: its code, and what follows. */
export function startup(code: number, body = ''): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.writeUInt32BE(code, 4)
  return Buffer.concat([head, Buffer.from(body, 'latin1')])
}

export const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex')
export const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex')
export const STARTUP = startup(196608, 'user\0ada\0database\0shop\0application_name\0till\0\0')
export const AUTHENTICATION_OK = Buffer.from('520000000800000000', 'hex')
export const READY = (status = 'I'): Buffer => typed('Z', status)

/** What a server says from the first message on, so that its decoder knows that the client is in. */
export const codecOf = (direction: Direction, prepare: (handshake: Handshake) => void = () => undefined): Codec<PostgresMessage> => ({
  make: () => {
    const handshake = new Handshake()
    prepare(handshake)
    return new PostgresDecoder(direction, handshake)
  },
  label: ({ type }) => type,
  isOpaque: ({ type }) => type === 'Opaque',
})
