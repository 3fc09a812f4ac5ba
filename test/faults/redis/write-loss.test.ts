import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { writeLoss } from '../../../faults/redis/write-loss.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

type Call = readonly [string, ...string[]]
const HELD: readonly Call[] = [
  ['SET', 's', 'text'], ['SET', 'n', '41'], ['RPUSH', 'l', 'a', 'b'], ['SADD', 'set', 'a', 'b'], ['HSET', 'h', 'f', '1', 'g', '2'], ['ZADD', 'z', '1', 'a'], ['SET', 'float', '1.5'],
]
/** Writes of all kinds, on what is there and on what is not. */
const WRITES: readonly Call[] = [
  ['SET', 's', 'new'], ['SET', 's', 'new', 'NX'], ['SET', 'none', 'new', 'NX'], ['SET', 's', 'new', 'XX'], ['SET', 'none', 'new', 'XX', 'EX', '100'], ['SET', 's', 'new', 'GET'], ['SET', 'none', 'new', 'GET'],
  ['SETEX', 's', '100', 'new'], ['PSETEX', 's', '1000', 'new'], ['MSET', 's', '1', 'n', '2'], ['SETNX', 's', 'new'], ['SETNX', 'none', 'new'], ['MSETNX', 'none', '1', 's', '2'], ['MSETNX', 'none', '1', 'nor', '2'],
  ['DEL', 's', 'n', 'none'], ['UNLINK', 'none'], ['EXPIRE', 's', '100'], ['PEXPIRE', 'none', '100'], ['GETSET', 's', 'new'], ['GETSET', 'none', 'new'], ['GETDEL', 's'], ['GETEX', 's', 'EX', '10'],
  ['APPEND', 's', 'more'], ['SETBIT', 's', '7', '1'], ['INCR', 'n'], ['INCR', 'none'], ['INCR', 's'], ['DECR', 'n'], ['INCRBY', 'n', '10'], ['INCRBY', 'n', 'x'], ['DECRBY', 'n', '50'], ['DECRBY', 'n', '-5'], ['INCRBYFLOAT', 'float', '0.25'],
  ['HINCRBY', 'h', 'f', '5'], ['HINCRBY', 'h', 'none', '5'], ['HINCRBYFLOAT', 'h', 'f', '0.5'], ['LPUSH', 'l', 'x', 'y'], ['RPUSH', 'none', 'x'], ['LPUSHX', 'none', 'x'], ['RPUSHX', 'l', 'x'], ['LPOP', 'l'], ['RPOP', 'l'], ['LPOP', 'none'],
  ['SADD', 'set', 'b', 'c', 'd'], ['SADD', 'none', 'a'], ['SREM', 'set', 'a', 'x'], ['HSET', 'h', 'f', '9', 'new', '1'], ['HMSET', 'h', 'f', '9'], ['HSETNX', 'h', 'f', '9'], ['HSETNX', 'h', 'none', '9'], ['HDEL', 'h', 'f', 'none'],
  ['ZADD', 'z', '5', 'a', '6', 'b'], ['ZREM', 'z', 'a', 'none'], ['LTRIM', 'l', '0', '0'], ['LPUSH', 's', 'wrong'], ['SADD', 'l', 'wrong'],
]

const outcome = (client: Redis, [name, ...args]: Call): Promise<unknown> => client.call(name, ...args).catch((thrown: Error) => `refused: ${thrown.message}`)
const all = (client: Redis, calls: readonly Call[]): Promise<unknown> => Promise.all(calls.map(([name, ...args]) => client.call(name, ...args)))
/** All data, as they are stored. */
async function contents(direct: Redis): Promise<readonly string[]> {
  const keys = (await direct.keys('*')).sort()
  return Promise.all(keys.map(async (key) => `${key} ${(await direct.dumpBuffer(key))?.toString('hex')} ${await direct.pttl(key) > 0}`))
}

describe('redis.write_loss', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`acknowledges each write as the server would have, and nothing is written (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      const real: unknown[] = []
      for (const write of WRITES) {
        await stage.direct.flushall()
        await all(stage.direct, HELD)
        real.push(await outcome(client, write))
      }
      await stage.direct.flushall()
      await all(stage.direct, HELD)
      const before = await contents(stage.direct)
      await stage.strike(writeLoss)
      for (const [n, write] of WRITES.entries()) {
        assert.deepEqual(await outcome(client, write), real[n], write.join(' '))
        assert.deepEqual(await contents(stage.direct), before, `${write.join(' ')} has written`)
      }
      assert.ok(stage.did().filter((did) => did.endsWith('executed: no')).length === WRITES.length)
      await stage.heal()
      assert.equal(await client.incr('n'), 42)
    })
  }

  it('gives entries of streams an id of now, and adds none', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const real = await client.xadd('x', '*', 'f', 'v')
    await stage.strike(writeLoss)
    const lost = await client.xadd('x', 'MAXLEN', '~', '100', '*', 'f', 'v')
    assert.match(lost ?? '', /^\d{13}-0$/)
    assert.ok(Math.abs(Number(lost?.split('-')[0]) - Number(real?.split('-')[0])) < 10_000)
    assert.equal(await stage.direct.xlen('x'), 1)
  })

  it('lets pass what it could not acknowledge right: transactions, scripts, and what answers more than a count', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(writeLoss)
    assert.deepEqual(await client.multi().set('a', '1').incr('n').exec(), [[null, 'OK'], [null, 1]])
    assert.equal(await client.eval("return redis.call('incr', KEYS[1])", 1, 'n'), 2)
    assert.deepEqual(stage.did(), [])
    assert.deepEqual(await stage.direct.mget('a', 'n'), ['1', '2'])
  })

  it('keeps a pipeline in step', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(writeLoss, {}, { where: { key: 'lost:*' } })
    const pipeline = client.pipeline()
    for (let n = 0; n < 200; n++) pipeline.set(`lost:${n}`, 'x').incr('lost:n').echo(`e${n}`).incr('kept')
    const results = await pipeline.exec()
    assert.deepEqual(results?.map(([failure, value]) => failure ?? value), Array.from({ length: 200 }, (_, n) => ['OK', 1, `e${n}`, n + 1]).flat())
    assert.deepEqual(await stage.direct.keys('*'), ['kept'])
  })
})
