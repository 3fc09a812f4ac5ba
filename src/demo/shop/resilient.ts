/**
 * The shop as it should be: a deadline on every call, and an answer for when it passes.
 *
 *   read:      cache ─miss, failure or too old─▶ copy just read (a second where the cache failed) ─▶ database (twice, one read a key) ─failure or late─▶ last good copy
 *   checkout:  database, again where two transactions met, looked up where nobody said whether it was committed, or a quick 503
 *              then the payment service, or later (settle.ts): the order is written as unpaid first
 */

import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { monotonicNow, realClock, sleep } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import pg from 'pg'
import { randomStream } from '../../core/random.ts'
import { Refused } from '../pages.ts'
import { openPool } from '../pool.ts'
import { allProducts, type Basket, createSchema, InDoubt, type Order, orderOf, placeOrder, productById } from './catalogue.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { Copies } from './copies.ts'
import { Feed, ORDERS_CHANNEL } from './feed.ts'
import { patientPayment } from './patient-payment.ts'
import { Settler } from './settle.ts'
import { CACHE_SECONDS, type Dependencies, FRESH_MAX, LIST_KEY, productKey, type Read, type Store } from './store.ts'

/** A cache that is slower than this is no cache. */
const CACHE_DEADLINE: Ms = ms(50)
const READ_DEADLINE: Ms = ms(300)
/** A sale is worth a longer wait. */
const SALE_DEADLINE: Ms = ms(700)
/** For a connection of the pool: past it there is a queue, and a queue is answered with a 503. */
const ACQUIRE_DEADLINE: Ms = ms(250)
/** Who has a copy waits no longer than this for a better one. */
const PATIENCE: Ms = ms(50)
const RECONNECT_MAX: Ms = ms(250)
/** While the cache is gone a copy this young stands in for it, so that its traffic does not fall on the database. */
const FRESH: Ms = ms(1000)
const STALE_MAX: Ms = ms(600_000)
/** How often the feed of orders is read again. */
const READ_AGAIN: Ms = ms(300)
/** So long one read serves all who miss: a cache that has lost everything must not send all its traffic to the database. */
const JUST_READ: Ms = ms(250)
/** A sale that met another is tried again, a little later each time and not all at once. */
const SALE_TRIES = 5
const RETRY_AFTER: Ms = ms(15)
/** Serialization failure, deadlock: the transaction is gone, and nothing else is wrong. */
const MET_ANOTHER: ReadonlySet<string | undefined> = new Set(['40001', '40P01'])
/** The request's name is taken: an attempt in doubt had been committed. */
const TAKEN = '23505'

export function resilientStore({ redisUrl, databaseUrl, paymentUrl, log }: Dependencies): Store {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, {
    commandTimeout: CACHE_DEADLINE, connectTimeout: 500, maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX),
  })
  const pool = openPool({
    connectionString: databaseUrl, max: 20, connectionTimeoutMillis: ACQUIRE_DEADLINE, query_timeout: SALE_DEADLINE, statement_timeout: SALE_DEADLINE,
    idle_in_transaction_session_timeout: 2000, keepAlive: true,
  }, log)
  const feed = redisUrl === undefined ? undefined : new Feed({ redisUrl, pool, log, readAgainEvery: READ_AGAIN, client: { retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX) } })
  const payment = paymentUrl === undefined ? undefined : patientPayment(paymentUrl, log)
  const settler = payment && new Settler(pool, payment, log)
  redis?.on('error', (error) => log(`cache: ${error.message}`))
  const cache = new Breaker({
    failures: 5, openFor: ms(250),
    // Perhaps the other end is gone and nobody has told us: a new connection finds out.
    onOpen: () => { log('cache: given up for now'); if (redis?.status === 'ready') redis.disconnect(true) },
  })
  const database = new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('database: given up for now') })
  const copies = new Copies()
  const underWay = new Map<string, Promise<Read<unknown>>>()
  const jitter = randomStream(process.pid, 'backoff')

  /** One read a key at a time, tried twice: it changes nothing, so a second try does no harm. */
  function fromDatabase(key: string, load: () => Promise<unknown>): Promise<Read<unknown>> {
    const running = underWay.get(key)
    if (running) return running
    const stamped = async (): Promise<Read<unknown>> => ({ readAt: monotonicNow(), value: await load() })
    const read = database.run(stamped)
      .catch((error: unknown) => { if (error instanceof BreakerOpen) throw error; return database.run(stamped) })
      .finally(() => underWay.delete(key))
    underWay.set(key, read)
    return read
  }

  async function cached<T>(key: string, load: () => Promise<T>): Promise<Read<T>> {
    const hit = redis && await cache.run(() => redis.get(key)).catch(() => undefined)
    const found = typeof hit === 'string' ? JSON.parse(hit) as Read<T> : undefined
    // Older than a cache may be: it answers as of some other time, and is not believed.
    if (found && monotonicNow() - found.readAt <= FRESH_MAX) {
      copies.keep(key, found)
      return found
    }
    const copy = copies.find(key, hit === undefined ? FRESH : JUST_READ)
    if (copy) return copy.value as Read<T>
    const last = copies.find(key, STALE_MAX)
    const read = fromDatabase(key, load).then((fresh) => {
      copies.keep(key, fresh)
      tellCache((cache) => cache.set(key, JSON.stringify(fresh), 'EX', CACHE_SECONDS))
      return fresh
    })
    return (last ? await unlessLate(read, last.value) : await read) as Read<T>
  }

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

  /** Nobody waits for the cache to be told. */
  function tellCache(tell: (cache: Redis) => Promise<unknown>): void {
    if (redis) cache.run(() => tell(redis)).catch((error: unknown) => { if (!(error instanceof BreakerOpen)) log(`cache: ${String(error)}`) })
  }

  return {
    prepare: () => createSchema(pool).then(() => feed?.begin()).then(() => settler?.begin()),
    product: (id) => cached(productKey(id), () => productById(pool, id, READ_DEADLINE)),
    products: () => cached(LIST_KEY, () => allProducts(pool, READ_DEADLINE)),
    async checkout(basket) {
      const request = randomUUID()
      const order = await database.run(() => sell(basket, request), (error) => error instanceof Refused)
      copies.outdate(productKey(basket.product), FRESH)
      tellCache((cache) => Promise.all([cache.del(productKey(basket.product)), cache.publish(ORDERS_CHANNEL, String(order.id))]))
      return collected(order, request)
    },
    missing: async () => feed?.missing(),
    usesCache: () => redis !== undefined && cache.state === 'closed',
    state: () => ({ cache: redis ? cache.state : 'none', database: database.state, ...(payment ? { payment: payment.state() } : {}) }),
    close: () => { redis?.disconnect(); feed?.close(); settler?.close(); void pool.end() },
  }
}

/** What `read` gives, or `otherwise` when it fails or takes longer than PATIENCE. */
function unlessLate(read: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = realClock.at(ms(realClock.now() + PATIENCE), () => resolve(otherwise))
    read.then(resolve, () => resolve(otherwise)).finally(() => timer.cancel())
  })
}
