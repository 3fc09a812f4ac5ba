/** Whether the pages show the prices that were set here a moment ago. */

import { type Clock, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'

/** What was set so long ago must be shown; what was set before that is not looked at any more. */
const SHOWN_AFTER: Ms = ms(250)
const LOOKED_AT: Ms = ms(5000)
const LOOKED_AT_MAX = 5
const KEPT_MAX = 1000

interface Price { readonly product: number; readonly priceCents: number; readonly at: Ms }

export class ShownPrices {
  /** The oldest first. */
  readonly #set: Price[] = []
  readonly #show: (product: number) => Promise<number | undefined>
  readonly #clock: Clock

  /** `show` reads a price as the pages do. */
  constructor(show: (product: number) => Promise<number | undefined>, clock: Clock = realClock) {
    this.#show = show
    this.#clock = clock
  }

  set(product: number, priceCents: number): void {
    this.#set.push({ product, priceCents, at: this.#clock.now() })
    if (this.#set.length > KEPT_MAX) this.#set.shift()
  }

  /** How many of the products priced last are shown with a price from before. Rejects where they cannot be shown. */
  async outdated(): Promise<number> {
    const now = this.#clock.now()
    const due = this.#set.filter(({ at }) => at <= ms(now - SHOWN_AFTER) && at > ms(now - LOOKED_AT))
    const latest = new Map(due.map((price) => [price.product, price]))
    const looks = [...latest.values()].slice(-LOOKED_AT_MAX).map(async ({ product, at }) => {
      const shown = await this.#show(product)
      // Or one that was set since.
      return this.#set.some((price) => price.product === product && price.at >= at && price.priceCents === shown) ? 0 : 1
    })
    return (await Promise.all(looks)).reduce<number>((sum, one) => sum + one, 0)
  }
}
