/**
 * The shop as it should be: a deadline on every call, and an answer for when it passes.
 *
 *   read:      reads.ts
 *   checkout:  sales.ts, then the payment service, or later (settle.ts): the order is written as unpaid first.
 *              What the database does not take in time is accepted and written later (outbox.ts); without an outbox it is a quick 503
 */

import { ms, type Ms } from '../../core/units.ts'
import { isCount, Refused } from '../pages.ts'
import { openPool } from '../pool.ts'
import { allProducts, type Basket, createSchema, type Order, orderOf, type Product, productById } from './catalogue.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { GuardedSocket } from './guarded.ts'
import { Outbox } from './outbox.ts'
import { patientPayment } from './patient-payment.ts'
import { openReads, RECONNECT_MAX } from './reads.ts'
import { openSales } from './sales.ts'
import { Settler } from './settle.ts'
import { type Dependencies, LIST_KEY, productKey, type Sale, type Store } from './store.ts'
import { within } from './within.ts'

const READ_DEADLINE: Ms = ms(300)
const STATEMENT_DEADLINE: Ms = ms(700)
/** For a connection of the pool: past it there is a queue, and a queue is answered with something else. */
const ACQUIRE_DEADLINE: Ms = ms(250)
/** So long a customer waits for the payment service. */
const PAY_DEADLINE: Ms = ms(350)
const REMEMBERED = 500
/** How often the feed of orders is read again. */
const READ_AGAIN: Ms = ms(300)

/** What cannot be so was damaged on the way. */
function credible(product: Product | null, id: number): Product | null {
  const good = product === null || (product.id === id && isCount(product.priceCents) && Number.isInteger(product.stock) && product.stock >= 0)
  if (!good) throw new Error(`the database answers what is not product ${id}`)
  return product
}

export function resilientStore(dependencies: Dependencies): Store {
  const { redisUrl, databaseUrl, paymentUrl, log } = dependencies
  const pool = openPool({
    connectionString: databaseUrl, max: dependencies.pool ?? 20, connectionTimeoutMillis: ACQUIRE_DEADLINE, query_timeout: STATEMENT_DEADLINE, statement_timeout: STATEMENT_DEADLINE,
    idle_in_transaction_session_timeout: 2000, keepAlive: true, stream: () => new GuardedSocket(),
  }, log)
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, pool, log, readAgainEvery: READ_AGAIN, client: { retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX) } })
  const payment = paymentUrl === undefined ? undefined : patientPayment(paymentUrl, log)
  const settler = payment && new Settler(pool, payment, log)
  const reads = openReads(dependencies)
  const sales = openSales(pool, payment !== undefined)
  const write = (basket: Basket, request: string): Promise<Order> => reads.database.run(() => sales.sell(basket, request), (error) => error instanceof Refused)
  const outbox = redisUrl === undefined || !dependencies.outbox ? undefined : new Outbox({ redisUrl, write, log, onSettled: (order, basket) => { tell(order, basket); dependencies.onSettled?.(order) } })

  function tell(order: Order, basket: Basket): void {
    reads.outdate(productKey(basket.product))
    reads.tellCache((cache) => Promise.all([cache.del(productKey(basket.product)), cache.publish(ORDERS_CHANNEL, String(order.id))]))
  }

  /** The customer has the goods either way: what could not be charged now is charged later. */
  async function collected(order: Order, request: string): Promise<Order> {
    if (!settler) return order
    const paid = await within(settler.pay(request, order.totalCents), PAY_DEADLINE, 'payment').then(() => true, (error: unknown) => { log(String(error)); return false })
    return { ...order, paid }
  }

  /** The first of them, before anybody asks: a shop that was just started has something to show too. */
  async function remember(): Promise<void> {
    const products = await allProducts(pool)
    reads.remember(LIST_KEY, products)
    for (const product of products.slice(0, REMEMBERED)) reads.remember(productKey(product.id), product)
  }

  return {
    prepare: () => createSchema(pool).then(remember).then(() => feed?.begin()).then(() => settler?.begin()).then(() => outbox?.begin()),
    product: (id) => reads.read(productKey(id), async () => credible(await productById(pool, id, READ_DEADLINE), id)),
    products: () => reads.read(LIST_KEY, () => allProducts(pool, READ_DEADLINE)),
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
    outbox: async () => outbox?.count(),
    missing: async () => feed?.missing(),
    usesCache: () => reads.cacheState === 'closed',
    state: () => ({ cache: reads.cacheState, database: reads.database.state, ...(outbox ? { outbox: outbox.state } : {}), ...(payment ? { payment: payment.state() } : {}) }),
    close: () => { reads.close(); feed?.close(); settler?.close(); outbox?.close(); void pool.end() },
  }
}
