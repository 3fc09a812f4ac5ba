import assert from 'node:assert/strict'
import { executedReplyLost } from '../../../faults/redis/executed-reply-lost.ts'
import { ratio } from '../../../src/core/units.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage } from './stage.ts'

/** L15: so many commands without an answer, and what the journal says of each against what the server has. */
const MANY = process.env['TEST_ALL'] ? 1000 : 100

describe('redis.executed_reply_lost', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`executes the write and breaks the connection in place of the reply (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(executedReplyLost)
      await assert.rejects(client.incr('n'), /Connection is closed|ECONNRESET/)
      assert.equal(await stage.direct.get('n'), '1')
      assert.deepEqual(stage.did(), ['close executed: yes'])
      assert.equal(client.status === 'ready', false)
    })
  }

  it('makes ioredis, as it is by default, do it twice', async () => {
    const stage = await redisStage()
    const client = await stage.client({ autoResendUnfulfilledCommands: true, retryStrategy: () => 10, maxRetriesPerRequest: 5 })
    await stage.strike(executedReplyLost, { how: 'end' }, { times: 1 })
    assert.equal(await client.incr('n'), 2)
    assert.equal(await stage.direct.get('n'), '2')
  })

  it('gives the replies ahead of it in the pipeline, and says that of what is behind it nothing is known', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(executedReplyLost, {}, { where: { key: 'b' } })
    const outcomes = await Promise.allSettled([client.incr('a'), client.incr('b'), client.incr('c'), client.get('a')])
    assert.deepEqual(outcomes.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected', 'rejected'])
    assert.equal(await stage.direct.get('b'), '1')
    assert.match(stage.did().join(), /^close executed: yes; of 2 more sent it is not known$/)
  })

  it('lets reads, refusals and what is only queued pass; of a transaction it is the EXEC that counts', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.direct.set('text', 'x')
    await stage.strike(executedReplyLost)
    assert.equal(await client.get('text'), 'x')
    await assert.rejects(client.incr('text'), /not an integer/)
    await client.watch('text')
    await stage.direct.set('text', 'y')
    assert.equal(await client.multi().set('never', '1').exec(), null, 'given up by the server: nothing was executed')
    assert.deepEqual(stage.did(), [])
    await assert.rejects(client.multi().set('done', '1').exec(), /clos|RESET/i)
    assert.deepEqual(await stage.direct.mget('never', 'done'), [null, '1'])
    assert.deepEqual(stage.did(), ['close executed: yes'])
  })

  it(`mixed with commands that are never sent, says of each what the server shows: ${MANY} of ${MANY}`, async function () {
    this.timeout(120_000)
    const stage = await redisStage()
    await stage.strike(executedReplyLost, { unsent: '50%' })
    for (let n = 0; n < MANY; n++) {
      const client = await stage.client({ protocol: n % 2 === 0 ? 2 : 3 })
      await assert.rejects(client.incr(`n:${n}`))
      client.disconnect()
    }
    const said = (await stage.plane.figures()).rules[0]?.altered
    assert.equal(said, MANY)
    const truth = await Promise.all(Array.from({ length: MANY }, (_, n) => stage.direct.get(`n:${n}`)))
    assert.equal(stage.did().length, MANY)
    stage.did().forEach((note, n) => assert.equal(note, `close executed: ${truth[n] === '1' ? 'yes' : 'no'}`))
    const executed = truth.filter((value) => value === '1').length
    assert.ok(executed > MANY * 0.3 && executed < MANY * 0.7, `${executed} of ${MANY} were executed`)
    assert.ok(truth.every((value) => value === '1' || value === null))
  })

  it('hits the share that `chance` names, and each other reply comes', async () => {
    const stage = await redisStage()
    const client = await stage.client({ retryStrategy: () => 1 })
    await stage.strike(executedReplyLost, {}, { chance: ratio(0.2) })
    let answered = 0
    for (let n = 0; n < 100; n++) answered += await client.incr('n').then(() => 1, () => 0)
    assert.equal(await stage.direct.get('n'), '100')
    assert.equal(answered, 100 - stage.did().length)
    assert.ok(stage.did().length > 5 && stage.did().length < 45, `${stage.did().length} of 100`)
  })
})
