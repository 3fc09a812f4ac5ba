/** Says what a server would: responses that a client cannot tell from real ones. */

import type { Shape } from '../../core/params.ts'
import { line, oneLine } from './edit.ts'
import type { Head } from './head.ts'

export interface Response {
  readonly status: number
  /** That of the specification unless it is given. */
  readonly reason?: string
  /** In this order, before those that are put in. */
  readonly fields?: readonly (readonly [name: string, value: string])[]
  readonly body?: Buffer | string
  /** The connection will be closed behind it. */
  readonly close?: boolean
}

/** What a parameter must look like that is the status of an answer. */
export const FINAL_STATUS: Shape = { pattern: /^[2-5]\d\d$/, says: 'a status from 200 to 599' }
export const ERROR_STATUS: Shape = { pattern: /^[45]\d\d$/, says: 'a status from 400 to 599' }

/** (RFC 9110, 15) */
const REASONS: ReadonlyMap<number, string> = new Map([
  [100, 'Continue'], [101, 'Switching Protocols'], [103, 'Early Hints'], [200, 'OK'], [201, 'Created'], [202, 'Accepted'], [203, 'Non-Authoritative Information'], [204, 'No Content'], [205, 'Reset Content'], [206, 'Partial Content'],
  [300, 'Multiple Choices'], [301, 'Moved Permanently'], [302, 'Found'], [303, 'See Other'], [304, 'Not Modified'], [307, 'Temporary Redirect'], [308, 'Permanent Redirect'],
  [400, 'Bad Request'], [401, 'Unauthorized'], [402, 'Payment Required'], [403, 'Forbidden'], [404, 'Not Found'], [405, 'Method Not Allowed'], [406, 'Not Acceptable'], [407, 'Proxy Authentication Required'], [408, 'Request Timeout'],
  [409, 'Conflict'], [410, 'Gone'], [411, 'Length Required'], [412, 'Precondition Failed'], [413, 'Content Too Large'], [414, 'URI Too Long'], [415, 'Unsupported Media Type'], [416, 'Range Not Satisfiable'], [417, 'Expectation Failed'],
  [421, 'Misdirected Request'], [422, 'Unprocessable Content'], [425, 'Too Early'], [426, 'Upgrade Required'], [428, 'Precondition Required'], [429, 'Too Many Requests'], [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'], [501, 'Not Implemented'], [502, 'Bad Gateway'], [503, 'Service Unavailable'], [504, 'Gateway Timeout'], [505, 'HTTP Version Not Supported'],
])

/** What the specification calls it; empty of a status that it does not know. */
export const reasonOf = (status: number): string => REASONS.get(status) ?? ''

/**
 * The answer to `request`, framed as it must be: with its length, but for what has no body by its status or method, and with the Connection
 * field that the versions of HTTP ask for. What `fields` say of a length or of the connection goes before what would be put in. (RFC 9112, 6 and 9.3)
 */
export function response(request: Head, { status, reason, fields = [], body = '', close = false }: Response): Buffer {
  const given = new Set(fields.map(([name]) => name.toLowerCase()))
  const interim = status < 200
  const sized = !interim && status !== 204 && status !== 304 && !(request.method === 'CONNECT' && status < 300)
  const parts = [Buffer.from(`HTTP/1.1 ${status} ${oneLine(reason ?? reasonOf(status))}\r\n`, 'latin1'), ...fields.map(([name, value]) => line(name, value))]
  if (sized && !given.has('content-length') && !given.has('transfer-encoding')) parts.push(line('Content-Length', String(Buffer.byteLength(body))))
  if (!interim && !given.has('connection')) {
    if (close || request.close) parts.push(line('Connection', 'close'))
    else if (request.minor === 0) parts.push(line('Connection', 'keep-alive'))
  }
  parts.push(Buffer.from('\r\n'))
  if (sized && request.method !== 'HEAD') parts.push(Buffer.from(body))
  return Buffer.concat(parts)
}
