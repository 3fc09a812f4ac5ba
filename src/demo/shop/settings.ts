/** What the environment asks of the shop, read in one place. Empty is as if it were not set, but for REDIS_URL: there it is a shop without a cache. */

/** So many rows; those of a shop without seed data are among them. */
export interface Seed { readonly products: number; readonly customers: number; readonly orders: number }

export interface Settings {
  readonly port: number
  /** Undefined: the shop has no cache. */
  readonly redisUrl: string | undefined
  /** `redisUrl` is one of several servers that share the keys. */
  readonly redisCluster: boolean
  readonly databaseUrl: string
  /** Undefined: everything is read where it is written. */
  readonly replicaUrl: string | undefined
  /** A replica that is further behind is not read from, in ms. Of RESILIENT=1 only. */
  readonly replicaLagMaxMs: number
  /** Undefined: what is sold is not charged. */
  readonly paymentUrl: string | undefined
  readonly resilient: boolean
  readonly seed: Seed | undefined
  /** Connections; undefined: as many as the way it is written has. */
  readonly pool: number | undefined
  /** Statements are parsed and planned once a connection, by name. */
  readonly prepared: boolean
  readonly indexes: boolean
  /** Reads go through Redis, where there is one. */
  readonly queryCache: boolean
  /** So many of the products that sell most are in the cache before anybody asks. */
  readonly warm: number
  /** How long the cache may be behind the database, where what is written is not told to it. */
  readonly cacheSeconds: number
  /** What is written deletes what it concerns from the cache. */
  readonly invalidate: boolean
  /** One read a key at a time, and again before it is too old. Of RESILIENT=1 only. */
  readonly coalesce: boolean
  readonly compress: boolean
  /** Entries of a page; 0: all there are. */
  readonly page: number
  /** So long a list page is kept ready for answering, in ms; 0: not at all. */
  readonly responseCacheMs: number
  /** What belongs together is asked together; else one statement for each. */
  readonly batch: boolean
  /** Changes of prices of so long go to a subscriber in one message, in ms; 0: each in its own. */
  readonly wsBatchMs: number
  readonly wsDeflate: boolean
  /** A subscriber to prices gets what it asked for; else everything goes to everybody. */
  readonly wsTopics: boolean
  /** Changes of prices a second that nobody made and that are told but not written, for loads. */
  readonly priceTicks: number
  /** Requests in flight at most, beyond it a 503; undefined: no limit. */
  readonly shed: number | undefined
  /** What the database does not take in time is accepted and written later. Of RESILIENT=1 with a cache only. */
  readonly outbox: boolean
}

/** A variable that makes no sense. The message is for people. */
export class BadSetting extends Error {}

type Environment = Readonly<Record<string, string | undefined>>

/** BadSetting. */
export function settingsOf(env: Environment): Settings {
  const resilient = flag(env, 'RESILIENT', true)
  return {
    port: count(env, 'PORT', 0, 65_535) ?? 3000,
    redisUrl: env['REDIS_URL'] === '' ? undefined : url(env, 'REDIS_URL', 'redis', 'rediss') ?? 'redis://127.0.0.1:6379',
    redisCluster: flag(env, 'REDIS_CLUSTER', false),
    databaseUrl: url(env, 'DATABASE_URL', 'postgres', 'postgresql') ?? 'postgres://postgres@127.0.0.1:5432/postgres',
    replicaUrl: flag(env, 'REPLICA', true) ? url(env, 'REPLICA_URL', 'postgres', 'postgresql') : undefined,
    replicaLagMaxMs: count(env, 'REPLICA_LAG_MAX', 0, 3_600_000) ?? 1000,
    paymentUrl: url(env, 'PAYMENT_URL', 'http', 'https'),
    resilient,
    seed: seed(env, 'SEED'),
    pool: count(env, 'POOL', 1, 1000),
    prepared: flag(env, 'PREPARED', false),
    indexes: flag(env, 'INDEXES', true),
    queryCache: flag(env, 'QUERY_CACHE', true),
    warm: count(env, 'WARM', 0, 100_000) ?? 0,
    cacheSeconds: count(env, 'CACHE_SECONDS', 1, 3600) ?? 2,
    invalidate: flag(env, 'INVALIDATE', true),
    coalesce: flag(env, 'COALESCE', resilient),
    compress: flag(env, 'COMPRESS', false),
    page: count(env, 'PAGE', 0, 10_000) ?? 50,
    responseCacheMs: count(env, 'RESPONSE_CACHE', 0, 3_600_000) ?? 0,
    batch: flag(env, 'BATCH', true),
    wsBatchMs: count(env, 'WS_BATCH', 0, 60_000) ?? 0,
    wsDeflate: flag(env, 'WS_DEFLATE', false),
    wsTopics: flag(env, 'WS_TOPICS', true),
    priceTicks: count(env, 'PRICE_TICKS', 0, 10_000) ?? 0,
    shed: count(env, 'SHED', 1, 1_000_000),
    outbox: flag(env, 'OUTBOX', resilient),
  }
}

function given(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim()
  return text === '' ? undefined : text
}

function flag(env: Environment, name: string, otherwise: boolean): boolean {
  const text = given(env, name)
  if (text !== undefined && text !== '0' && text !== '1') throw new BadSetting(`${name} is 0 or 1, not ${quoted(text)}`)
  return text === undefined ? otherwise : text === '1'
}

function count(env: Environment, name: string, min: number, max: number): number | undefined {
  const text = given(env, name)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text) || Number(text) < min || Number(text) > max) throw new BadSetting(`${name} is a whole number from ${min} to ${max}, not ${quoted(text)}`)
  return Number(text)
}

function url(env: Environment, name: string, ...schemes: readonly string[]): string | undefined {
  const text = given(env, name)
  // What is wrong is not shown: there may be a password in it.
  if (text !== undefined && !schemes.some((scheme) => text.startsWith(`${scheme}://`))) throw new BadSetting(`${name} begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`)
  return text
}

const SEED_MAX = 10_000_000

function seed(env: Environment, name: string): Seed | undefined {
  const text = given(env, name)
  if (text === undefined) return undefined
  const [products = 0, customers = 0, orders = 0] = /^\d{1,8},\d{1,8},\d{1,8}$/.test(text) ? text.split(',').map(Number) : []
  if (products === 0 || customers === 0 || Math.max(products, customers, orders) > SEED_MAX) throw new BadSetting(`${name} is products,customers,orders as in 20000,5000,200000, not ${quoted(text)}`)
  return { products, customers, orders }
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 40))
