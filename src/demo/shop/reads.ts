/**
 * How the resilient shop reads: a deadline on every call, and an answer for when it passes.
 *
 *   cache ─miss, failure or too old─▶ copy just read (a second where the cache failed) ─▶ database (twice, one read a key) ─failure or late─▶ last good copy
 */

import { Redis } from 'ioredis'
import { monotonicNow, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { Copies } from './copies.ts'
import { RetryBudget } from './retries.ts'
import { sealed, unsealed } from './seal.ts'
import { CACHE_SECONDS, type Dependencies, FRESH_MAX, type Read } from './store.ts'
import { within } from './within.ts'

/** A cache that is slower than this is no cache. */
const CACHE_DEADLINE: Ms = ms(50)
/** Who has a copy waits no longer than this for a better one. */
const PATIENCE: Ms = ms(50)
export const RECONNECT_MAX: Ms = ms(250)
/** While the cache is gone a copy this young stands in for it, so that its traffic does not fall on the database. */
const FRESH: Ms = ms(1000)
const STALE_MAX: Ms = ms(600_000)
/** So long one read serves all who miss: a cache that has lost everything must not send all its traffic to the database. */
const JUST_READ: Ms = ms(250)

export interface Reads {
  /** Open while the database is left alone; what is written goes through it as well. */
  readonly database: Breaker
  /** `load` asks the database, within a deadline of its own. */
  read<T>(key: string, load: () => Promise<T>): Promise<Read<T>>
  /** A last good copy, for who asks before the cache or the database was ever read. */
  remember(key: string, value: unknown): void
  /** What is kept under `key` is known to be out of date. */
  outdate(key: string): void
  /** Nobody waits for the cache to be told. */
  tellCache(tell: (cache: Redis) => Promise<unknown>): void
  /** 'none' where there is no cache. */
  readonly cacheState: Breaker['state'] | 'none'
  close(): void
}

export function openReads({ redisUrl, log }: Pick<Dependencies, 'redisUrl' | 'log'>): Reads {
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, {
    commandTimeout: 10 * CACHE_DEADLINE, connectTimeout: 500, maxRetriesPerRequest: 0, enableOfflineQueue: false, autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(25 * attempt, RECONNECT_MAX),
  })
  redis?.on('error', (error) => log(`cache: ${error.message}`))
  const cache = new Breaker({
    failures: 5, openFor: ms(250),
    // Perhaps the other end is gone and nobody has told us: a new connection finds out.
    onOpen: () => { log('cache: given up for now'); if (redis?.status === 'ready') redis.disconnect(true) },
  })
  const database = new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('database: given up for now') })
  const copies = new Copies()
  const budget = new RetryBudget()
  const underWay = new Map<string, Promise<Read<unknown>>>()

  /** One read a key at a time, tried twice: it changes nothing, so a second try does no harm. */
  function fromDatabase(key: string, load: () => Promise<unknown>): Promise<Read<unknown>> {
    const running = underWay.get(key)
    if (running) return running
    const stamped = async (): Promise<Read<unknown>> => ({ readAt: monotonicNow(), value: await load() })
    budget.earn()
    const read = database.run(stamped)
      .catch((error: unknown) => { if (error instanceof BreakerOpen || !budget.spend()) throw error; return database.run(stamped) })
      .finally(() => underWay.delete(key))
    underWay.set(key, read)
    return read
  }

  function tellCache(tell: (cache: Redis) => Promise<unknown>): void {
    if (redis) cache.run(() => tell(redis)).catch((error: unknown) => { if (!(error instanceof BreakerOpen)) log(`cache: ${String(error)}`) })
  }

  /** Null: it has nothing. What is not whole, or of another key, is an answer to something else: all behind it on that connection would be too. */
  async function ask(redis: Redis, key: string): Promise<Read<unknown> | null> {
    const hit = await within(redis.get(key), CACHE_DEADLINE, 'the cache')
    if (hit === null) return null
    const found = unsealed(key, hit)
    if (found) return found
    redis.disconnect(true)
    throw new Error(`the cache answers what is not ${key}`)
  }

  async function read<T>(key: string, load: () => Promise<T>): Promise<Read<T>> {
    const hit = redis && await cache.run(() => ask(redis, key)).catch(() => undefined)
    const found = hit as Read<T> | null | undefined
    // Older than a cache may be: it answers as of some other time, and is not believed.
    if (found && monotonicNow() - found.readAt <= FRESH_MAX) {
      copies.keep(key, found)
      return found
    }
    const copy = copies.find(key, hit === undefined ? FRESH : JUST_READ)
    if (copy) return copy.value as Read<T>
    const last = copies.find(key, STALE_MAX)
    const asked = fromDatabase(key, load).then((fresh) => {
      copies.keep(key, fresh)
      tellCache((told) => told.set(key, sealed(key, fresh), 'EX', CACHE_SECONDS))
      return fresh
    })
    return (last ? await unlessLate(asked, last.value) : await asked) as Read<T>
  }

  return {
    database, read, tellCache,
    remember: (key, value) => copies.keep(key, { readAt: monotonicNow(), value } satisfies Read<unknown>),
    outdate: (key) => copies.outdate(key, FRESH),
    get cacheState() { return redis ? cache.state : 'none' },
    close: () => redis?.disconnect(),
  }
}

/** What `read` gives, or `otherwise` when it fails or takes longer than PATIENCE. */
function unlessLate(read: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = realClock.at(ms(realClock.now() + PATIENCE), () => resolve(otherwise))
    read.then(resolve, () => resolve(otherwise)).finally(() => timer.cancel())
  })
}
