/**
 * Says one thing to a server, for steps of experiments on machines without psql and redis-cli, and shows its answer:
 *
 *   tell.js postgres://… "select pg_promote()"
 *   tell.js redis://…    CONFIG SET maxmemory 1mb
 *   tell.js redis://…    --node 2 SHUTDOWN NOSAVE      to the second master of a cluster, in the order of their slots
 *
 * Ends with 1 where it cannot be said, or is answered by an error. A connection that ends without an answer is one to SHUTDOWN.
 */

import { Redis } from 'ioredis'
import pg from 'pg'
import { ms, type Ms } from '../core/units.ts'

const WITHIN: Ms = ms(10_000)

const [url = '', ...words] = process.argv.slice(2)
try {
  process.stdout.write(`${JSON.stringify(await (url.startsWith('postgres') ? tellPostgres(words.join(' ')) : tellRedis(words)))}\n`)
} catch (error) {
  process.stderr.write(`tell: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function tellPostgres(sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: WITHIN, query_timeout: WITHIN })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function tellRedis([first = '', ...rest]: readonly string[]): Promise<unknown> {
  const [node, command = '', ...args] = first === '--node' ? [Number(rest[0]), ...rest.slice(1)] : [undefined, first, ...rest]
  const seed = connected(url)
  try {
    if (node === undefined) return await said(seed, command, args)
    const master = connected(await masterOf(seed, node))
    try {
      return await said(master, command, args)
    } finally {
      master.disconnect()
    }
  } finally {
    seed.disconnect()
  }
}

async function said(redis: Redis, command: string, args: readonly string[]): Promise<unknown> {
  const over = new Promise<string>((resolve) => { redis.once('close', () => resolve('gone')) })
  const answer = redis.call(command, ...args)
  // It ends without an answer where all is well.
  return /^shutdown$/i.test(command) ? Promise.race([over, answer.catch((error: unknown) => over.then(() => String(error)))]) : answer
}

async function masterOf(redis: Redis, node: number): Promise<string> {
  // [[from, to, [host, port, id, …], …], …]
  const slots = await redis.call('CLUSTER', 'SLOTS') as readonly (readonly [number, number, readonly [string, number]])[]
  const ranges = [...slots].sort((a, b) => a[0] - b[0])
  const masters = [...new Map(ranges.map(([, , [host, port]]) => [`redis://${host}:${port}`, true])).keys()]
  const found = masters[node - 1]
  if (found === undefined) throw new Error(`there are ${masters.length} masters, and no ${node}th`)
  return found
}

function connected(to: string): Redis {
  const redis = new Redis(to, { connectTimeout: WITHIN, commandTimeout: WITHIN, maxRetriesPerRequest: 0, retryStrategy: () => null, disableClientInfo: true })
  redis.on('error', () => undefined)
  return redis
}
