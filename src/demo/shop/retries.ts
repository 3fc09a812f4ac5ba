/** How often a call may be tried again: a share of all calls, so that retries do not become the load that keeps a service down. And for how long it is to be left alone, when it says so. */

import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

/** Retries that a call earns. */
const EARNED = 0.2
const SAVED_MAX = 10

export class RetryBudget {
  #saved = SAVED_MAX

  earn(): void { this.#saved = Math.min(SAVED_MAX, this.#saved + EARNED) }

  /** May one be made? Then it is spent. */
  spend(): boolean {
    if (this.#saved < 1) return false
    this.#saved--
    return true
  }
}

/** Nobody is asked to wait for longer. */
const PAUSE_MAX: Ms = ms(30_000)

/** What a `Retry-After` asks for; undefined where it says nothing that can be understood. A date counts from the answer's own `Date`, whatever the clocks are. (RFC 9110, 10.2.3) */
export function retryAfter(headers: Pick<Headers, 'get'>): Ms | undefined {
  const written = headers.get('retry-after')?.trim()
  if (!written) return undefined
  const wait = /^\d{1,9}$/.test(written) ? Number(written) * 1000 : Date.parse(written) - Date.parse(headers.get('date') ?? '')
  return Number.isFinite(wait) ? ms(Math.min(Math.max(0, wait), PAUSE_MAX)) : undefined
}

/** A service that has asked to be left alone until some time. */
export class Pause {
  readonly #clock: Clock
  #until = ms(0)

  constructor(clock: Clock = realClock) { this.#clock = clock }

  /** The longest wish holds. */
  extend(by: Ms): void { this.#until = ms(Math.max(this.#until, this.#clock.now() + by)) }

  get over(): boolean { return this.#clock.now() >= this.#until }
}
