import assert from 'node:assert/strict'
import { ReplyError } from 'ioredis'
import { error } from '../../../faults/redis/error.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

const said = (text: RegExp) => (thrown: unknown): boolean => thrown instanceof ReplyError && text.test((thrown as Error).message)

describe('redis.error', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`refuses writes as a read-only replica does, lets reads pass, and writes nothing (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.direct.set('k', 'before')
      await stage.strike(error)
      await assert.rejects(client.set('k', 'after'), said(/^READONLY You can't write against a read only replica\.$/))
      assert.equal(await client.get('k'), 'before')
      await stage.heal()
      assert.equal(await client.set('k', 'after'), 'OK')
      assert.equal(await stage.direct.get('k'), 'after')
    })
  }

  it('answers in turn: in a pipeline each reply stays that of its command', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'ERR', text: 'no' }, { where: { command: 'GET', key: 'bad:*' } })
    const pipeline = client.pipeline()
    for (let n = 0; n < 200; n++) pipeline.echo(`e${n}`).get(`bad:${n}`).incr('n')
    const results = await pipeline.exec()
    results?.forEach(([failure, value], i) => {
      const n = Math.floor(i / 3)
      if (i % 3 === 0) assert.equal(value, `e${n}`)
      else if (i % 3 === 1) assert.equal(failure?.message, 'ERR no')
      else assert.equal(value, n + 1)
    })
    assert.equal(stage.did().length, 200)
  })

  it('leaves nothing of a transaction that the client was told had failed', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'OOM' }, { where: { key: 'b' } })
    const outcome = await client.multi().set('a', '1').set('b', '2').set('c', '3').exec().catch((thrown: Error) => thrown)
    assert.match(String(outcome), /EXECABORT/)
    assert.deepEqual(await stage.direct.mget('a', 'b', 'c'), [null, null, null])
    assert.equal(await client.get('a'), null, 'the connection goes on')
  })

  it('fails EXEC itself: the server has discarded what was queued', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, { error: 'LOADING' }, { where: { command: 'exec' } })
    await assert.rejects(client.multi().set('a', '1').exec(), /LOADING/)
    assert.equal(await stage.direct.get('a'), null)
    assert.equal(await client.ping(), 'PONG')
  })

  it('takes hold in the middle of a message: the command that was under way goes on as it was', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    const value = 'v'.repeat(300_000)
    const setting = client.set('big', value)
    await stage.strike(error, {}, { where: { key: 'small' } })
    assert.equal(await setting, 'OK')
    await assert.rejects(client.set('small', value), said(/READONLY/))
    assert.equal(await client.get('big'), value)
    assert.equal(await stage.direct.get('small'), null)
  })

  it('counts only what it can hit: `times: 2` is two writes, however many reads come between', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(error, {}, { times: 2 })
    const outcomes: string[] = []
    for (let n = 0; n < 4; n++) {
      await client.get('k')
      outcomes.push(await client.set('k', n).catch(() => 'refused'))
    }
    assert.deepEqual(outcomes, ['refused', 'refused', 'OK', 'OK'])
  })
})
