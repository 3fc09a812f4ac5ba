/** The shop as it is usually written: it works, and every default of its clients is left as it came. */

import { Redis } from 'ioredis'
import { monotonicNow } from '../../core/clock.ts'
import { openPool } from '../pool.ts'
import { allProducts, createSchema, orderOf, placeOrder, productById } from './catalogue.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { naivePayment } from './payment.ts'
import { CACHE_SECONDS, type Dependencies, LIST_KEY, productKey, type Read, type Store } from './store.ts'

/** No deadline anywhere: a command to a cache that says nothing waits for ever, and so does a request for a connection of the pool. The money is taken in mid-transaction, which keeps a connection and the product's row for as long. */
export function naiveStore({ redisUrl, databaseUrl, paymentUrl, pool: max, log }: Dependencies): Store {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl)
  const pool = openPool({ connectionString: databaseUrl, ...(max === undefined ? {} : { max }) }, log)
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, pool, log })
  const payment = paymentUrl === undefined ? undefined : naivePayment(paymentUrl)
  redis?.on('error', (error) => log(`cache: ${error.message}`))

  async function cached<T>(key: string, load: () => Promise<T>): Promise<Read<T>> {
    const hit = await redis?.get(key)
    if (typeof hit === 'string') return JSON.parse(hit) as Read<T>
    const read = { value: await load(), readAt: monotonicNow() }
    await redis?.set(key, JSON.stringify(read), 'EX', CACHE_SECONDS)
    return read
  }

  return {
    prepare: () => createSchema(pool).then(() => feed?.begin()),
    product: (id) => cached(productKey(id), () => productById(pool, id)),
    products: () => cached(LIST_KEY, () => allProducts(pool)),
    async checkout(basket, request) {
      const client = await pool.connect()
      try {
        const order = await placeOrder(client, basket, { request, pay: async (totalCents) => payment?.charge(request, totalCents) })
        await redis?.del(productKey(basket.product))
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
    usesCache: () => redis?.status === 'ready',
    state: () => ({ cache: redis?.status ?? 'none', ...(payment ? { payment: payment.state() } : {}) }),
    close: () => { redis?.disconnect(); feed?.close(); void pool.end() },
  }
}
