/**
 * How the resilient shop reads: a deadline on every call, and an answer for when it passes.
 *
 *   cache ─miss, failure or too old─▶ copy just read (a second where the cache failed) ─▶ database (twice, one read a key) ─failure or late─▶ last good copy
 *     └─soon too old─▶ shown, and read again meanwhile
 */

import { monotonicNow, realClock } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { Breaker, BreakerOpen } from './breaker.ts'
import { type CacheClient, openCacheClient } from './cache-client.ts'
import { Copies } from './copies.ts'
import { RetryBudget } from './retries.ts'
import { sealed, unsealed } from './seal.ts'
import { type Dependencies, freshMax, type Read, type ReadStats } from './store.ts'
import { within } from './within.ts'

/** A cache that is slower than this is no cache. */
const CACHE_DEADLINE: Ms = ms(50)
const CONNECT_DEADLINE: Ms = ms(500)
/** Twice that, and the cache before it, are less than a customer waits. */
const LOAD_DEADLINE: Ms = ms(400)
/** Who has a copy waits no longer than this for a better one. */
const PATIENCE: Ms = ms(50)
/** While the cache is gone a copy this young stands in for it, so that its traffic does not fall on the database. */
const FRESH: Ms = ms(1000)
const STALE_MAX: Ms = ms(600_000)
/** So long one read serves all who miss: a cache that has lost everything must not send all its traffic to the database. */
const JUST_READ: Ms = ms(250)
/** No copy is so young. */
const NO_AGE: Ms = ms(-1)

export interface Reads {
  /** Open while the database is left alone; what is written goes through it as well. */
  readonly database: Breaker
  /** `load` asks the database, within a deadline of its own. Keys of a `group` begin with it, and can be forgotten together. */
  read<T>(key: string, load: () => Promise<T>, group?: string): Promise<Read<T>>
  /** Into the cache before anybody asks. Rejects where the cache does not take it. */
  put(entries: ReadonlyMap<string, unknown>): Promise<void>
  /** A last good copy, for who asks before the cache or the database was ever read. */
  remember(key: string, value: unknown): void
  /** What was read of these is out of date, and so is what is being read: here and in the cache. */
  forget(keys: readonly string[], groups?: readonly string[]): void
  /** The same, as another shop has told the cache already: here only. */
  outdate(keys: readonly string[], groups?: readonly string[]): void
  /** Nobody waits for the cache to be told. */
  tellCache(tell: (cache: CacheClient) => Promise<unknown>): void
  /** 'none' where there is no cache. */
  readonly cacheState: Breaker['state'] | 'none'
  stats(): ReadStats
  close(): void
}

/** Where the cache has the keys of a group. */
const keysOf = (group: string): string => `${group}keys`
/** In one step, so that who asks next is behind it. */
const FORGET_GROUP = "for _, key in ipairs(redis.call('smembers', KEYS[1])) do redis.call('del', key) end"

