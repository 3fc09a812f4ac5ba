/** The shop as it is usually written: it works, and every default of its clients is left as it came. */

import { monotonicNow } from '../../core/clock.ts'
import { openPool } from '../pool.ts'
import { askerOf } from './asker.ts'
import { openCacheClient } from './cache-client.ts'
import { frontProducts, orderOf, placeOrder, productById, setPrice } from './catalogue.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { ordersOf, ordersOneByOne, type Part, productsNamed, productsOf } from './lists.ts'
import { naivePayment } from './payment.ts'
import { PriceChannel, PRICES_CHANNEL } from './price-channel.ts'
import { prepareSchema } from './schema.ts'
import { categoryKeys, type Dependencies, freshMax, historyKeys, LIST_KEY, productKey, type Read, SEARCH_KEYS, type Store } from './store.ts'

/** No deadline anywhere: a command to a cache that says nothing waits for ever, and so does a request for a connection of the pool. The money is taken in mid-transaction, which keeps a connection and the product's row for as long. */
export function naiveStore(dependencies: Dependencies): Store {
  const { redisUrl, redisCluster, databaseUrl, replicaUrl, paymentUrl, pool: max, prepared, queryCache, cacheSeconds, invalidate, page: size, batch, log } = dependencies
  const redis = redisUrl === undefined ? undefined : openCacheClient({ redisUrl, redisCluster })
  const pool = openPool({ connectionString: databaseUrl, ...(max === undefined ? {} : { max }) }, log)
  // Whatever it is behind by.
  const source = replicaUrl === undefined ? pool : openPool({ connectionString: replicaUrl, ...(max === undefined ? {} : { max }) }, log)
  const asker = askerOf(source, prepared)
  const prices = new PriceChannel()
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, redisCluster, pool, log, prices })
  const payment = paymentUrl === undefined ? undefined : naivePayment(paymentUrl)
  let hits = 0
  let misses = 0
  redis?.on('error', (error) => log(`cache: ${error.message}`))

  async function cached<T>(key: string, load: () => Promise<T>): Promise<Read<T>> {
    const hit = queryCache ? await redis?.get(key) : undefined
    if (typeof hit === 'string') {
      hits++
      return JSON.parse(hit) as Read<T>
    }
    misses++
    const read = { value: await load(), readAt: monotonicNow() }
    if (queryCache) await redis?.set(key, JSON.stringify(read), 'EX', cacheSeconds)
    return read
  }

  const forget = async (...keys: readonly string[]): Promise<void> => { if (invalidate) await Promise.all(keys.map((key) => redis?.del(key))) }
  const part = (page: number): Part => ({ page, size })

  return {
    freshMax: freshMax(dependencies),
    prepare: () => prepareSchema(dependencies).then(() => feed?.begin()),
    product: (id) => cached(productKey(id), () => productById(asker, id)),
    products: () => cached(LIST_KEY, () => frontProducts(asker)),
    category: (category, page) => cached(`${categoryKeys(category)}${size}:${page}`, () => productsOf(asker, category, part(page))),
    search: (beginning, page) => cached(`${SEARCH_KEYS}${size}:${page}:${beginning.toLowerCase()}`, () => productsNamed(asker, beginning, part(page))),
    history: (customer, page) => cached(`${historyKeys(customer)}${size}:${page}`, () => (batch ? ordersOf : ordersOneByOne)(asker, customer, part(page))),
    async setPrice(product, priceCents) {
      const set = await setPrice(askerOf(pool, prepared), product, priceCents)
      if (!set) return null
      // Lists find out when their time is over.
      await forget(productKey(product), LIST_KEY)
      const said = prices.changed({ product, priceCents })
      await redis?.publish(PRICES_CHANNEL, said)
      return set.product
    },
    onPrice: (listener) => prices.listen(listener),
    async checkout(basket, request) {
      const client = await pool.connect()
      try {
        const order = await placeOrder(client, basket, { request, pay: async (totalCents) => payment?.charge(request, totalCents) })
        await forget(productKey(basket.product))
        await redis?.publish(ORDERS_CHANNEL, String(order.id))
        return order
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    sale: async (request) => {
      const order = await orderOf(pool, request)
      return order && { state: 'sold', order }
    },
    outbox: async () => undefined,
    missing: async () => feed?.missing(),
    usesReplica: () => source !== pool,
    usesCache: () => redis?.status === 'ready',
    state: () => ({ cache: redis?.status ?? 'none', ...(payment ? { payment: payment.state() } : {}) }),
    stats: () => ({ cache: { hits, misses, coalesced: 0, refreshed: 0 }, pool: { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount } }),
    close: () => { redis?.disconnect(); feed?.close(); for (const one of new Set([pool, source])) void one.end() },
  }
}
