/** What faults look for among the parts of requests and answers. */

import { removeField, setField } from './edit.ts'
import type { Head } from './head.ts'
import type { HttpMessage } from './message.ts'
import type { Spoken } from '../spoken.ts'

export interface Answer { readonly head: Head; readonly request: Head }

/** Of a request or an answer, and no frame of a WebSocket. */
export const isHttp = ({ protocol }: Spoken): boolean => protocol === 'http'

/** The head of a request, with which it begins. */
export const requestOf = ({ type, head }: HttpMessage): Head | undefined => (type === 'RequestHead' ? head : undefined)

/** The head of a request with a body. */
export const sendsBody = (message: HttpMessage): boolean => message.part === 'first' && requestOf(message) !== undefined

/** The head of an answer, with which it begins, and that of its request; undefined of an interim one. */
export const answerOf = ({ type, head, answers }: HttpMessage): Answer | undefined =>
  (type === 'ResponseHead' && head && answers && !head.interim ? { head, request: answers.request } : undefined)

/** A part that brings something of a body, or ends it. */
export const isBody = ({ type, raw }: HttpMessage): boolean => (type === 'BodyData' || type === 'LastChunk') && raw.length > 0

/** Bytes of the body that this part brings, without the framing of chunks. */
export const dataOf = ({ type, raw, dataAt, dataEnd }: HttpMessage): Buffer => (type === 'BodyData' ? raw.subarray(dataAt, dataEnd) : raw.subarray(0, 0))

/** The same head of a body that ends with the connection. */
export const untilClose = (raw: Buffer): Buffer => setField(removeField(removeField(raw, 'Content-Length'), 'Transfer-Encoding'), 'Connection', 'close')

/** For the journal, of a request whose answer the client does not get as it was. */
export const executed = (status: number): string => `executed ${status}`
export const NOT_EXECUTED = 'not executed'
