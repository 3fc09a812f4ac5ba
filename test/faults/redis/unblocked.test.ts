import assert from 'node:assert/strict'
import { ReplyError } from 'ioredis'
import { unblocked } from '../../../faults/redis/unblocked.ts'
import { hasRedis } from '../../support/servers.ts'
import { tookAbout } from '../wire.ts'
import { closeAll, redisStage, until } from './stage.ts'

type Call = readonly [string, ...string[]]
const WAITS: readonly Call[] = [
  ['BLPOP', 'q', '0'], ['BRPOP', 'q', 'r', '10'], ['BLMOVE', 'q', 'r', 'LEFT', 'LEFT', '0'], ['BRPOPLPUSH', 'q', 'r', '0'], ['BLMPOP', '0', '1', 'q', 'LEFT'], ['BZPOPMIN', 'z', '0'], ['BZPOPMAX', 'z', '30'],
  ['BZMPOP', '60', '1', 'z', 'MIN'], ['XREAD', 'BLOCK', '0', 'STREAMS', 'x', '$'], ['XREAD', 'COUNT', '1', 'BLOCK', '60000', 'STREAMS', 'x', '$'],
]
const said = (text: string) => (thrown: unknown): boolean => thrown instanceof ReplyError && (thrown as Error).message === text

describe('redis.unblocked', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`wakes whoever waits, whatever the command, and keeps the connection (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(unblocked, { by: 'client', wait: '60ms' })
      for (const [name, ...args] of WAITS) {
        const start = performance.now()
        await assert.rejects(client.call(name, ...args), said('UNBLOCKED client unblocked via CLIENT UNBLOCK'), name)
        tookAbout(performance.now() - start, 60)
      }
      // Nothing waits in the server any more: what is pushed now is nobody's.
      await stage.direct.rpush('q', 'job')
      assert.equal(await client.ping(), 'PONG')
      assert.deepEqual(await stage.direct.lrange('q', 0, -1), ['job'])
    })

    it(`says so and closes, as a server does that becomes a replica (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(unblocked, { wait: '60ms' })
      await assert.rejects(client.blpop('q', 0), said('UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'))
      await until(() => client.status !== 'ready', 'the connection has gone')
    })
  }

  it('gives what there is: only who waits is woken', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.direct.rpush('q', 'now')
    await stage.strike(unblocked, { by: 'client', wait: '2s' })
    assert.deepEqual(await client.blpop('q', 0), ['q', 'now'])
    const later = client.blpop('q', 0)
    await stage.waiting('blpop')
    await stage.direct.rpush('q', 'later')
    assert.deepEqual(await later, ['q', 'later'])
    assert.equal(await stage.direct.llen('q'), 0)
  })

  it('leaves those alone who give up before, and transactions', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(unblocked, { wait: '5s' })
    assert.equal(await client.blpop('q', 0.05), null)
    assert.equal(await client.xread('BLOCK', 50, 'STREAMS', 'x', '$'), null)
    assert.deepEqual(await client.multi().blpop('q', 0).exec(), [[null, null]])
    await assert.rejects(client.call('BLPOP', 'q', 'soon'), /timeout is not a float/)
    assert.deepEqual(stage.did(), [])
  })
})
