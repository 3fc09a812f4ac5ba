/** Asking again and again, on a beat. */

import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

/** Asks at multiples of `every` from its start; a time that comes while the last is under way is left out, never made up for. */
export class Repeated {
  readonly #every: Ms
  readonly #read: () => Promise<void>
  readonly #began = realClock.now()
  #timer: Timer | undefined
  #underWay: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(every: Ms, read: () => Promise<void>) {
    this.#every = every
    this.#read = read
    this.#ask()
  }

  stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    return this.#underWay
  }

  #ask(): void {
    this.#underWay = this.#read().then(() => {
      if (this.#stopped) return
      const turns = Math.floor((realClock.now() - this.#began) / this.#every) + 1
      this.#timer = realClock.at(ms(this.#began + turns * this.#every), () => this.#ask())
    })
  }
}
