import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { pubsubLoss } from '../../../faults/redis/pubsub-loss.ts'
import { ratio } from '../../../src/core/units.ts'
import { hasRedis } from '../../support/servers.ts'
import { tookAbout } from '../wire.ts'
import { closeAll, redisStage, until, type RedisStage } from './stage.ts'

const heardBy = (client: Redis): string[] => {
  const heard: string[] = []
  client.on('message', (channel: string, message: string) => heard.push(`${channel} ${message}`))
  client.on('pmessage', (pattern: string, channel: string, message: string) => heard.push(`${pattern} ${channel} ${message}`))
  return heard
}
const publish = async ({ direct }: RedisStage, count: number, channel = 'c'): Promise<void> => { for (let n = 0; n < count; n++) await direct.publish(channel, `m${n}`) }

describe('redis.pubsub_loss', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`loses messages, never confirmations: subscribing goes on, the connection stands (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      const heard = heardBy(client)
      assert.equal(await client.subscribe('c'), 1)
      await publish(stage, 1)
      await until(() => heard.length === 1, 'the first message')
      await stage.strike(pubsubLoss)
      await publish(stage, 5)
      await until(() => stage.did().length === 5, 'five lost')
      assert.equal(await client.subscribe('d', 'e'), 3)
      assert.equal(await client.psubscribe('x*'), 4)
      assert.equal(await client.unsubscribe('e'), 3)
      await stage.heal()
      await stage.direct.publish('d', 'late')
      await stage.direct.publish('xy', 'late')
      await until(() => heard.length === 3, 'the messages after healing')
      assert.deepEqual(heard, ['c m0', 'd late', 'x* xy late'])
      assert.deepEqual(await stage.direct.pubsub('NUMSUB', 'c', 'd', 'e'), ['c', 1, 'd', 1, 'e', 0], 'the server has the same subscriptions')
    })

    it(`doubles and swaps (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      const heard = heardBy(client)
      await client.subscribe('c')
      await stage.strike(pubsubLoss, { how: 'double' })
      await publish(stage, 2)
      await until(() => heard.length === 4, 'four')
      assert.deepEqual(heard.splice(0), ['c m0', 'c m0', 'c m1', 'c m1'])
      await stage.strike(pubsubLoss, { how: 'swap' })
      await publish(stage, 4)
      await until(() => heard.length === 4, 'four')
      assert.deepEqual(heard, ['c m1', 'c m0', 'c m3', 'c m2'])
    })
  }

  it('delays, and with a message all that follows it on the connection', async () => {
    const stage = await redisStage()
    const client = await stage.client({ protocol: 3 })
    const heard = heardBy(client)
    await client.subscribe('c')
    await stage.strike(pubsubLoss, { how: 'delay', delay: '300ms' })
    const start = performance.now()
    await publish(stage, 1)
    await until(() => stage.did().length === 1, 'the delay')
    assert.equal(await client.ping(), 'PONG')
    tookAbout(performance.now() - start, 300)
    assert.deepEqual(heard, ['c m0'])
  })

  it('hits channels by name and a share of the messages', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const heard = heardBy(client)
    await client.subscribe('orders.new', 'news')
    await client.psubscribe('orders.*')
    await stage.strike(pubsubLoss, {}, { where: { channel: 'orders.*' }, chance: ratio(0.5) })
    for (let n = 0; n < 100; n++) await stage.direct.publish('orders.new', String(n))
    await publish(stage, 1, 'news')
    await until(() => heard.at(-1) === 'news m0', 'what was published last')
    const lost = stage.did().length
    assert.equal(heard.length, 201 - lost)
    assert.ok(lost > 60 && lost < 140, `${lost} of 200`)
  })
})
