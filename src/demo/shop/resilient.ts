/**
 * The shop as it should be: a deadline on every call, and an answer for when it passes.
 *
 *   read:      reads.ts
 *   checkout:  sales.ts, then the payment service, or later (settle.ts): the order is written as unpaid first.
 *              What the database does not take in time is accepted and written later (outbox.ts); without an outbox it is a quick 503
 */

import { ms, type Ms } from '../../core/units.ts'
import { GuardedSocket } from '../guarded.ts'
import { Refused } from '../pages.ts'
import { askerOf } from './asker.ts'
import { openBrowsing } from './browsing.ts'
import { type Basket, frontProducts, type Order, orderOf, setPrice } from './catalogue.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { Outbox } from './outbox.ts'
import { openMovingPool } from './moving-pool.ts'
import { patientPayment } from './patient-payment.ts'
import { PriceChannel, PRICES_CHANNEL } from './price-channel.ts'
import { openReads } from './reads.ts'
import { openReplica } from './replica.ts'
import { openSales } from './sales.ts'
import { prepareSchema } from './schema.ts'
import { Settler } from './settle.ts'
import { CATEGORIES_KEYS, categoryKeys, type Dependencies, freshMax, historyKeys, LIST_KEY, productKey, type Sale, SEARCH_KEYS, type Store } from './store.ts'
import { within } from './within.ts'

const READ_DEADLINE: Ms = ms(300)
const STATEMENT_DEADLINE: Ms = ms(700)
/** Until a new connection is given up. Nobody waits for it so long: who asked has long been answered otherwise. */
const CONNECT_DEADLINE: Ms = ms(2000)
/** So long a customer waits for the payment service. */
const PAY_DEADLINE: Ms = ms(350)
const REMEMBERED = 500
/** How often the feed of orders is read again. */
const READ_AGAIN: Ms = ms(300)

export function resilientStore(dependencies: Dependencies): Store {
  const { redisUrl, redisCluster, databaseUrl, replicaUrl, paymentUrl, log } = dependencies
  const primary = openMovingPool({
    connectionString: databaseUrl, max: dependencies.pool ?? 20, connectionTimeoutMillis: CONNECT_DEADLINE, query_timeout: STATEMENT_DEADLINE, statement_timeout: STATEMENT_DEADLINE,
    idle_in_transaction_session_timeout: 2000, keepAlive: true, stream: () => new GuardedSocket(),
  }, log)
  const { pool } = primary
  const replica = replicaUrl === undefined ? undefined : openReplica({ ...dependencies, replicaUrl, primary, deadline: READ_DEADLINE })
  const prices = new PriceChannel()
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, redisCluster, pool, log, prices, readAgainEvery: READ_AGAIN })
  const payment = paymentUrl === undefined ? undefined : patientPayment(paymentUrl, log)
  const settler = payment && new Settler(pool, payment, log)
  const reads = openReads(dependencies)
  const writing = askerOf(pool, dependencies.prepared)
  const browsing = openBrowsing({ settings: dependencies, reads, askerFor: (...keys) => askerOf(replica?.sourceFor(...keys) ?? pool, dependencies.prepared, READ_DEADLINE), patient: writing })
  // Lists show prices too; whoever was first has told the cache.
  prices.listen(({ product }) => {
    replica?.wrote(productKey(product), LIST_KEY, CATEGORIES_KEYS, SEARCH_KEYS)
    reads.outdate([productKey(product), LIST_KEY], [CATEGORIES_KEYS, SEARCH_KEYS])
  })
  const sales = openSales(pool, payment !== undefined)
  const write = (basket: Basket, request: string): Promise<Order> => reads.database.run(() => sales.sell(basket, request), (error) => error instanceof Refused)
  const outbox = redisUrl === undefined || !dependencies.outbox ? undefined : new Outbox({ redisUrl, redisCluster, write, log, onSettled: (order, basket) => { tell(order, basket); dependencies.onSettled?.(order) } })

  function tell(order: Order, basket: Basket): void {
    const history = basket.customer === undefined ? [] : [historyKeys(basket.customer)]
    replica?.wrote(productKey(basket.product), ...history)
    reads.forget([productKey(basket.product)], history)
    reads.tellCache((cache) => cache.publish(ORDERS_CHANNEL, String(order.id)))
  }

  /** The customer has the goods either way: what could not be charged now is charged later. */
  async function collected(order: Order, request: string): Promise<Order> {
    if (!settler) return order
    const paid = await within(settler.pay(request, order.totalCents), PAY_DEADLINE, 'payment').then(() => true, (error: unknown) => { log(String(error)); return false })
    return { ...order, paid }
  }

  /** The first of them, before anybody asks: a shop that was just started has something to show too. */
  async function remember(): Promise<void> {
    const products = await frontProducts(writing)
    reads.remember(LIST_KEY, products)
    for (const product of products.slice(0, REMEMBERED)) reads.remember(productKey(product.id), product)
  }

  return {
    freshMax: freshMax(dependencies),
    prepare: () => (replica?.begin() ?? Promise.resolve()).then(() => prepareSchema({ ...dependencies, databaseUrl: primary.url })).then(remember).then(() => feed?.begin()).then(() => settler?.begin()).then(() => outbox?.begin()).then(() => browsing.begin()),
    product: browsing.product, products: browsing.products, category: browsing.category, search: browsing.search, history: browsing.history,
    async checkout(basket, request) {
      try {
        const order = await write(basket, request)
        tell(order, basket)
        return collected(order, request)
      } catch (error) {
        if (error instanceof Refused || !outbox) throw error
        log(`sale: ${String(error)}`)
        await outbox.accept(request, basket)
        return { accepted: request }
      }
    },
    async sale(request) {
      // Taken out of the outbox once it is written: asked in this order nothing is overlooked.
      const waiting = await outbox?.find(request).catch((error: unknown) => error as Error)
      if (waiting !== undefined && !(waiting instanceof Error)) return { state: waiting }
      const order = await within(orderOf(pool, request), READ_DEADLINE, 'the order')
      if (!order && waiting instanceof Error) throw waiting
      return order && { state: 'sold', order } satisfies Sale
    },
    async setPrice(product, priceCents) {
      const set = await reads.database.run(() => within(setPrice(writing, product, priceCents), STATEMENT_DEADLINE, 'the price'))
      if (!set) return null
      replica?.wrote(productKey(product), LIST_KEY, categoryKeys(set.category), SEARCH_KEYS)
      reads.forget([productKey(product), LIST_KEY], [categoryKeys(set.category), SEARCH_KEYS])
      const said = prices.changed({ product, priceCents })
      reads.tellCache((cache) => cache.publish(PRICES_CHANNEL, said))
      return set.product
    },
    onPrice: (listener) => prices.listen(listener),
    outbox: async () => outbox?.count(),
    missing: async () => feed?.missing(),
    usesCache: () => reads.cacheState === 'closed',
    usesReplica: () => replica?.state === 'follows',
    state: () => ({ cache: reads.cacheState, database: reads.database.state, ...(replica ? { replica: replica.state } : {}), ...(outbox ? { outbox: outbox.state } : {}), ...(payment ? { payment: payment.state() } : {}) }),
    stats: () => ({ cache: reads.stats(), pool: { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount } }),
    close: () => { browsing.close(); reads.close(); feed?.close(); settler?.close(); outbox?.close(); replica?.close(); void pool.end() },
  }
}
