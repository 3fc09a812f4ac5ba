/** Makes the messages with which a fault answers in the server's place. */

import type { TransactionStatus } from './fields.ts'

/** Fields of an ErrorResponse or a NoticeResponse, by what they mean. (PostgreSQL 18, 54.8) */
export interface ErrorFields {
  /** ERROR, FATAL, PANIC; of a notice WARNING, NOTICE, DEBUG, INFO, LOG. */
  readonly severity: string
  /** The SQLSTATE: five characters. */
  readonly code: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** Counts characters of the statement from 1. */
  readonly position?: number
  readonly internalPosition?: number
  readonly internalQuery?: string
  readonly where?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly dataType?: string
  readonly constraint?: string
  readonly file?: string
  readonly line?: number
  readonly routine?: string
}

/** In the order in which a server sends them. */
const LETTERS = [
  ['S', 'severity'], ['V', 'severity'], ['C', 'code'], ['M', 'message'], ['D', 'detail'], ['H', 'hint'], ['P', 'position'], ['p', 'internalPosition'],
  ['q', 'internalQuery'], ['W', 'where'], ['s', 'schema'], ['t', 'table'], ['c', 'column'], ['d', 'dataType'], ['n', 'constraint'],
  ['F', 'file'], ['L', 'line'], ['R', 'routine'],
] as const satisfies readonly (readonly [string, keyof ErrorFields])[]

/** The detail of an error that we make up, so that whoever reads the application's log knows. */
export const INJECTED = 'Injected by brownout.'

export const errorResponse = (fields: ErrorFields): Buffer => withFields('E', fields)
export const noticeResponse = (fields: ErrorFields): Buffer => withFields('N', fields)
export const parameterStatus = (name: string, value: string): Buffer => framed('S', Buffer.from(`${name}\0${value}\0`))
export const readyForQuery = (status: TransactionStatus): Buffer => framed('Z', Buffer.from(status))

function withFields(type: string, fields: ErrorFields): Buffer {
  const parts = LETTERS.flatMap(([letter, name]) => {
    const value = fields[name]
    // A zero would end the field.
    return value === undefined ? [] : [`${letter}${String(value).replaceAll('\0', '')}\0`]
  })
  return framed(type, Buffer.from(`${parts.join('')}\0`))
}

/** `body` as a message with that type byte. */
export function framed(type: string, body: Buffer): Buffer {
  const message = Buffer.allocUnsafe(5 + body.length)
  message.write(type, 0, 'latin1')
  message.writeUInt32BE(4 + body.length, 1)
  body.copy(message, 5)
  return message
}
