/** What a rule may match of an HTTP message, and what names its figures. Nothing is read before it is asked for. */

import { fieldValue, findField, valueAt } from './fields.ts'
import type { Head } from './head.ts'
import type { HttpMessage, HttpType } from './message.ts'
import type { Routes } from './routes.ts'

/** Of all messages of an exchange: its request's method, target and host are those of its answer too, and both heads are those of their bodies. */
export interface HttpFacets {
  readonly type: HttpType
  readonly method: string | undefined
  /** As the client wrote it, without the query; undefined of a CONNECT. */
  readonly path: string | undefined
  /** Without its question mark; undefined where there is none. */
  readonly query: string | undefined
  /** `/orders/:id`: a pattern of the target's, else its path with what looks like an identifier replaced. */
  readonly route: string | undefined
  /** In small letters, with its port where one was written; undefined where several were named. */
  readonly host: string | undefined
  /** Of an answer. */
  readonly status: number | undefined
  /** The value of a field, whatever the capitals of `name`; of one that stands there more than once a list. Of an answer its own, or else its request's. */
  header(name: string): string | undefined
}

export const facetsOf = (message: HttpMessage, routes: Routes): HttpFacets => new Facets(message, routes)

const QUESTION = '?'
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/([^/?]*)(.*)$/is

class Facets implements HttpFacets {
  readonly #message: HttpMessage
  readonly #routes: Routes

  constructor(message: HttpMessage, routes: Routes) {
    this.#message = message
    this.#routes = routes
  }

  get type(): HttpType { return this.#message.type }
  get status(): number | undefined { return this.#answer?.status }

  get method(): string | undefined {
    const request = this.#request
    return request && methodOf(request)
  }

  get path(): string | undefined {
    const request = this.#request
    return request && request.method !== 'CONNECT' ? splitTarget(request)[0] : undefined
  }

  get query(): string | undefined {
    const request = this.#request
    return request && request.method !== 'CONNECT' ? splitTarget(request)[1] : undefined
  }

  get route(): string | undefined {
    const { path } = this
    return path === undefined ? undefined : this.#routes.of(path)
  }

  get host(): string | undefined {
    const request = this.#request
    if (!request) return undefined
    const target = targetOf(request)
    const authority = request.method === 'CONNECT' ? target : ABSOLUTE.exec(target)?.[1]
    return (authority ?? onlyHost(request))?.toLowerCase()
  }

  header(name: string): string | undefined {
    const answer = this.#answer
    const own = answer && fieldValue(answer.raw, answer.fieldsAt, name)
    if (own !== undefined) return own
    const request = this.#request
    return request && fieldValue(request.raw, request.fieldsAt, name)
  }

  get #request(): Head | undefined {
    const { direction, head, answers } = this.#message
    return direction === 'to-server' ? head : answers?.request
  }

  get #answer(): Head | undefined {
    const { direction, head } = this.#message
    return direction === 'to-client' ? head : undefined
  }
}

/** As the client wrote them. */
export const methodOf = ({ raw, startAt, methodEnd }: Head): string => raw.toString('latin1', startAt, methodEnd)
export const targetOf = ({ raw, methodEnd, targetEnd }: Head): string => raw.toString('latin1', methodEnd + 1, targetEnd)

/** Path and query; of `http://host/path?query` the same. */
function splitTarget(request: Head): [path: string, query: string | undefined] {
  const target = targetOf(request)
  const local = target.startsWith('/') ? target : (ABSOLUTE.exec(target)?.[2] ?? target)
  const at = local.indexOf(QUESTION)
  return at < 0 ? [local || '/', undefined] : [local.slice(0, at) || '/', local.slice(at + 1)]
}

function onlyHost({ raw, fieldsAt }: Head): string | undefined {
  const line = findField(raw, fieldsAt, 'host')
  return line && !findField(raw, line.lineEnd, 'host') ? valueAt(raw, line) : undefined
}
