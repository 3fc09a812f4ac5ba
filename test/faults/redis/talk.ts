/** Redis, for the laws for faults on messages. */

import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { hasRedis, redis } from '../../support/servers.ts'
import { request } from '../../../src/protocols/redis/reply.ts'
import type { Nonces, Round, Talk } from '../talk.ts'

const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

interface Options {
  readonly protocol?: 2 | 3
  readonly retryStrategy?: () => number | null
  readonly commandTimeout?: number
  readonly lazyConnect?: boolean
  readonly autoResendUnfulfilledCommands?: boolean
}

function open(port: number, options: Options = {}): Redis {
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: 0, enableReadyCheck: false, connectTimeout: 1000, commandTimeout: 3000, ...options })
  client.on('error', () => undefined)
  return client
}

/** What one client does over and over; a refusal or a broken connection is part of the game. */
const HABITS: readonly ((client: Redis, n: number) => Promise<unknown>)[] = [
  (client, n) => client.pipeline().set(`law:${n % 7}`, `v${n}`).get(`law:${n % 7}`).get('law:none').mget('law:0', 'law:none').incr('law:n').exec(),
  async (client, n) => {
    await client.watch('law:w')
    await client.multi().set('law:a', n).get('law:a').exec()
  },
  (client) => client.multi().incr('law:m').exec(),
  (client, n) => client.set(`law:lock:${n % 3}`, n, 'PX', 50, 'NX'),
  (client) => client.eval("return redis.call('incr', KEYS[1])", 1, 'law:script'),
  (client) => client.evalsha('0'.repeat(40), 1, 'law:script'),
  (client, n) => client.pipeline().lpush('law:list', n).sadd('law:set', n % 50).hset('law:hash', n % 50, n).zadd('law:z', n, n % 50).expire('law:list', 100).ltrim('law:list', 0, 50).exec(),
  async (client) => {
    for (let [cursor] = await client.sscan('law:set', '0'), pages = 0; cursor !== '0' && pages < 20; pages++) [cursor] = await client.sscan('law:set', cursor)
  },
  (client) => client.blpop('law:queue', 0.05),
  (client, n) => client.publish('law:channel', String(n)),
  (client, n) => client.set('law:big', String(n % 10).repeat(200_000)).then(() => client.get('law:big')),
]

/** So long that even a blocking command ends. */
const TURN = 10

async function mix(port: number): ReturnType<Talk['mix']> {
  let stopped = false
  let finish = (): void => undefined
  // ioredis never settles what is queued when it is disconnected between two attempts to reconnect.
  const over = new Promise<void>((resolve) => { finish = resolve })
  const clients = ([2, 3] as const).flatMap((protocol) => [open(port, { protocol }), open(port, { protocol })])
  const blocked = open(port, { commandTimeout: 60_000 })
  const idle = open(port)
  const listeners = ([2, 3] as const).map((protocol) => open(port, { protocol }))
  for (const listener of listeners) void listener.subscribe('law:channel').catch(() => undefined)
  // A client that listens to what becomes of its reads.
  const tracking = open(port, { protocol: 3 })
  tracking.on('ready', () => { void tracking.call('CLIENT', 'TRACKING', 'ON').then(() => tracking.get('law:0')).catch(() => undefined) })
  const act = async (client: Redis, from: number): Promise<void> => {
    for (let n = from; !stopped; n++) {
      await Promise.race([HABITS[n % HABITS.length]?.(client, n).catch(() => undefined), over])
      await pause(1)
    }
  }
  const wait = async (): Promise<void> => { while (!stopped) await Promise.race([blocked.blpop('law:never', 1).catch(() => pause(TURN)), over]) }
  const come = async (): Promise<void> => {
    while (!stopped) {
      const fresh = open(port, { retryStrategy: () => null, lazyConnect: true })
      await Promise.race([fresh.connect().then(() => fresh.ping()).catch(() => undefined), over])
      fresh.disconnect()
      await pause(TURN)
    }
  }
  const track = async (): Promise<void> => { for (let n = 0; !stopped; n++) { await Promise.race([tracking.get(`law:${n % 7}`).catch(() => undefined), over]); await pause(TURN) } }
  const acts = [...clients.map((client, i) => act(client, i * 3)), wait(), come(), track()]
  return {
    async stop() {
      stopped = true
      finish()
      for (const client of [...clients, blocked, idle, tracking, ...listeners]) client.disconnect()
      await Promise.all(acts)
    },
  }
}

/** A pipeline, and an ECHO that ends it. */
const round = (mark: string, ...requests: readonly (readonly string[])[]): Round => {
  const end = Buffer.from(`$${mark.length}\r\n${mark}\r\n`)
  return { send: Buffer.concat([...requests.map((words) => request(...words)), request('ECHO', mark)]), answered: (got) => got.includes(end) }
}

const script = (): readonly Round[] => [
  round('end-1', ['FLUSHALL'], ['SET', 'k', 'v'], ['GET', 'k'], ['GET', 'none'], ['INCR', 'n'], ['MGET', 'k', 'none'], ['LPUSH', 'l', 'a', 'b'], ['LRANGE', 'l', '0', '-1'], ['GET', 'l']),
  round('end-2', ['MULTI'], ['SET', 't', '1'], ['GET', 't'], ['EXEC'], ['WATCH', 'k'], ['MULTI'], ['INCR', 'n'], ['DISCARD']),
  round('end-3', ['SET', 'big', 'x'.repeat(100_000)], ['GET', 'big'], ['BLPOP', 'l', '1'], ['EVAL', 'return 1', '0'], ['SET', 'lock', '1', 'NX', 'PX', '60000'], ['SSCAN', 's', '0']),
  round('end-4', ['HELLO', '3', 'SETNAME', 'law'], ['GET', 'none'], ['HGETALL', 'none'], ['SUBSCRIBE', 'c'], ['PUBLISH', 'c', 'hi'], ['UNSUBSCRIBE', 'c']),
  round('end-5', ['CLIENT', 'REPLY', 'SKIP'], ['SET', 'quiet', '1'], ['GET', 'quiet'], ['RESET'], ['GET', 'k']),
]

async function nonces(port: number): Promise<Nonces> {
  const client = open(port, { retryStrategy: () => null, lazyConnect: true, autoResendUnfulfilledCommands: false })
  let closed = false
  client.on('close', () => { closed = true })
  await client.connect()
  return {
    get closed() { return closed },
    async burst(asks) {
      const answers = asks.flatMap((ask, n) => {
        const before = [client.set('law:nonce', ask), client.get('law:nonce'), client.incr('law:count')].slice(n % 4)
        for (const other of before) other.catch(() => undefined)
        return [client.echo(ask).catch(() => undefined)]
      })
      return Promise.all(answers)
    },
    close() { client.disconnect() },
  }
}

async function healthy(port: number): Promise<void> {
  for (const protocol of [2, 3] as const) {
    const client = open(port, { protocol, retryStrategy: () => null, lazyConnect: true })
    await client.connect()
    assert.equal(await client.set('law:healthy', 'yes'), 'OK')
    assert.equal(await client.get('law:healthy'), 'yes')
    assert.deepEqual(await client.multi().get('law:healthy').exec(), [[null, 'yes']])
    client.disconnect()
  }
}

export const redisTalk: Talk = {
  protocol: 'redis',
  missing: hasRedis ? undefined : 'no redis-server',
  server: redis, mix, script, nonces, healthy,
  plain: (said) => said.toString('latin1').replace(/(\r\n\$2\r\nid\r\n:)\d+/g, '$1ID'),
}
