/**
 * Catches the plain messages of a session that an armed rule might mean, or whose exchange one hits. What slips through is neither made,
 * judged nor held: no rule would have been drawn for it, so that nobody can tell the difference.
 */

import type { ExchangeId } from '../protocols/codec.ts'
import type { PlainRequest } from '../protocols/redis/plain.ts'
import type { Grip } from './armed.ts'

export class Sieve {
  readonly #grips: readonly Grip[]

  constructor(grips: readonly Grip[]) { this.#grips = grips }

  /** A request, which lies in `chunk`. */
  catches(request: PlainRequest, chunk: Buffer): boolean {
    for (const grip of this.#grips) if (grip.mightTake(request, chunk)) return true
    return false
  }

  /** The answer to `exchange`. */
  catchesAnswer(exchange: ExchangeId): boolean {
    for (const grip of this.#grips) if (grip.hitsIn(exchange)) return true
    return false
  }
}

/** Undefined where a rule wants to see everything: each byte of it, or each message. */
export const sieveOf = (grips: readonly Grip[]): Sieve | undefined =>
  (grips.every(({ readsMessages, armed }) => readsMessages && armed.fault.observe === undefined) ? new Sieve(grips) : undefined)
