/** Keys that were written within the last second. */

import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

const REMEMBERED: Ms = ms(1000)

export class Recent {
  /** Until when; the oldest first. */
  readonly #until = new Map<string, Ms>()
  readonly #clock: Clock

  constructor(clock: Clock = realClock) { this.#clock = clock }

  add(...keys: readonly string[]): void {
    const now = this.#clock.now()
    for (const [key, until] of this.#until) {
      if (until > now) break
      this.#until.delete(key)
    }
    for (const key of keys) {
      // Deleted first, so that the oldest stands at the front.
      this.#until.delete(key)
      this.#until.set(key, ms(now + REMEMBERED))
    }
  }

  has(key: string): boolean { return (this.#until.get(key) ?? ms(0)) > this.#clock.now() }
}
