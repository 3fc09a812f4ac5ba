/** A circuit breaker: after failures in a row it lets nobody through, then one at a time, until one of them succeeds. */

import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number
  /** How long it stays open before one is let through to try. */
  readonly openFor: Ms
  readonly clock?: Clock
  onOpen?(): void
}

/** The breaker is open: nothing was tried. */
export class BreakerOpen extends Error {}

export class Breaker {
  readonly #options: BreakerOptions
  readonly #clock: Clock
  #failures = 0
  #nextTrial = ms(0)

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
  }

  get state(): 'closed' | 'open' { return this.#failures >= this.#options.failures ? 'open' : 'closed' }

  /** What `attempt` gives; throws BreakerOpen without trying while it is open. `excuse` marks errors that say nothing about the dependency. */
  async run<T>(attempt: () => Promise<T>, excuse: (error: unknown) => boolean = () => false): Promise<T> {
    if (!this.#admits()) throw new BreakerOpen('not tried: it failed just now')
    try {
      const value = await attempt()
      this.#failures = 0
      return value
    } catch (error) {
      if (excuse(error)) this.#failures = 0
      else this.#failed()
      throw error
    }
  }

  #admits(): boolean {
    if (this.state === 'closed') return true
    const now = this.#clock.now()
    if (now < this.#nextTrial) return false
    // The next trial is due as if this one had failed already: there is never more than one in that time.
    this.#nextTrial = ms(now + this.#options.openFor)
    return true
  }

  #failed(): void {
    const { failures, openFor, onOpen } = this.#options
    this.#failures++
    this.#nextTrial = ms(this.#clock.now() + openFor)
    if (this.#failures === failures) onOpen?.()
  }
}
