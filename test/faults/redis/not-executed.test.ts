import assert from 'node:assert/strict'
import { notExecuted } from '../../../faults/redis/not-executed.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

const MANY = process.env['TEST_ALL'] ? 1000 : 100

describe('redis.not_executed', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`breaks the connection before the write is sent (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(notExecuted)
      assert.equal(await client.get('n'), null)
      await assert.rejects(client.incr('n'), /clos|RESET/i)
      assert.equal(await stage.direct.get('n'), null)
      assert.deepEqual(stage.did(), ['close executed: no'])
    })
  }

  it('looks to ioredis as if it had been executed: it sends again, and here that is right', async () => {
    const stage = await redisStage()
    const client = await stage.client({ autoResendUnfulfilledCommands: true, retryStrategy: () => 10, maxRetriesPerRequest: 5 })
    await stage.strike(notExecuted, { how: 'end' }, { times: 1 })
    assert.equal(await client.incr('n'), 1)
    assert.equal(await stage.direct.get('n'), '1')
  })

  it('leaves nothing of a transaction whose EXEC never came', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(notExecuted)
    await assert.rejects(client.multi().set('a', '1').set('b', '2').exec())
    assert.deepEqual(await stage.direct.mget('a', 'b'), [null, null])
  })

  it(`says of each what the server shows: ${MANY} of ${MANY}`, async function () {
    this.timeout(120_000)
    const stage = await redisStage()
    await stage.strike(notExecuted)
    for (let n = 0; n < MANY; n++) {
      const client = await stage.client()
      await assert.rejects(client.incr('n'))
      client.disconnect()
    }
    assert.equal((await stage.plane.figures()).rules[0]?.altered, MANY)
    assert.ok(stage.did().every((note) => note === 'close executed: no'))
    assert.equal(await stage.direct.get('n'), null)
  })
})
