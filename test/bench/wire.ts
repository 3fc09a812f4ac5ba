/** What both ends of the benches say that need no program from elsewhere. */

import { frameOf } from '../../src/protocols/websocket/build.ts'

const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`

export const GET = Buffer.from(lines('GET /orders/1234?expand=items HTTP/1.1', 'Host: shop.example.com:8080', 'Connection: keep-alive', 'User-Agent: undici', 'Accept: application/json', 'Accept-Encoding: gzip, deflate, br', 'X-Request-Id: 0123456789abcdef'))
const BODY = '{"id":1234,"total":"12.50"}'
export const OK = Buffer.from(lines('HTTP/1.1 200 OK', 'Content-Type: application/json', `Content-Length: ${BODY.length}`, 'ETag: "abcdef0123456789"', 'Date: Thu, 01 Jan 2026 00:00:00 GMT', 'Connection: keep-alive') + BODY)

export const UPGRADE = Buffer.from(lines('GET /live HTTP/1.1', 'Host: shop.example.com:8080', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='))
export const keyOf = (head: string): string => /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? ''

const MESSAGE = Buffer.from('{"kind":"order","id":1234,"status":"shipped","at":"2026-01-01T00:00:00Z"}')
export const ECHO = frameOf({ opcode: 'text', payload: MESSAGE })
/** As long under every mask. */
export const SAID = frameOf({ opcode: 'text', payload: MESSAGE, key: 0x01020304 })

export const GET_KEY = Buffer.from('*2\r\n$3\r\nGET\r\n$13\r\nuser:123:cart\r\n')
export const VALUE = Buffer.from('$3\r\nabc\r\n')
