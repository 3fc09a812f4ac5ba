/** Makes the messages that a client sends, for faults that send some on their own account. Names are one character a byte, as they are kept. */

import { framed } from './reply.ts'

const text = (value: string): Buffer => Buffer.from(`${value}\0`, 'latin1')
const NO_TYPES = Buffer.alloc(2)
/** No formats, no values, no formats of the result. */
const NO_VALUES = Buffer.alloc(6)
const ALL_ROWS = Buffer.alloc(4)

/** `sql` in UTF-8. */
export const query = (sql: string): Buffer => framed('Q', Buffer.from(`${sql}\0`))
export const parse = (name: string, sql: string): Buffer => framed('P', Buffer.concat([text(name), Buffer.from(`${sql}\0`), NO_TYPES]))
/** A portal of a statement without parameters. */
export const bind = (portal: string, statement: string): Buffer => framed('B', Buffer.concat([text(portal), text(statement), NO_VALUES]))
export const execute = (portal: string): Buffer => framed('E', Buffer.concat([text(portal), ALL_ROWS]))
/** Ends a COPY in: the server fails, with these words behind its own. */
export const copyFail = (why: string): Buffer => framed('f', Buffer.from(`${why}\0`))
/** `key`: process and key, as BackendKeyData has them. */
export function cancelRequest(key: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + key.length, 0)
  head.writeUInt32BE(80877102, 4)
  return Buffer.concat([head, key])
}
export const closeStatement = (name: string): Buffer => framed('C', text(`S${name}`))
