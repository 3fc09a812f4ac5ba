/** What can end a run before its time, and waits that end with it. */

import { realClock } from '../core/clock.ts'
import type { BrownoutError } from '../core/errors.ts'
import type { Ms } from '../core/units.ts'
import type { ClearReason } from '../record/events.ts'

export type StopReason =
  | { readonly why: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' }
  | { readonly why: 'journal' | 'error'; readonly error: BrownoutError }

/** Thrown by every wait once the run is to stop; never leaves the runner. */
export class Stopped extends Error {}

/** The first reason counts. */
export class Stop {
  #reason: StopReason | undefined
  #wake: () => void = () => undefined
  readonly #heal: (reason: ClearReason) => void
  readonly #tripped: Promise<void>

  /** `heal` is called in the very tick of the trip. */
  constructor(heal: (reason: ClearReason) => void) {
    this.#heal = heal
    this.#tripped = new Promise((resolve) => { this.#wake = resolve })
  }

  get reason(): StopReason | undefined { return this.#reason }

  trip(reason: StopReason): void {
    if (this.#reason) return
    this.#reason = reason
    this.#heal(reason.why)
    this.#wake()
  }

  /** Waits until `due`, or until `sooner` comes. Throws Stopped as soon as the run is to stop. */
  async until(due: Ms, sooner?: Promise<void>): Promise<void> {
    let cancel = (): void => undefined
    const elapsed = new Promise<void>((resolve) => {
      const timer = realClock.at(due, resolve)
      cancel = () => timer.cancel()
    })
    try {
      await this.race(sooner ? Promise.race([elapsed, sooner]) : elapsed)
    } finally {
      cancel()
    }
  }

  /** What `promise` comes to. Throws Stopped as soon as the run is to stop; `promise` then goes on alone and must not reject unheard. */
  async race<T>(promise: Promise<T>): Promise<T> {
    if (this.#reason) throw new Stopped()
    const result = await Promise.race([promise, this.#tripped.then((): never => { throw new Stopped() })])
    if (this.#reason) throw new Stopped()
    return result
  }
}
