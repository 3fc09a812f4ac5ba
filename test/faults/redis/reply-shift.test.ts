import assert from 'node:assert/strict'
import { replyShift } from '../../../faults/redis/reply-shift.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, until } from './stage.ts'

describe('redis.reply_shift', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`loses one reply: from then on each command gets the reply to the next, the connection stands (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.direct.mset('a', 'of a', 'b', 'of b', 'c', 'of c', 'd', 'of d')
      await stage.strike(replyShift, {}, { times: 1 })
      const a = client.get('a')
      a.catch(() => undefined)
      await until(() => stage.did().length === 1, 'the loss')
      const [b, c] = [client.get('b'), client.get('c')]
      c.catch(() => undefined)
      assert.equal(await a, 'of b')
      assert.equal(await b, 'of c')
      assert.equal(client.status, 'ready')
      // The wrong reply comes to the wrong command long after the rule is gone.
      await stage.heal()
      const d = client.get('d')
      d.catch(() => undefined)
      assert.equal(await c, 'of d')
    })
  }

  it('doubles one, of one pipeline, to the byte', async () => {
    const stage = await redisStage()
    await stage.direct.set('k', 'v')
    await stage.strike(replyShift, { how: 'doubled' }, { where: { key: 'k' }, times: 1 })
    const raw = await stage.raw()
    raw.socket.end('PING\r\nGET k\r\nECHO e\r\nGET k\r\n')
    await raw.ended
    assert.equal(raw.text(), '+PONG\r\n$1\r\nv\r\n$1\r\nv\r\n$1\r\ne\r\n$1\r\nv\r\n')
  })

  it('does not lose count itself: it hits replies to come as it hit the first', async () => {
    const stage = await redisStage()
    await stage.strike(replyShift, {}, { where: { command: 'echo' } })
    const raw = await stage.raw()
    raw.socket.end('PING\r\nECHO a\r\nPING\r\nECHO b\r\nINCR n\r\n')
    await raw.ended
    assert.equal(raw.text(), '+PONG\r\n+PONG\r\n:1\r\n')
    assert.deepEqual(stage.did(), ['drop', 'drop'])
  })
})
