import assert from 'node:assert/strict'
import { stale } from '../../../faults/redis/stale.ts'
import { ms } from '../../../src/core/units.ts'
import { Remembered } from '../../../src/protocols/redis/remembered.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, pause, redisStage } from './stage.ts'

describe('redis.stale', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`answers with what was answered \`age\` ago, to any connection, and catches up at that distance (RESP${protocol})`, async () => {
      const stage = await redisStage()
      const [client, other] = [await stage.client({ protocol }), await stage.client({ protocol })]
      await stage.direct.set('k', 'old')
      await stage.strike(stale, { age: '300ms' })
      assert.equal(await client.get('k'), 'old')
      await pause(320)
      await client.set('k', 'new')
      assert.equal(await stage.direct.get('k'), 'new', 'the server has what was written')
      const writtenAt = performance.now()
      const read: (string | null)[] = []
      while (read.at(-1) !== 'new') {
        assert.ok(performance.now() - writtenAt < 3000, 'it never catches up')
        read.push(await other.get('k'))
      }
      assert.ok(performance.now() - writtenAt >= 299, 'the first read has seen it, and it is as old as that')
      assert.ok(read.length > 1 && read.slice(0, -1).every((value) => value === 'old'))
      assert.ok(stage.did().length > 0 && stage.did().every((did) => did === 'replace'))
      await stage.heal()
      assert.equal(await client.get('k'), 'new')
    })
  }

  it('keeps databases and commands apart, leaves errors as they are, and knows each of them by its own', async () => {
    const stage = await redisStage()
    const [zero, one] = [await stage.client(), await stage.client()]
    await one.select(1)
    await Promise.all([zero.set('k', 'zero'), one.set('k', 'one')])
    await stage.strike(stale, { age: '50ms' })
    const read = async (): Promise<readonly unknown[]> => Promise.all([zero.get('k'), one.get('k'), zero.strlen('k'), zero.mget('k', 'none')])
    const before = await read()
    await Promise.all([zero.set('k', 'longer'), one.del('k')])
    await pause(80)
    assert.deepEqual(await read(), before)
    await zero.del('k')
    await zero.lpush('k', 'a')
    await assert.rejects(zero.get('k'), /WRONGTYPE/)
    await stage.direct.flushall()
  })

  it('replaces an answer that is too large to be remembered, and what stands behind it stays in step', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await client.set('k', 'small')
    await stage.strike(stale, { age: '50ms' })
    assert.equal(await client.get('k'), 'small')
    await client.set('k', 'x'.repeat(300_000))
    await pause(80)
    assert.deepEqual(await Promise.all([client.get('k'), client.echo('a'), client.get('k'), client.echo('b')]), ['small', 'a', 'small', 'b'])
  })
})

describe('what is remembered of answers', () => {
  const answer = (text: string): Buffer => Buffer.from(text)

  it('is the answer as it was at a time', () => {
    const seen = new Remembered()
    for (const [at, text] of [[0, 'a'], [10, 'a'], [20, 'b'], [30, 'a']] as const) seen.add('q', answer(text), ms(at))
    assert.deepEqual([-1, 0, 19, 20, 29, 30, 99].map((time) => seen.asOf('q', ms(time))?.toString()), [undefined, 'a', 'a', 'b', 'b', 'a', 'a'])
    assert.equal(seen.asOf('other', ms(99)), undefined)
    assert.equal(seen.size.entries, 3, 'only changes are kept')
  })

  it('is bounded for one question: thinned out where answers stand closest, the oldest and the newest kept', () => {
    const seen = new Remembered()
    for (let n = 0; n < 1000; n++) seen.add('q', answer(`v${n}`), ms(n))
    assert.equal(seen.size.entries, 64)
    assert.equal(seen.asOf('q', ms(0))?.toString(), 'v0')
    assert.equal(seen.asOf('q', ms(999))?.toString(), 'v999')
    assert.match(seen.asOf('q', ms(500))?.toString() ?? '', /^v[3-5]\d\d$/)
  })

  it('is bounded over all, in entries and in bytes: what was asked longest ago is forgotten', () => {
    const many = new Remembered()
    for (let n = 0; n < 30_000; n++) many.add(`q${n}`, answer('v'), ms(n))
    assert.equal(many.size.entries, 20_000)
    assert.equal(many.asOf('q0', ms(99_999)), undefined)
    assert.equal(many.asOf('q29999', ms(99_999))?.toString(), 'v')
    const large = new Remembered()
    for (let n = 0; n < 400; n++) large.add(`q${n}`, Buffer.alloc(60_000, n), ms(n))
    assert.ok(large.size.bytes <= 16 * 1024 ** 2 && large.size.bytes > 15 * 1024 ** 2, `${large.size.bytes}`)
  })
})
