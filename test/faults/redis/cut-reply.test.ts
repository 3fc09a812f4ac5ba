import assert from 'node:assert/strict'
import { cutReply } from '../../../faults/redis/cut-reply.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, until } from './stage.ts'

describe('redis.cut_reply', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`ends in the middle of a reply: the client rejects what it has half (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.direct.set('k', 'v'.repeat(1000))
      await stage.strike(cutReply, {}, { where: { key: 'k' } })
      assert.equal(await client.ping(), 'PONG')
      await assert.rejects(client.get('k'), /clos/i)
      await until(() => client.status !== 'ready', 'the client has noticed')
    })

    it(`answers so many of a pipeline, though the server has done all of it (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(cutReply, { cut: 'between', replies: 3 })
      const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((key) => client.incr(key)))
      assert.deepEqual(outcomes.map(({ status }) => status === 'fulfilled'), [true, true, true, false, false])
      assert.deepEqual(await stage.direct.mget('a', 'b', 'c', 'd', 'e'), ['1', '1', '1', '1', '1'])
      assert.match(stage.did().join(), /^close executed: yes; of 1 more sent it is not known$/)
    })

    it(`ends between MULTI and EXEC: nothing of it is done (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const client = await stage.client({ protocol })
      await stage.strike(cutReply, { cut: 'transaction', how: 'reset' })
      assert.equal(await client.set('before', '1'), 'OK')
      await assert.rejects(client.multi().set('a', '1').set('b', '2').exec())
      assert.deepEqual(await stage.direct.mget('before', 'a', 'b'), ['1', null, null])
    })
  }

  it('cuts to the byte, in the replies of small and of large values, and behind whole ones of the same pipeline', async () => {
    const stage = await redisStage()
    await stage.direct.mset('small', '0123456789', 'large', 'x'.repeat(300_000))
    await stage.strike(cutReply, {}, { where: { command: 'get' } })
    const small = await stage.raw()
    small.socket.write('PING\r\nGET small\r\nPING\r\n')
    assert.equal(await small.ended, 'end')
    assert.equal(small.text(), '+PONG\r\n$10\r\n0123')
    const large = await stage.raw()
    large.socket.write('GET large\r\n')
    assert.equal(await large.ended, 'end')
    assert.ok(large.bytes() > 100 && large.bytes() < 100_000, `${large.bytes()}`)
    assert.match(large.text(), /^\$300000\r\nx+$/)
  })

  it('counts the replies of each pipeline anew', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.strike(cutReply, { cut: 'between', replies: 2 })
    for (let n = 0; n < 5; n++) assert.deepEqual(await Promise.all([client.echo('a'), client.echo('b')]), ['a', 'b'])
    assert.deepEqual(stage.did(), [])
    assert.deepEqual((await Promise.allSettled([client.echo('a'), client.echo('b'), client.echo('c')])).map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected'])
  })
})
