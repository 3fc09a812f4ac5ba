/** What a session tells of its messages. */

import type { Ms } from '../../core/units.ts'
import type { ExchangeId, Framed } from '../../protocols/codec.ts'

/**
 *   opened ──▶ (heldBack) ──▶ answered      each message, in the order of the wire
 *      └──▶ (altered) ──────▶ what the client asks next, here or on another connection
 *
 * The exchange of a frame is that of `opened` there, and 0 or null everywhere else: it stands alone.
 * All of it is synchronous and none of it throws. Times are when a message came (`opened`) and when it went on (`answered`).
 */
export interface SessionAccounts<M extends Framed = Framed, P extends { readonly exchange: ExchangeId; readonly last: boolean } = { readonly exchange: ExchangeId; readonly last: boolean }> {
  /** A message from the client, with the exchange that it is of: each one once, before any fault. */
  opened(exchange: ExchangeId, message: M, now: Ms): void
  /** A message of the exchange went on to the server, so long after it came. Before its answer. */
  heldBack(exchange: ExchangeId, duration: Ms, message?: M): void
  /** A rule did something: to a message of that exchange, either way, or to a connection or bytes of which no exchange is known (0). After `closed`, where that is what it did. */
  altered(rule: string, exchange: ExchangeId, did: string, now: Ms, message?: M): void
  /** A message from the server goes on to the client, `held` after it came; `paired` is what the conversation said of it. */
  answered(message: M, paired: P | null, now: Ms, held?: Ms): void
  /** A fault answers in the server's place, in full and in so many bytes; `code` where that is an error, of HTTP its status. */
  replied(exchange: ExchangeId, code: string | undefined, now: Ms, held?: Ms, bytes?: number): void
  /** Bytes of a client whose messages are not read, or not any more. */
  spoke(now: Ms): void
  /** The session is over. Idempotent. */
  closed(now: Ms): void
}
