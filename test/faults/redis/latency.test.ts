import assert from 'node:assert/strict'
import { latency } from '../../../faults/redis/latency.ts'
import { hasRedis } from '../../support/servers.ts'
import { tookAbout } from '../wire.ts'
import { closeAll, redisStage } from './stage.ts'

const timed = async (action: Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await action
  return performance.now() - start
}

describe('redis.latency', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`holds the replies to one key, and nothing else on that connection or another (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const [client, other] = [await stage.client({ protocol }), await stage.client({ protocol })]
      await stage.direct.mset('slow:1', 'a', 'fast', 'b')
      await stage.strike(latency, { delay: '300ms' }, { where: { key: 'slow:*' } })
      assert.ok(await timed(client.get('fast')) < 250)
      const slow = client.get('slow:1')
      const took = timed(slow)
      assert.ok(await timed(other.get('fast')) < 250)
      tookAbout(await took, 300)
      assert.equal(await slow, 'a')
      assert.deepEqual(stage.did(), ['delay'])
    })
  }

  it('keeps the order of a pipeline: what stands behind a late reply is late too, and the server has long done it', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(latency, { delay: '300ms' }, { where: { command: 'get' } })
    const seen: string[] = []
    const took = timed(Promise.all([client.incr('n').then(() => seen.push('incr')), client.get('n').then((n) => seen.push(`get ${n}`)), client.incr('n').then(() => seen.push('incr'))]))
    while (await stage.direct.get('n') !== '2') assert.equal(seen.includes('get 1'), false)
    tookAbout(await took, 300)
    assert.deepEqual(seen, ['incr', 'get 1', 'incr'])
  })

  it('counts from the coming of the reply: 100 of a pipeline are late together, not one by one', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(latency, { delay: '200ms' })
    const pipeline = client.pipeline()
    for (let n = 0; n < 100; n++) pipeline.echo(`e${n}`)
    const start = performance.now()
    const results = await pipeline.exec()
    tookAbout(performance.now() - start, 200)
    assert.deepEqual(results?.map(([, value]) => value), Array.from({ length: 100 }, (_, n) => `e${n}`))
  })

  it('leaves commands that wait for data alone: their silence is no delay', async () => {
    const stage = await redisStage()
    const [client, pusher] = [await stage.client(), await stage.client()]
    await stage.strike(latency, { delay: '2s' }, { where: { command: ['blpop', 'xread'] } })
    const popped = client.blpop('q', 5)
    await pusher.lpush('q', 'job')
    assert.ok(await timed(popped) < 1500)
    assert.deepEqual(await popped, ['q', 'job'])
    assert.deepEqual(stage.did(), [])
  })

  it('lets go of what it holds when it is disarmed', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(latency, { delay: '1m' })
    const reply = client.ping()
    while (stage.did().length === 0) await stage.direct.ping()
    await stage.heal()
    assert.equal(await reply, 'PONG')
  })
})
