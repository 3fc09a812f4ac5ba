/** Prices that were changed, told to whoever listens here, and to the other shops on a channel of the cache. */

import { randomUUID } from 'node:crypto'
import { fieldsOf, isCount, parsedJson } from '../pages.ts'
import { type PriceUpdate, PriceUpdates } from './price-updates.ts'

export const PRICES_CHANNEL = 'brownout_shop:prices'

export class PriceChannel {
  /** By which it knows its own words. */
  readonly #name = randomUUID()
  readonly #updates = new PriceUpdates()

  /** From the next change on; gives what ends it. */
  listen(listener: (update: PriceUpdate) => void): () => void { return this.#updates.listen(listener) }

  /** It was changed here: those here know at once. Gives what the channel is to be told. */
  changed(update: PriceUpdate): string {
    this.#updates.publish(update)
    return JSON.stringify({ ...update, from: this.#name })
  }

  heard(message: string): void {
    const { product, priceCents, from } = fieldsOf(parsedJson(message), 'product', 'priceCents', 'from')
    if (from !== this.#name && isCount(product) && isCount(priceCents)) this.#updates.publish({ product, priceCents })
  }
}
