/** Messages of each protocol on their way, as a fault is shown them: for laws over faults that need no server. */

import type { Conversation, Direction, Framed } from '../../src/protocols/codec.ts'
import { isFrame } from '../../src/protocols/websocket/frame.ts'
import { conversationIn, type Spoken } from '../../src/protocols/spoken.ts'

const typed = (letter: string, body: string): string => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(4 + Buffer.byteLength(body, 'latin1'))
  return `${letter}${length.toString('latin1')}${body}`
}
const startup = (): string => {
  const body = '\0\x03\0\0user\0u\0database\0d\0\0'
  const length = Buffer.alloc(4)
  length.writeUInt32BE(4 + body.length)
  return length.toString('latin1') + body
}
const READY = typed('Z', 'I')

const lines = (...all: readonly string[]): string => `${all.join('\r\n')}\r\n\r\n`
/** Masked by four zeros it is what it says. */
const fromClient = (opcode: number, payload: string): string => `${String.fromCharCode(0x80 | opcode, 0x80 | payload.length)}\0\0\0\0${payload}`
const fromServer = (opcode: number, payload: string): string => `${String.fromCharCode(0x80 | opcode, payload.length)}${payload}`

/** Of each direction in turn, as bytes of one a character. */
const TALKS: Readonly<Record<string, readonly (readonly [Direction, string])[]>> = {
  redis: [
    ['to-server', '*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n'], ['to-client', '$-1\r\n+OK\r\n'],
    ['to-server', '*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n'], ['to-client', '+OK\r\n+QUEUED\r\n*1\r\n:1\r\n'],
    ['to-server', '*3\r\n$5\r\nBLPOP\r\n$1\r\nq\r\n$1\r\n0\r\n'], ['to-client', '*-1\r\n'],
    ['to-server', '*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n'], ['to-client', '*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n'],
  ],
  postgres: [
    ['to-server', startup()], ['to-client', typed('R', '\0\0\0\0') + typed('S', 'TimeZone\0UTC\0') + READY],
    ['to-server', typed('Q', 'insert into orders values (1)\0')], ['to-client', typed('C', 'INSERT 0 1\0') + READY],
    ['to-server', typed('P', 's\0select $1\0\0\0') + typed('B', '\0s\0\0\0\0\x01\0\0\0\x011\0\0') + typed('D', 'P\0') + typed('E', '\0\0\0\0\0') + typed('S', '')],
    ['to-client', typed('1', '') + typed('2', '') + typed('T', '\0\0') + typed('D', '\0\x01\0\0\0\x011') + typed('C', 'SELECT 1\0') + READY],
    ['to-server', typed('Q', 'begin\0')], ['to-client', typed('C', 'BEGIN\0') + typed('Z', 'T')], ['to-server', typed('Q', 'commit\0')], ['to-client', typed('C', 'COMMIT\0') + READY],
    ['to-client', typed('A', '\0\0\0\x01c\0hi\0')],
  ],
  http: [
    ['to-server', lines('POST /orders/7?x=1 HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue')], ['to-client', lines('HTTP/1.1 100 Continue')], ['to-server', 'hello'],
    ['to-client', `${lines('HTTP/1.1 200 OK', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n`],
    ['to-server', lines('GET /orders HTTP/1.1', 'Host: a')], ['to-client', `${lines('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`],
    ['to-server', lines('HEAD / HTTP/1.1', 'Host: a')], ['to-client', lines('HTTP/1.1 304 Not Modified', 'ETag: "1"')],
    ['to-server', lines('GET /live HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')],
    ['to-client', lines('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=') + fromServer(1, 'hi')],
    ['to-server', fromClient(1, 'a text') + fromClient(9, 'p') + fromClient(2, '\0\x01')], ['to-client', fromServer(10, 'p') + fromServer(1, 'a text') + fromServer(9, 'q')],
    ['to-server', fromClient(10, 'q')], ['to-client', fromServer(8, '\x03\xe9away')], ['to-server', fromClient(8, '\x03\xe9')],
  ],
}

/** Those of one conversation, in the order of the wire. */
export function spokenIn(protocol: 'redis' | 'postgres' | 'http'): Spoken[] {
  const talk = conversationIn(protocol)
  if (!talk) return []
  const conversation: Conversation<Framed> = talk
  return (TALKS[protocol] ?? []).flatMap(([direction, text]) => {
    const decoder = direction === 'to-server' ? conversation.toServer : conversation.toClient
    return decoder.feed(Buffer.from(text, 'latin1')).map((message) => {
      const of = direction === 'to-server' ? conversation.asked(message) : conversation.received(message)
      const { exchange = null, operation = null, last = false } = of ?? {}
      if (isFrame(message) && direction === 'to-server') conversation.sent(message, 0, null)
      if (isFrame(message)) return { kind: 'message', protocol: 'websocket', message, raw: message.raw, direction, conversation: talk, exchange: null, operation: null, last: false, own: false } as Spoken
      if (direction === 'to-server') conversation.sent(message, exchange ?? 0, operation)
      return { kind: 'message', protocol, message, raw: message.raw, direction, conversation: talk, exchange, operation, last: direction === 'to-client' && last, own: false } as Spoken
    })
  })
}
