/** Changes of prices, told to who listens in this process; and changes that nobody made, for loads. */

import { realClock, type Clock, type Timer } from '../../core/clock.ts'
import { randomStream } from '../../core/random.ts'
import { ms } from '../../core/units.ts'

export interface PriceUpdate { readonly product: number; readonly priceCents: number }

export class PriceUpdates {
  readonly #listeners = new Set<(update: PriceUpdate) => void>()

  publish({ product, priceCents }: PriceUpdate): void {
    for (const listener of this.#listeners) listener({ product, priceCents })
  }

  /** From the next one on; gives what ends it. */
  listen(listener: (update: PriceUpdate) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export interface Ticks {
  /** Changes a second, of products from 1 to that. */
  readonly rate: number
  readonly products: number
  readonly seed: number
  readonly clock?: Clock
}

/** Random prices of random products, in memory only; gives what ends it. A process that was held up makes up for a second of it at the most, and does other things in between. */
export function tickPrices(updates: PriceUpdates, { rate, products, seed, clock = realClock }: Ticks): () => void {
  const draw = randomStream(seed, 'prices')
  const distance = 1000 / rate
  const begun = clock.now()
  let timer: Timer | undefined
  let made = 0
  const next = (): void => {
    timer = clock.at(ms(begun + (made + 1) * distance), () => {
      const due = Math.floor((clock.now() - begun) / distance + 1e-6)
      for (made = Math.max(made, due - Math.ceil(rate)); made < due; made++) updates.publish({ product: 1 + Math.floor(draw() * products), priceCents: 100 + Math.floor(draw() * 900) })
      next()
    })
  }
  next()
  return () => timer?.cancel()
}
