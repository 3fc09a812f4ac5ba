import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { ms, type Ms } from '../../src/core/units.ts'
import { serversOf } from '../../src/experiment/observe.ts'
import { Observer, ratesBetween } from '../../src/observe/observer.ts'
import { postgresObserved } from '../../src/observe/postgres.ts'
import { readInfo, redisObserved } from '../../src/observe/redis.ts'
import type { ServerSpec } from '../../src/observe/server.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'

const EVERY: Ms = ms(60)

/** Resolves with the first figures of which `holds` is true. */
async function figures(observer: Observer, holds: (extra: Readonly<Record<string, number>>) => boolean): Promise<Readonly<Record<string, number>>> {
  for (let left = 600; left > 0; left--) {
    const extra = observer.usage(ms(0), ms(250))?.extra
    if (extra && holds(extra)) return extra
    await pause(10)
  }
  assert.fail(`never: ${JSON.stringify(observer.usage(ms(0), ms(250)))}`)
}

describe('asking the server behind a target', () => {
  const problems: string[] = []
  let observer: Observer | undefined
  const observe = (name: string, of: Pick<ConstructorParameters<typeof Observer>[0], 'connect' | 'describe'>): Observer => {
    observer = new Observer({ name, ...of, every: EVERY, onProblem: (text) => { problems.push(text) } })
    return observer
  }
  const specOf = (protocol: string, url: string): ServerSpec => ({ name: 'it', protocol, url: new URL(url), address: { host: new URL(url).hostname, port: Number(new URL(url).port) } })
  beforeEach(() => { problems.length = 0 })
  afterEach(() => observer?.close())

  it('tells of a Redis its commands, connections without our own, and CPU', async function () {
    if (!hasRedis) this.skip()
    const { url } = await redis()
    const clients = await Promise.all([1, 2, 3].map(async () => { const client = new Redis(url, { lazyConnect: true }); await client.connect(); return client }))
    try {
      const before = Number(/connected_clients:(\d+)/.exec(await clients[0]?.info('clients') ?? '')?.[1])
      const observed = observe('cache', redisObserved(specOf('redis', url)))
      const busy = (async () => { for (let i = 0; i < 2000; i++) await clients[0]?.get(`absent:${i}`) })()
      const extra = await figures(observed, (one) => (one['server_misses'] ?? 0) > 100 && (one['server_cpu'] ?? 0) > 0)
      await busy
      assert.equal(extra['server_connections'], before)
      assert.ok((extra['server_ops'] ?? 0) > 100 && (extra['server_memory'] ?? 0) > 100_000, JSON.stringify(extra))
      assert.deepEqual(problems, [])
    } finally {
      for (const client of clients) client.disconnect()
    }
  })

  it('tells of a Postgres who waits for a lock, and of the CPU of its processes where they run here', async () => {
    const { url } = await postgres()
    const [holder, waiter] = [new pg.Client(url), new pg.Client(url)]
    await Promise.all([holder.connect(), waiter.connect()])
    try {
      const observed = observe('db', postgresObserved(specOf('postgres', url)))
      await holder.query('create table if not exists observed (id int)')
      await holder.query('begin; lock table observed in exclusive mode')
      const waiting = waiter.query('insert into observed values (1)')
      const extra = await figures(observed, (one) => one['server_waits_lock'] === 1 && one['server_commits'] !== undefined)
      assert.ok((extra['server_connections'] ?? 0) >= 2 && (extra['server_idle_in_transaction'] ?? 0) >= 1, JSON.stringify(extra))
      assert.ok((extra['server_connections_share'] ?? 0) > 0 && (extra['server_connections_share'] ?? 1) < 1)
      await holder.query('commit')
      await waiting
      if (process.platform === 'linux') {
        const burning = waiter.query('select count(*) from generate_series(1, 3000000)')
        await figures(observed, (one) => (one['server_cpu'] ?? 0) > 0.3)
        await burning
      }
      await figures(observed, (one) => one['server_waits_lock'] === 0)
    } finally {
      await holder.query('drop table observed')
      await Promise.all([holder.end(), waiter.end()])
    }
    assert.deepEqual(problems, [])
  })

  it('says once, and in a word, why a server cannot be asked', async () => {
    const { url } = await postgres()
    const wrong = new URL(url)
    wrong.username = 'nobody_of_that_name'
    wrong.password = 'hunter2'
    const observed = observe('db', postgresObserved(specOf('postgres', wrong.href)))
    for (let left = 400; problems.length === 0 && left > 0; left--) await pause(10)
    await pause(8 * EVERY)
    assert.equal(problems.length, 1)
    assert.match(problems[0] ?? '', /^(28\d\d\d|3D000)$/)
    assert.equal(observed.usage(ms(0), ms(1)), undefined)
  })

  it('asks on, and says nothing, of a server that was there and is gone', async () => {
    let [up, closed] = [true, 0]
    const observed = observe('cache', {
      connect: () => (up ? Promise.resolve({ read: () => (up ? Promise.resolve({ gauges: { server_memory: 1 }, counters: {} }) : Promise.reject(new Error('gone'))), close: () => { closed++ } }) : Promise.reject(new Error('refused'))),
      describe: () => 'gone',
    })
    await figures(observed, () => true)
    up = false
    for (let left = 400; observed.usage(ms(0), ms(1)) && left > 0; left--) await pause(10)
    assert.equal(observed.usage(ms(0), ms(1)), undefined, 'an old reading does not stand for ever')
    assert.ok(closed > 0)
    up = true
    await figures(observed, () => true)
    assert.deepEqual(problems, [])
  })

  it('leaves alone what it may not ask', () => {
    const target = (url: string, protocol: 'postgres' | 'redis' | 'http', more: object = {}) => ({
      url: new URL(url), spec: { name: 'x', protocol, upstream: { host: '127.0.0.1', port: 1 }, listen: [], tls: { client: 'passthrough' as const, upstream: 'off' as const, verify: true }, dialTimeout: ms(1) }, ...more,
    })
    assert.deepEqual(serversOf([target('http://127.0.0.1:1', 'http'), target('postgres://127.0.0.1:1/db', 'postgres'), target('redis://127.0.0.1:1', 'redis', { unobserved: true })]), [])
  })
})

describe('what a server says, as figures', () => {
  it('reads INFO of a Redis: sizes as they are, totals as counters', () => {
    const { gauges, counters } = readInfo('# Server\r\nredis_version:7.0.15\r\nused_memory:500\r\nmaxmemory:1000\r\nconnected_clients:4\r\nmaxclients:30\r\nblocked_clients:1\r\nused_cpu_sys:1.5\r\nused_cpu_user:2\r\nkeyspace_hits:9\r\n')
    assert.deepEqual(gauges, { server_memory: 500, server_connections: 3, server_blocked: 1, server_memory_share: 0.5, server_connections_share: 0.1 })
    assert.deepEqual(counters, { server_cpu: 3.5, server_hits: 9 })
  })

  it('makes rates of counters, and none where the server was started anew', () => {
    assert.deepEqual(ratesBetween({ a: 10, b: 1 }, { a: 30, b: 1, c: 5 }, ms(2000)), { a: 10, b: 0 })
    assert.deepEqual(ratesBetween({ a: 10, b: 1 }, { a: 3, b: 2 }, ms(1000)), {})
  })
})
