/** The latest orders of all shops, as each tells them on a channel, and their prices on another. A channel promises nothing: who must not miss any reads them again from the database. */

import type { Pool } from 'pg'
import { realClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { type CacheAddress, type CacheClient, openCacheClient } from './cache-client.ts'
import { KnownOrders } from './known.ts'
import { type PriceChannel, PRICES_CHANNEL } from './price-channel.ts'

export const ORDERS_CHANNEL = 'brownout_shop:orders'

interface FeedOptions extends CacheAddress {
  readonly pool: Pool
  /** Absent: only what the channel says is known. */
  readonly readAgainEvery?: Ms
  /** What the shops tell each other of prices. */
  readonly prices: PriceChannel
  log(line: string): void
}

export class Feed {
  readonly #known: KnownOrders
  readonly #pool: Pool
  readonly #subscriber: CacheClient
  readonly #readAgainEvery: Ms | undefined
  readonly #log: (line: string) => void
  #timer: Timer | undefined

  constructor({ pool, readAgainEvery, prices, log, ...address }: FeedOptions) {
    this.#pool = pool
    this.#known = new KnownOrders(pool)
    this.#readAgainEvery = readAgainEvery
    this.#log = log
    this.#subscriber = openCacheClient(address, { soon: readAgainEvery !== undefined })
    this.#subscriber.on('error', (error) => log(`feed: ${error.message}`))
    this.#subscriber.on('message', (channel, text) => { if (channel === PRICES_CHANNEL) prices.heard(text); else this.#known.add(text) })
    this.#subscriber.on('ready', () => { this.#subscriber.subscribe(ORDERS_CHANNEL, PRICES_CHANNEL).catch((error: unknown) => log(`feed: ${String(error)}`)) })
  }

  /** From now on; what was sold before is not missed. */
  async begin(): Promise<void> {
    await this.#known.begin()
    if (this.#readAgainEvery !== undefined) this.#readAgain(this.#readAgainEvery)
  }

  /** Orders of the last seconds that are not known here. */
  missing(): Promise<number> { return this.#known.missing() }

  close(): void {
    this.#timer?.cancel()
    this.#subscriber.disconnect()
  }

  #readAgain(every: Ms): void {
    this.#timer = realClock.at(ms(realClock.now() + every), () => {
      this.#pool.query<{ id: string }>('select id from brownout_shop.orders where at > now() - interval \'5 seconds\'')
        .then(({ rows }) => { for (const { id } of rows) this.#known.add(id) }, (error: unknown) => this.#log(`feed: ${String(error)}`))
        .finally(() => this.#readAgain(every))
    })
  }
}
