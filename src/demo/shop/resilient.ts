/**
 * The shop as it should be: a deadline on every call, and an answer for when it passes.
 *
 *   read:      cache ─miss or failure─▶ copy younger than a second ─▶ database (twice, one read a key) ─failure or late─▶ last good copy
 *   checkout:  database or a quick 503; what the cache says about it changes nothing
 */

import { Redis } from 'ioredis'
import { realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { allProducts, createSchema, openPool, placeOrder, productById, Refused } from './catalogue.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { Copies } from './copies.ts'
import { CACHE_SECONDS, type Dependencies, LIST_KEY, productKey, type Store } from './store.ts'

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

export function resilientStore({ redisUrl, databaseUrl, log }: Dependencies): Store {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, {
    commandTimeout: CACHE_DEADLINE, connectTimeout: 500, maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX),
  })
  const pool = openPool({
    connectionString: databaseUrl, max: 20, connectionTimeoutMillis: ACQUIRE_DEADLINE, query_timeout: SALE_DEADLINE, statement_timeout: SALE_DEADLINE,
    idle_in_transaction_session_timeout: 2000, keepAlive: true,
  }, log)
  redis?.on('error', (error) => log(`cache: ${error.message}`))
  const cache = new Breaker({
    failures: 5, openFor: ms(250),
    // Perhaps the other end is gone and nobody has told us: a new connection finds out.
    onOpen: () => { log('cache: given up for now'); if (redis?.status === 'ready') redis.disconnect(true) },
  })
  const database = new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('database: given up for now') })
  const copies = new Copies()
  const underWay = new Map<string, Promise<unknown>>()

  /** One read a key at a time, tried twice: it changes nothing, so a second try does no harm. */
  function fromDatabase(key: string, load: () => Promise<unknown>): Promise<unknown> {
    const running = underWay.get(key)
    if (running) return running
    const read = database.run(load)
      .catch((error: unknown) => { if (error instanceof BreakerOpen) throw error; return database.run(load) })
      .finally(() => underWay.delete(key))
    underWay.set(key, read)
    return read
  }

  async function cached<T>(key: string, load: () => Promise<T>): Promise<T> {
    const hit = redis && await cache.run(() => redis.get(key)).catch(() => undefined)
    if (typeof hit === 'string') {
      const value = JSON.parse(hit) as T
      copies.keep(key, value)
      return value
    }
    const copy = hit === undefined ? copies.find(key, FRESH) : undefined
    if (copy) return copy.value as T
    const last = copies.find(key, STALE_MAX)
    const read = fromDatabase(key, load).then((value) => {
      copies.keep(key, value)
      tellCache((cache) => cache.set(key, JSON.stringify(value), 'EX', CACHE_SECONDS))
      return value
    })
    return (last ? await unlessLate(read, last.value) : await read) as T
  }

  /** Nobody waits for the cache to be told. */
  function tellCache(tell: (cache: Redis) => Promise<unknown>): void {
    if (redis) cache.run(() => tell(redis)).catch((error: unknown) => { if (!(error instanceof BreakerOpen)) log(`cache: ${String(error)}`) })
  }

  return {
    prepare: () => createSchema(pool),
    product: (id) => cached(productKey(id), () => productById(pool, id, READ_DEADLINE)),
    products: () => cached(LIST_KEY, () => allProducts(pool, READ_DEADLINE)),
    async checkout(basket) {
      const order = await database.run(async () => {
        const client = await pool.connect()
        let broken: Error | boolean = true
        try {
          const placed = await placeOrder(client, basket)
          broken = false
          return placed
        } catch (error) {
          broken = !(error instanceof Refused)
          throw error
        } finally {
          // A connection that failed in a transaction is closed, not asked to roll back: the server does that by itself.
          client.release(broken)
        }
      }, (error) => error instanceof Refused)
      copies.outdate(productKey(basket.product), FRESH)
      tellCache((cache) => cache.del(productKey(basket.product)))
      return order
    },
    usesCache: () => redis !== undefined && cache.state === 'closed',
    state: () => ({ cache: redis ? cache.state : 'none', database: database.state }),
    close: () => { redis?.disconnect(); void pool.end() },
  }
}

/** What `read` gives, or `otherwise` when it fails or takes longer than PATIENCE. */
function unlessLate(read: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = realClock.at(ms(realClock.now() + PATIENCE), () => resolve(otherwise))
    read.then(resolve, () => resolve(otherwise)).finally(() => timer.cancel())
  })
}
