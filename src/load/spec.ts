/** A load as the loader has linked it: what is sent, how often, and what counts as an answer. Plain JSON: it goes to the generator's process. */

import type { Ms, PerSecond } from '../core/units.ts'

/** `{n}` in the path, the body, an argument or a parameter stands for the operation's number, counted from 0. */
export interface HttpRequest { readonly kind: 'http'; readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string | undefined }
/** A command and its arguments. */
export interface RedisCommand { readonly kind: 'redis'; readonly url: string; readonly command: readonly string[] }
export interface PostgresQuery { readonly kind: 'postgres'; readonly url: string; readonly sql: string; readonly params: readonly string[] }

export interface LoadSpec {
  readonly name: string
  readonly send: HttpRequest | RedisCommand | PostgresQuery
  /** Open loop: operation i is due at start + i / rate, whatever became of those before it. */
  readonly rate: PerSecond
  /** An operation older than this counts as a timeout, at this value. */
  readonly timeout: Ms
  /** HTTP statuses that count as ok: `2xx`, `200`, `2xx,404`. */
  readonly ok: string
  /** Operations under way at once; those over it are `dropped`. */
  readonly inFlightMax: number
  /** Connections that a redis or postgres load keeps. */
  readonly connections: number
}
