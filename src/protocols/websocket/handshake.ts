/** What of the HTTP handshake concerns a fault. (RFC 6455, 4) */

import { createHash } from 'node:crypto'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** White space before the colon is no header to some and one to others; a line that begins with white space goes on with the one before. */
const EXTENSIONS = /(?<=\n)sec-websocket-extensions[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*/gi

/** The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key. */
export const acceptOf = (key: string): string => createHash('sha1').update(key.trim() + GUID).digest('base64')

/** The head of a request without any offer of extensions, all other bytes as they were; the head itself where there is none. Up to the empty line and no further. */
export function withoutExtensions(head: Buffer): Buffer {
  const text = head.toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)
  const headEnd = end ? end.index + end[0].length : text.length
  const stripped = text.slice(0, headEnd).replace(EXTENSIONS, '')
  return stripped.length === headEnd ? head : Buffer.from(stripped + text.slice(headEnd), 'latin1')
}
