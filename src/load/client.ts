/** What sends operations and hears their answers: one implementation a protocol. */

import type { Clock } from '../core/clock.ts'
import type { Ms } from '../core/units.ts'
import type { Tally } from './tally.ts'

/** `reason` names a failure for people and holds no secret: `ECONNREFUSED`, `status 503`. `thought` is time that does not count. `late`: older than its timeout without it. */
export type Done = (outcome: 'ok' | 'error' | 'late', reason?: string, thought?: Ms) => void

/** An operation that was sent. */
export interface Sent {
  /** Its answer no longer counts: frees what it holds. `done` may be called or not. */
  abandon(): void
}

/** What a client is told when the load begins that makes its connections only then. */
export interface Beginning { readonly at: Ms; readonly tally: Tally; readonly clock: Clock; readonly seed: number }

export interface Client {
  /** Resolves when every connection that it keeps has been made or has failed once. Never rejects. */
  readonly opened: Promise<unknown>
  begin?(beginning: Beginning): void
  /** Operation `n` is none: what it would be sent over is not meant to be there yet. */
  skips?(n: number): boolean
  /** Sends operation `n`, which was due at `due`, now, or says at once that it cannot. Never throws; calls `done` once at the most, perhaps before it returns. */
  send(n: number, done: Done, due: Ms): Sent
  /** Ends every connection at once. Idempotent. */
  close(): Promise<void>
}

/** Nothing is held for an operation that failed at once. */
export const NOTHING_SENT: Sent = { abandon: () => undefined }

/** Reads `{n}` in a text as the operation's number; a text without one is made once. */
export function template(text: string): (n: number) => string {
  const parts = text.split('{n}')
  return parts.length === 1 ? () => text : (n) => parts.join(String(n))
}

/** A failure in a word or two: its code (a system error, an undici error, a SQLSTATE), else the kind of error. Messages are left out: they may quote what was sent. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.name
}
