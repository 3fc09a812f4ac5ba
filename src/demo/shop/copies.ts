/** The last good answers, kept at home for the time when neither cache nor database can be asked. Bounded in number and in age. */

import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

const COPIES_MAX = 1000

export class Copies {
  readonly #kept = new Map<string, { readonly value: unknown; readonly at: Ms }>()
  readonly #clock: Clock

  constructor(clock: Clock = realClock) { this.#clock = clock }

  keep(key: string, value: unknown): void {
    // Deleted first, so that the oldest stands at the front.
    this.#kept.delete(key)
    this.#kept.set(key, { value, at: this.#clock.now() })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > COPIES_MAX && oldest !== undefined) this.#kept.delete(oldest)
  }

  keys(): Iterable<string> { return this.#kept.keys() }

  /** The copy of `key` if it is no older than `age`. */
  find(key: string, age: Ms): { readonly value: unknown } | undefined {
    const copy = this.#kept.get(key)
    return copy && this.#clock.now() <= ms(copy.at + age) ? copy : undefined
  }

  /** It is known to be out of date: as if it were older by `age`, good only where nothing better can be had. */
  outdate(key: string, age: Ms): void {
    const copy = this.#kept.get(key)
    if (copy) this.#kept.set(key, { ...copy, at: ms(copy.at - age) })
  }
}
