/** What sends operations and hears their answers: one implementation a protocol. */

/** `reason` names a failure for people and holds no secret: `ECONNREFUSED`, `status 503`. */
export type Done = (outcome: 'ok' | 'error', reason?: string) => void

/** An operation that was sent. */
export interface Sent {
  /** Its answer no longer counts: frees what it holds. `done` may be called or not. */
  abandon(): void
}

export interface Client {
  /** Resolves when every connection that it keeps has been made or has failed once. Never rejects. */
  readonly opened: Promise<unknown>
  /** Sends operation `n` now, or says at once that it cannot. Never throws; calls `done` once at the most, perhaps before it returns. */
  send(n: number, done: Done): Sent
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
