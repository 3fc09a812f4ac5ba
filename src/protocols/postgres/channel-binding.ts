/** Takes SCRAM's channel binding out of what a server offers: it binds a login to the TLS of one connection, and through a proxy there are two. (RFC 5802; PostgreSQL 18, 54.3) */

import { PostgresDecoder } from './decoder.ts'
import type { PostgresMessage } from './message.ts'
import { framed } from './reply.ts'

const SASL = 10
const BODY = 5
const BINDS = '-PLUS'

/** A filter for the first bytes of a server's, chunk by chunk: what it returns goes to the client. Once the server has asked for a login in any way all passes as it is. */
export function withoutChannelBinding(): (chunk: Buffer) => Buffer {
  const decoder = new PostgresDecoder('to-client')
  let asked = false
  return (chunk) => {
    if (asked) return chunk
    const parts = decoder.feed(chunk).map((message) => {
      if (asked) return message.raw
      asked = message.type === 'Authentication' || message.type === 'ErrorResponse' || message.type === 'Opaque'
      return isSaslRequest(message) ? unbound(message) : message.raw
    })
    if (asked) parts.push(decoder.rest)
    return Buffer.concat(parts)
  }
}

const isSaslRequest = ({ type, part, raw }: PostgresMessage): boolean =>
  type === 'Authentication' && part === 'whole' && raw.length >= BODY + 4 && raw.readUInt32BE(BODY) === SASL

function unbound({ raw }: PostgresMessage): Buffer {
  const mechanisms = raw.toString('latin1', BODY + 4).split('\0').filter((name) => name !== '' && !name.endsWith(BINDS))
  return framed('R', Buffer.concat([raw.subarray(BODY, BODY + 4), Buffer.from(`${mechanisms.map((name) => `${name}\0`).join('')}\0`, 'latin1')]))
}
