import assert from 'node:assert/strict'
import { txnAbort } from '../../../faults/redis/txn-abort.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

describe('redis.txn_abort', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`answers null to an optimistic transaction, of which nothing is done (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(txnAbort)
      await client.watch('k')
      assert.equal(await client.multi().set('k', '1').incr('n').exec(), null)
      assert.deepEqual(await stage.direct.mget('k', 'n'), [null, null])
      // It is outside of the transaction, and watches nothing any more.
      assert.equal(await client.set('k', '2'), 'OK')
      assert.deepEqual(await client.multi().get('k').exec(), [[null, '2']], 'without WATCH there is nothing that could have changed')
      assert.equal(stage.did().length, 2)
    })

    it(`answers EXECABORT to any transaction, of which nothing is done (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(txnAbort, { answer: 'execabort' })
      await assert.rejects(client.multi().set('k', '1').exec(), /EXECABORT Transaction discarded because of previous errors\./)
      assert.equal(await stage.direct.get('k'), null)
      await stage.heal()
      assert.deepEqual(await client.multi().set('k', '1').exec(), [[null, 'OK']])
    })
  }

  it('takes a WATCH that was sent for one, and UNWATCH, EXEC and DISCARD for its end', async () => {
    const stage = await redisStage()
    await stage.strike(txnAbort)
    const raw = await stage.raw()
    raw.socket.end('WATCH k\r\nUNWATCH\r\nMULTI\r\nPING\r\nEXEC\r\nWATCH k\r\nMULTI\r\nPING\r\nDISCARD\r\nMULTI\r\nPING\r\nEXEC\r\nWATCH k\r\nMULTI\r\nPING\r\nEXEC\r\nPING\r\n')
    await raw.ended
    const ended = raw.text().replaceAll('+OK\r\n', '').replaceAll('+QUEUED\r\n', '')
    assert.equal(ended, '*1\r\n+PONG\r\n*1\r\n+PONG\r\n*-1\r\n+PONG\r\n')
  })

  it('lets the loop of a client that tries again come to its end', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(txnAbort, {}, { times: 3 })
    let tries = 0
    for (let done: unknown = null; done === null; tries++) {
      await client.watch('n')
      const n = Number(await client.get('n'))
      done = await client.multi().set('n', n + 1).exec()
    }
    assert.equal(tries, 4)
    assert.equal(await stage.direct.get('n'), '1')
  })
})
