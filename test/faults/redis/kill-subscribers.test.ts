import assert from 'node:assert/strict'
import { killSubscribers } from '../../../faults/redis/kill-subscribers.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, pause, redisStage, until } from './stage.ts'

describe('redis.kill_subscribers', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`breaks the connections of subscribers and no others; ioredis comes back and subscribes again (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      const subscriber = await stage.client({ protocol, retryStrategy: () => 5 })
      const heard: string[] = []
      let ended = 0
      subscriber.on('message', (_channel: string, message: string) => heard.push(message)).on('close', () => ended++)
      await subscriber.subscribe('c')
      await stage.strike(killSubscribers, { interval: '10s' })
      await until(() => ended === 1, 'its end')
      // Whoever subscribes later is spared until the next interval.
      await until(() => subscriber.status === 'ready', 'its return')
      assert.equal(await client.ping(), 'PONG')
      while (await stage.direct.publish('c', 'again') === 0) await pause(2)
      await until(() => heard.length === 1, 'a message')
      assert.equal(ended, 1)
      assert.deepEqual(stage.did(), ['close'])
    })
  }

  it('does it again and again, to a share of them', async () => {
    const stage = await redisStage()
    const subscribers = await Promise.all(Array.from({ length: 40 }, () => stage.client()))
    for (const one of subscribers) await one.subscribe('c')
    await stage.strike(killSubscribers, { share: '50%', interval: '10s', how: 'reset' })
    await pause(100)
    const left = subscribers.filter(({ status }) => status === 'ready').length
    assert.ok(left > 8 && left < 32, `${left} of 40 are left`)
    assert.deepEqual(await stage.direct.pubsub('NUMSUB', 'c'), ['c', left])
    await stage.strike(killSubscribers, { share: '100%', interval: '50ms' })
    await until(() => subscribers.every(({ status }) => status !== 'ready'), 'the end of all')
  })

  it('hits those to whom much is published, as a limit on output buffers does', async () => {
    const stage = await redisStage()
    const [busy, quiet] = [await stage.client(), await stage.client()]
    await busy.subscribe('busy')
    await quiet.subscribe('quiet')
    await stage.strike(killSubscribers, { interval: '50ms', pushed: '64KiB' })
    await pause(120)
    assert.deepEqual([busy.status, quiet.status], ['ready', 'ready'])
    while (busy.status === 'ready') {
      await stage.direct.publish('quiet', 'x')
      await stage.direct.publish('busy', 'x'.repeat(50_000))
    }
    assert.equal(quiet.status, 'ready')
  })
})
