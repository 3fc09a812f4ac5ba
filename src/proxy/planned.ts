/** What rules have planned for later, by rule: it goes with them. */

import type { Clock, Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { ArmedRule } from './armed.ts'

export class Planned {
  readonly #clock: Clock
  readonly #timers = new Map<ArmedRule, Timer[]>()

  constructor(clock: Clock) { this.#clock = clock }

  add(armed: ArmedRule, after: Ms, action: () => void): void {
    const timer = this.#clock.at(ms(this.#clock.now() + after), action)
    this.#timers.set(armed, [...(this.#timers.get(armed) ?? []), timer])
  }

  cancel(armed: ArmedRule): void {
    for (const timer of this.#timers.get(armed) ?? []) timer.cancel()
    this.#timers.delete(armed)
  }

  cancelAll(): void { for (const armed of [...this.#timers.keys()]) this.cancel(armed) }
}
