import assert from 'node:assert/strict'
import { cacheMiss } from '../../../faults/redis/cache-miss.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, type RedisStage } from './stage.ts'

async function fill({ direct }: RedisStage): Promise<void> {
  await direct.pipeline().set('s', 'v').hset('h', 'f', 'v').rpush('l', 'a').sadd('set', 'm').zadd('z', 1, 'm').xadd('x', '*', 'f', 'v').geoadd('g', 1, 1, 'm').expire('s', 100).exec()
}
/** Reads of every shape, as a client gives them back. */
const READS: readonly (readonly [string, ...string[]])[] = [
  ['GET', 's'], ['MGET', 's', 's'], ['STRLEN', 's'], ['GETRANGE', 's', '0', '-1'], ['TTL', 's'], ['TYPE', 's'], ['EXISTS', 's', 'h'], ['HGET', 'h', 'f'], ['HGETALL', 'h'], ['HMGET', 'h', 'f', 'g'],
  ['HKEYS', 'h'], ['LRANGE', 'l', '0', '-1'], ['LLEN', 'l'], ['LINDEX', 'l', '0'], ['SMEMBERS', 'set'], ['SISMEMBER', 'set', 'm'], ['SMISMEMBER', 'set', 'm', 'n'], ['SRANDMEMBER', 'set'],
  ['SRANDMEMBER', 'set', '2'], ['ZSCORE', 'z', 'm'], ['ZRANGE', 'z', '0', '-1'], ['ZRANK', 'z', 'm'], ['ZMSCORE', 'z', 'm', 'n'], ['XRANGE', 'x', '-', '+'], ['XLEN', 'x'], ['SSCAN', 'set', '0'],
  ['GEOPOS', 'g', 'm', 'n'], ['LPOS', 'l', 'a'], ['LPOS', 'l', 'a', 'COUNT', '0'], ['DUMP', 's'], ['XREAD', 'STREAMS', 'x', '0'],
]

describe('redis.cache_miss', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`answers each read as the server answers it where there is no such key (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      const empty = await Promise.all(READS.map(([name, ...args]) => client.call(name, ...args)))
      await fill(stage)
      const full = await Promise.all(READS.map(([name, ...args]) => client.call(name, ...args)))
      full.forEach((value, n) => assert.notDeepEqual(value, empty[n], READS[n]?.join(' ')))
      await stage.strike(cacheMiss)
      for (const [n, [name, ...args]] of READS.entries()) assert.deepEqual(await client.call(name, ...args), empty[n], `${name} ${args.join(' ')}`)
      assert.equal(stage.did().length, READS.length)
      await stage.heal()
      assert.equal(await client.get('s'), 'v')
    })
  }

  it('lets writes pass, and reads that are queued in a transaction: the server has what the client wrote', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(cacheMiss)
    assert.equal(await client.set('k', 'v'), 'OK')
    assert.equal(await client.get('k'), null)
    assert.deepEqual(await client.multi().get('k').incr('n').exec(), [[null, 'v'], [null, 1]])
    assert.deepEqual([await stage.direct.get('k'), await stage.direct.get('n')], ['v', '1'])
  })

  it('takes its turn in a pipeline', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.direct.set('gone', 'x')
    await stage.strike(cacheMiss, {}, { where: { key: 'gone' } })
    const pipeline = client.pipeline()
    for (let n = 0; n < 200; n++) pipeline.get('gone').echo(`e${n}`)
    const results = await pipeline.exec()
    results?.forEach(([, value], i) => assert.equal(value, i % 2 === 0 ? null : `e${(i - 1) / 2}`))
  })

  it('evicts the same share of the keys at each read', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const keys = Array.from({ length: 1000 }, (_, n) => `user:${n}`)
    await stage.direct.mset(keys.flatMap((key) => [key, 'v']))
    await stage.strike(cacheMiss, { keys: '30%' })
    const read = async (): Promise<readonly boolean[]> => (await Promise.all(keys.map((key) => client.get(key)))).map((value) => value === null)
    const missing = await read()
    const count = missing.filter((gone) => gone).length
    assert.ok(count > 200 && count < 400, `${count} of 1000`)
    assert.deepEqual(await read(), missing)
  })

  it('says nothing where the client wants no replies, and goes on in step behind that', async () => {
    const stage = await redisStage()
    await stage.direct.set('k', 'v')
    await stage.strike(cacheMiss)
    const raw = await stage.raw()
    raw.socket.write('CLIENT REPLY OFF\r\nGET k\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nGET k\r\nGET k\r\nPING\r\n')
    raw.socket.end()
    await raw.ended
    assert.equal(raw.text(), '+OK\r\n$-1\r\n+PONG\r\n')
  })
})
