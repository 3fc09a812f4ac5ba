/**
 * The shop as it should be: a deadline on every call, and an answer for when it passes.
 *
 *   read:      reads.ts
 *   checkout:  database, again where two transactions met, looked up where nobody said whether it was committed, or a quick 503
 *              then the payment service, or later (settle.ts): the order is written as unpaid first
 */

import { randomUUID } from 'node:crypto'
import { sleep } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import pg from 'pg'
import { randomStream } from '../../core/random.ts'
import { Refused } from '../pages.ts'
import { openPool } from '../pool.ts'
import { allProducts, type Basket, createSchema, InDoubt, type Order, orderOf, placeOrder, productById } from './catalogue.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { patientPayment } from './patient-payment.ts'
import { openReads, RECONNECT_MAX } from './reads.ts'
import { Settler } from './settle.ts'
import { type Dependencies, LIST_KEY, productKey, type Store } from './store.ts'

const READ_DEADLINE: Ms = ms(300)
/** A sale is worth a longer wait. */
const SALE_DEADLINE: Ms = ms(700)
/** For a connection of the pool: past it there is a queue, and a queue is answered with a 503. */
const ACQUIRE_DEADLINE: Ms = ms(250)
/** How often the feed of orders is read again. */
const READ_AGAIN: Ms = ms(300)
/** A sale that met another is tried again, a little later each time and not all at once. */
const SALE_TRIES = 5
const RETRY_AFTER: Ms = ms(15)
/** Serialization failure, deadlock: the transaction is gone, and nothing else is wrong. */
const MET_ANOTHER: ReadonlySet<string | undefined> = new Set(['40001', '40P01'])
/** The request's name is taken: an attempt in doubt had been committed. */
const TAKEN = '23505'

export function resilientStore(dependencies: Dependencies): Store {
  const { redisUrl, databaseUrl, paymentUrl, log } = dependencies
  const pool = openPool({
    connectionString: databaseUrl, max: dependencies.pool ?? 20, connectionTimeoutMillis: ACQUIRE_DEADLINE, query_timeout: SALE_DEADLINE, statement_timeout: SALE_DEADLINE,
    idle_in_transaction_session_timeout: 2000, keepAlive: true,
  }, log)
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, pool, log, readAgainEvery: READ_AGAIN, client: { retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX) } })
  const payment = paymentUrl === undefined ? undefined : patientPayment(paymentUrl, log)
  const settler = payment && new Settler(pool, payment, log)
  const reads = openReads(dependencies)
  const jitter = randomStream(process.pid, 'backoff')

  /** On a connection of the pool; one that failed in a transaction is closed, not asked to roll back: the server does that by itself. Where two sales met all is well with it. */
  async function attempt(basket: Basket, request: string): Promise<Order> {
    const client = await pool.connect()
    let broken: Error | boolean = true
    try {
      const placed = await placeOrder(client, basket, { request, unpaid: payment !== undefined })
      broken = false
      return placed
    } catch (error) {
      broken = !(error instanceof Refused)
      if (error instanceof pg.DatabaseError && MET_ANOTHER.has(error.code)) broken = await client.query('rollback').then(() => false, () => true)
      throw error
    } finally {
      client.release(broken)
    }
  }

  /** As often as it may help: `request` is written once, whatever is tried again. */
  async function sell(basket: Basket, request: string): Promise<Order> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(basket, request)
      } catch (error) {
        const code = error instanceof pg.DatabaseError ? error.code : undefined
        const inDoubt = error instanceof InDoubt || code === TAKEN
        const placed = inDoubt ? await orderOf(pool, request) : undefined
        if (placed) return placed
        if (tries >= SALE_TRIES || !(inDoubt || MET_ANOTHER.has(code))) throw error
        await sleep(ms(RETRY_AFTER * tries * (0.5 + jitter())))
      }
    }
  }

  /** The customer has the goods either way: what could not be charged now is charged later. */
  async function collected(order: Order, request: string): Promise<Order> {
    if (!settler) return order
    const paid = await settler.pay(request, order.totalCents).then(() => true, (error: unknown) => { log(String(error)); return false })
    return { ...order, paid }
  }

  return {
    prepare: () => createSchema(pool).then(() => feed?.begin()).then(() => settler?.begin()),
    product: (id) => reads.read(productKey(id), () => productById(pool, id, READ_DEADLINE)),
    products: () => reads.read(LIST_KEY, () => allProducts(pool, READ_DEADLINE)),
    async checkout(basket) {
      const request = randomUUID()
      const order = await reads.database.run(() => sell(basket, request), (error) => error instanceof Refused)
      reads.outdate(productKey(basket.product))
      reads.tellCache((cache) => Promise.all([cache.del(productKey(basket.product)), cache.publish(ORDERS_CHANNEL, String(order.id))]))
      return collected(order, request)
    },
    missing: async () => feed?.missing(),
    usesCache: () => reads.cacheState === 'closed',
    state: () => ({ cache: reads.cacheState, database: reads.database.state, ...(payment ? { payment: payment.state() } : {}) }),
    close: () => { reads.close(); feed?.close(); settler?.close(); void pool.end() },
  }
}
