import assert from 'node:assert/strict'
import { idleTimeout } from '../../../faults/redis/idle-timeout.ts'
import { hasRedis } from '../../support/servers.ts'
import { tookAbout } from '../wire.ts'
import { closeAll, pause, redisStage, until } from './stage.ts'

describe('redis.idle_timeout', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`closes who rests; who asks, waits or listens stays (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const [resting, asking, waiting, listening] = [await stage.client({ protocol }), await stage.client({ protocol }), await stage.client({ protocol }), await stage.client({ protocol })]
      await listening.subscribe('c')
      const popped = waiting.blpop('q', 0)
      await stage.waiting('blpop')
      const start = performance.now()
      await stage.strike(idleTimeout, { idle: '300ms' })
      while (resting.status === 'ready') assert.equal(await asking.ping(), 'PONG')
      tookAbout(performance.now() - start, 300)
      assert.deepEqual([asking.status, waiting.status, listening.status], ['ready', 'ready', 'ready'])
      await stage.direct.rpush('q', 'job')
      assert.deepEqual(await popped, ['q', 'job'])
      assert.deepEqual(stage.did(), ['close'])
    })
  }

  it('ends with a FIN, also for connections that came later and never asked', async () => {
    const stage = await redisStage()
    await stage.strike(idleTimeout, { idle: '200ms' })
    const start = performance.now()
    const raw = await stage.raw()
    assert.equal(await raw.ended, 'end')
    tookAbout(performance.now() - start, 200)
    const client = await stage.client({ retryStrategy: () => 5 })
    await until(() => stage.did().length >= 3, 'it is closed, and again')
    await stage.heal()
    let pong: string | undefined
    // It may not have heard yet that it was closed for the last time.
    for (let tries = 0; pong === undefined && tries < 100; tries++) pong = await client.ping().catch(() => pause(10).then(() => undefined))
    assert.equal(pong, 'PONG')
  })
})
