/**
 * Whether a statement outside of a transaction lasts once the server says that it is done. In an extended query it says so before it commits,
 * which it does at the Sync; and what comes before that may still undo it. So it is known at the ReadyForQuery, and not before.
 */

import type { ExchangeId } from '../codec.ts'
import type { SpokenPostgres } from '../spoken.ts'
import type { PostgresConversation } from './conversation.ts'
import { commandOf, tagOfCommandComplete } from './fields.ts'

interface Outcome {
  readonly exchange: ExchangeId
  /** The exchange has begun a transaction of its own. */
  inside: boolean
  awaited: boolean
  lasts: boolean | undefined
}

/** Of all sessions of a target. */
export class Outcomes {
  readonly #latest = new WeakMap<PostgresConversation, Outcome>()

  /** Every message of the server's, in order, before anything is asked about it. */
  observe({ message, exchange, direction, conversation }: SpokenPostgres): void {
    if (direction === 'to-server' || exchange === null) return
    const { type } = message
    if (type !== 'CommandComplete' && type !== 'ErrorResponse' && type !== 'ReadyForQuery') return
    const outcome = this.#of(conversation, exchange)
    if (type === 'ReadyForQuery') outcome.lasts ??= conversation.status === 'I'
    else if (type === 'ErrorResponse') this.#settle(outcome, false)
    else this.#completed(outcome, commandOf(tagOfCommandComplete(message)))
  }

  /** A statement is done that stands for itself: what becomes of it is to be known at the end of its exchange. False where it is part of a transaction. */
  awaits({ conversation, exchange }: SpokenPostgres): boolean {
    const outcome = this.#of(conversation, exchange ?? 0)
    outcome.awaited = conversation.status === 'I' && !outcome.inside
    return outcome.awaited
  }

  /** At the ReadyForQuery: whether what was awaited lasts; undefined where nothing was. */
  known({ conversation, exchange }: SpokenPostgres): boolean | undefined {
    const outcome = this.#latest.get(conversation)
    return outcome?.exchange === exchange && outcome?.awaited ? outcome.lasts : undefined
  }

  #completed(outcome: Outcome, command: string): void {
    switch (command) {
      case 'BEGIN': case 'START TRANSACTION': outcome.inside = true; break
      case 'COMMIT': case 'PREPARE TRANSACTION': this.#settle(outcome, true); break
      case 'ROLLBACK': this.#settle(outcome, false); break
    }
  }

  #settle(outcome: Outcome, lasts: boolean): void {
    outcome.inside = false
    if (outcome.awaited) outcome.lasts ??= lasts
  }

  #of(conversation: PostgresConversation, exchange: ExchangeId): Outcome {
    let outcome = this.#latest.get(conversation)
    if (outcome?.exchange !== exchange) {
      outcome = { exchange, inside: false, awaited: false, lasts: undefined }
      this.#latest.set(conversation, outcome)
    }
    return outcome
  }
}
