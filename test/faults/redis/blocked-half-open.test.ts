import assert from 'node:assert/strict'
import { blockedHalfOpen } from '../../../faults/redis/blocked-half-open.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, until } from './stage.ts'

describe('redis.blocked_half_open', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`leaves a worker waiting for ever, and what is pushed stays (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(blockedHalfOpen)
      assert.equal(await client.ping(), 'PONG')
      let over = false
      const popped = client.blpop('q', 0.05).then(() => 'answered', () => 'broken').finally(() => { over = true })
      await until(() => stage.did().length === 1, 'the connection has died')
      await stage.direct.rpush('q', 'job')
      await assert.rejects(until(() => over, 'neither job nor time-out', 300))
      assert.equal(client.status, 'ready', 'nobody has told the client')
      assert.deepEqual(await stage.direct.lrange('q', 0, -1), ['job'])
      assert.deepEqual(stage.did(), ['close executed: no'])
      await stage.heal()
      assert.equal(await popped, 'broken')
    })

    it(`lets an unaware server hand a job to nobody (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(blockedHalfOpen, { server: 'unaware' }, { where: { key: 'q' } })
      assert.equal(await client.blpop('other', 0.05), null)
      let over = false
      const popped = client.blpop('q', 0).then(() => 'answered', () => 'broken').finally(() => { over = true })
      await stage.waiting('blpop')
      await stage.direct.rpush('q', 'job')
      await until(() => stage.did().length === 1, 'it is gone')
      assert.equal(await stage.direct.llen('q'), 0)
      await assert.rejects(until(() => over, 'no answer', 200))
      assert.deepEqual(stage.did(), ['close executed: yes'])
      await stage.heal()
      assert.equal(await popped, 'broken')
    })
  }

  it('leaves blocking commands in a transaction alone: they do not wait', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(blockedHalfOpen)
    assert.deepEqual(await client.multi().blpop('q', 0).exec(), [[null, null]])
    assert.deepEqual(await client.xread('COUNT', 1, 'STREAMS', 'x', '0'), null)
    assert.deepEqual(stage.did(), [])
  })

  it('is found out by a client with a deadline, which works again on a fresh connection', async () => {
    const stage = await redisStage()
    const client = await stage.client({ commandTimeout: 200 })
    await stage.strike(blockedHalfOpen, {}, { times: 1 })
    await assert.rejects(client.xread('BLOCK', 100, 'STREAMS', 'x', '$'), /timed out/)
    const fresh = await stage.client()
    assert.equal(await fresh.blpop('q', 0.05), null)
  })
})
