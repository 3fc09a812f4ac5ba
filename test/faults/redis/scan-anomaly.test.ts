import assert from 'node:assert/strict'
import { scanAnomaly } from '../../../faults/redis/scan-anomaly.ts'
import { hasRedis } from '../../support/servers.ts'
import { closeAll, redisStage, type RedisStage } from './stage.ts'

const MEMBERS = Array.from({ length: 1000 }, (_, n) => `m${n}`)
async function filled(protocol: 2 | 3): Promise<{ stage: RedisStage; pages: () => Promise<readonly (readonly string[])[]> }> {
  const stage = await redisStage()
  const client = await stage.client({ protocol })
  await stage.direct.sadd('set', ...MEMBERS)
  const pages = async (): Promise<readonly (readonly string[])[]> => {
    const all: (readonly string[])[] = []
    for (let cursor: string | undefined; cursor !== '0';) {
      const [next, page] = await client.sscan('set', cursor ?? '0', 'COUNT', 100)
      all.push(page)
      cursor = next
      assert.ok(all.length < 100, 'it comes to its end')
    }
    return all
  }
  return { stage, pages }
}

describe('redis.scan_anomaly', () => {
  before(function (this: Mocha.Context) { if (!hasRedis) this.skip() })
  afterEach(closeAll)

  for (const protocol of [2, 3] as const) {
    it(`gives elements twice, and all of them (RESP${protocol})`, async () => {
      const { stage, pages } = await filled(protocol)
      await stage.strike(scanAnomaly)
      const elements = (await pages()).flat()
      assert.ok(elements.length >= 2000)
      assert.deepEqual([...new Set(elements)].sort(), [...MEMBERS].sort())
    })

    it(`puts empty pages in between, and gives all elements (RESP${protocol})`, async () => {
      const { stage, pages } = await filled(protocol)
      const before = (await pages()).length
      await stage.strike(scanAnomaly, { anomaly: 'empty' })
      const all = await pages()
      assert.equal(all.length, 2 * before - 1)
      assert.deepEqual(all.map(({ length }) => length === 0), all.map((_, n) => n % 2 === 1))
      assert.deepEqual([...new Set(all.flat())].sort(), [...MEMBERS].sort())
    })
  }

  it('doubles pairs as pairs, keys as keys, and leaves an empty page as it is', async () => {
    const stage = await redisStage()
    const client = await stage.client()
    await stage.direct.pipeline().hset('h', 'f', 'v').zadd('z', 1, 'm').exec()
    await stage.strike(scanAnomaly)
    assert.deepEqual(await client.hscan('h', 0), ['0', ['f', 'v', 'f', 'v']])
    assert.deepEqual(await client.zscan('z', 0), ['0', ['m', '1', 'm', '1']])
    assert.deepEqual((await client.scan(0))[1].sort(), ['h', 'h', 'z', 'z'])
    assert.deepEqual(await client.sscan('none', 0), ['0', []])
    await assert.rejects(client.sscan('h', 0), /WRONGTYPE/)
  })
})