export function openReads({ redisUrl, redisCluster, replicaUrl, queryCache, cacheSeconds, coalesce, invalidate, log }: Pick<Dependencies, 'redisUrl' | 'redisCluster' | 'replicaUrl' | 'queryCache' | 'cacheSeconds' | 'coalesce' | 'invalidate' | 'log'>): Reads {
  const redis = redisUrl === undefined ? undefined : openCacheClient({ redisUrl, redisCluster }, { deadlines: { commandTimeout: ms(10 * CACHE_DEADLINE), connectTimeout: CONNECT_DEADLINE }, soon: true })
  redis?.on('error', (error) => log(`cache: ${error.message}`))
  const cache = new Breaker({
    failures: 5, openFor: ms(250),
    // Perhaps the other end is gone and nobody has told us: a new connection finds out.
    onOpen: () => { log('cache: given up for now'); if (redis?.status === 'ready') redis.disconnect(true) },
  })
  const database = new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('database: given up for now') })
  // With a replica there is something to read while nothing can be written.
  const reading = replicaUrl === undefined ? database : new Breaker({ failures: 5, openFor: ms(250), onOpen: () => log('database: not read for now') })
  const copies = new Copies()
  const budget = new RetryBudget()
  const underWay = new Map<string, Promise<Read<unknown>>>()
  const asked = queryCache ? redis : undefined
  // Without a cache by choice, and without protection, each reader asks for itself.
  const [standIn, justRead] = [queryCache ? FRESH : NO_AGE, coalesce ? JUST_READ : NO_AGE]
  // What was read longer ago than `soon` is read again before the cache forgets it: nobody waits for that.
  const [soon, oldest] = [ms(800 * cacheSeconds), freshMax({ cacheSeconds })]
  const counts = { hits: 0, misses: 0, coalesced: 0, refreshed: 0 }

  /** One read a key at a time, tried twice: it changes nothing, so a second try does no harm. */
  function fromDatabase(key: string, load: () => Promise<unknown>, group: string | undefined): Promise<Read<unknown>> {
    const running = coalesce ? underWay.get(key) : undefined
    if (running) {
      counts.coalesced++
      return running
    }
    const stamped = async (): Promise<Read<unknown>> => ({ readAt: monotonicNow(), value: await within(load(), LOAD_DEADLINE, key) })
    // Not once it was forgotten, or overtaken by a later read.
    const stands = (): boolean => underWay.get(key) === read
    budget.earn()
    const read: Promise<Read<unknown>> = reading.run(stamped)
      .catch((error: unknown) => { if (error instanceof BreakerOpen || !budget.spend()) throw error; return reading.run(stamped) })
      .then((fresh) => { if (stands()) keep(key, fresh, group); return fresh })
      .finally(() => { if (stands()) underWay.delete(key) })
    underWay.set(key, read)
    return read
  }

  function keep(key: string, fresh: Read<unknown>, group: string | undefined): void {
    copies.keep(key, fresh)
    if (!queryCache) return
    tellCache((told) => {
      const set = told.set(key, sealed(key, fresh), 'EX', cacheSeconds)
      return group === undefined ? set : Promise.all([set, told.sadd(keysOf(group), key), told.expire(keysOf(group), 2 * cacheSeconds)])
    })
  }

  function tellCache(tell: (cache: CacheClient) => Promise<unknown>): void {
    if (redis) cache.run(() => tell(redis)).catch((error: unknown) => { if (!(error instanceof BreakerOpen)) log(`cache: ${String(error)}`) })
  }

  /** Null: it has nothing. What is not whole, or of another key, is an answer to something else: all behind it on that connection would be too. */
  async function ask(redis: CacheClient, key: string): Promise<Read<unknown> | null> {
    const hit = await within(redis.get(key), CACHE_DEADLINE, 'the cache')
    if (hit === null) return null
    const found = unsealed(key, hit)
    if (found) return found
    redis.disconnect(true)
    throw new Error(`the cache answers what is not ${key}`)
  }

  async function read<T>(key: string, load: () => Promise<T>, group?: string): Promise<Read<T>> {
    const hit = asked && await cache.run(() => ask(asked, key)).catch(() => undefined)
    const found = hit as Read<T> | null | undefined
    const age = found ? monotonicNow() - found.readAt : 0
    // Older than a cache may be: it answers as of some other time, and is not believed.
    if (found && age <= oldest) {
      counts.hits++
      copies.keep(key, found)
      if (coalesce && age > soon && !underWay.has(key)) {
        counts.refreshed++
        // Where it fails the next one who misses finds out.
        fromDatabase(key, load, group).catch(() => undefined)
      }
      return found
    }
    counts.misses++
    const copy = copies.find(key, hit === undefined ? standIn : justRead)
    if (copy) return copy.value as Read<T>
    const last = copies.find(key, STALE_MAX)
    const fresh = fromDatabase(key, load, group)
    return (last ? await unlessLate(fresh, last.value) : await fresh) as Read<T>
  }

  function outdate(keys: readonly string[], groups: readonly string[] = []): void {
    if (!invalidate) return
    for (const key of [...keys, ...groups.flatMap((group) => [...copies.keys(), ...underWay.keys()].filter((one) => one.startsWith(group)))]) {
      copies.outdate(key, FRESH)
      underWay.delete(key)
    }
  }

  return {
    database, read, tellCache, outdate,
    remember: (key, value) => copies.keep(key, { readAt: monotonicNow(), value } satisfies Read<unknown>),
    async put(entries) {
      const readAt = monotonicNow()
      await (asked && cache.run(() => Promise.all([...entries].map(([key, value]) => asked.set(key, sealed(key, { value, readAt }), 'EX', cacheSeconds)))))
    },
    forget(keys, groups = []) {
      outdate(keys, groups)
      if (invalidate && queryCache) tellCache((told) => (redisCluster ? forgetEach(told, keys, groups) : Promise.all([told.del(...keys), ...groups.map((group) => told.eval(FORGET_GROUP, 1, keysOf(group)))])))
    },
    get cacheState() { return redis ? cache.state : 'none' },
    stats: () => ({ ...counts }),
    close: () => redis?.disconnect(),
  }
}

/** One by one: the keys of a cluster lie on several servers. */
async function forgetEach(cache: CacheClient, keys: readonly string[], groups: readonly string[]): Promise<void> {
  const grouped = await Promise.all(groups.map((group) => cache.smembers(keysOf(group))))
  await Promise.all([...keys, ...grouped.flat()].map((key) => cache.del(key)))
}

/** What `read` gives, or `otherwise` when it fails or takes longer than PATIENCE. */
function unlessLate(read: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const timer = realClock.at(ms(realClock.now() + PATIENCE), () => resolve(otherwise))
    read.then(resolve, () => resolve(otherwise)).finally(() => timer.cancel())
  })
}
