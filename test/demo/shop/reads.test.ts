import assert from 'node:assert/strict'
import { Batch } from '../../../src/demo/shop/batch.ts'
import { openReads, type Reads } from '../../../src/demo/shop/reads.ts'
import { hasRedis, redis } from '../../support/servers.ts'

describe('reads of the resilient shop', () => {
  let reads: Reads | undefined
  afterEach(() => reads?.close())

  async function open(more: { coalesce?: boolean } = {}): Promise<Reads> {
    reads = openReads({ redisUrl: `${(await redis()).url}/8`, redisCluster: false, replicaUrl: undefined, queryCache: true, cacheSeconds: 2, coalesce: true, invalidate: true, log: () => undefined, ...more })
    for (const deadline = performance.now() + 5000; !await reads.put(new Map([['reads:there', 1]])).then(() => true, () => false);) {
      assert.ok(performance.now() < deadline, 'the cache is there')
      await new Promise((resolve) => setImmediate(resolve))
    }
    return reads
  }
  before(function () { if (!hasRedis) this.skip() })

  it('of one key wait for the one that is under way, unless COALESCE=0', async () => {
    for (const [coalesce, loads] of [[true, 1], [false, 20]] as const) {
      const one = await open({ coalesce })
      let loaded = 0
      const key = `reads:${coalesce}`
      const all = await Promise.all(Array.from({ length: 20 }, () => one.read(key, async () => ++loaded)))
      assert.equal(loaded, loads)
      assert.equal(new Set(all.map(({ value }) => value)).size, loads)
      // One that was slow to miss finds what was just read.
      const { misses, coalesced } = one.stats()
      assert.ok(misses === 20 && (coalesce ? coalesced > 0 : coalesced === 0), JSON.stringify(one.stats()))
      one.close()
    }
  })

  it('that began before their key was forgotten are kept nowhere', async () => {
    const one = await open()
    let answer = (_value: string): void => undefined
    const old = one.read('reads:group:1', () => new Promise<string>((resolve) => { answer = resolve }), 'reads:group:')
    while (one.stats().misses === 0) await new Promise((resolve) => setImmediate(resolve))
    one.forget([], ['reads:group:'])
    answer('old')
    assert.equal((await old).value, 'old')
    assert.equal((await one.read('reads:group:1', async () => 'new', 'reads:group:')).value, 'new')
  })

  it('are made again before the cache forgets, and nobody waits for that', async function () {
    this.slow(5000)
    const one = await open()
    let loaded = 0
    const show = async (): Promise<number> => (await one.read('reads:soon', () => new Promise<number>((resolve) => { setTimeout(() => resolve(++loaded), 100) }))).value
    let shown = await show()
    const deadline = performance.now() + 15_000
    while (one.stats().refreshed === 0) {
      assert.ok(performance.now() < deadline, JSON.stringify(one.stats()))
      await new Promise((resolve) => setTimeout(resolve, 20))
      shown = await show()
    }
    assert.equal(shown, loaded, 'what the cache had, while it is read again')
    while (await show() === shown) {
      assert.ok(performance.now() < deadline, JSON.stringify(one.stats()))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('share a statement where they are of one tick, and each gets its own', async () => {
    const asked: unknown[] = []
    const batch = new Batch<{ id: number }>({
      one: async (id) => { asked.push(id); return id === 5 ? null : { id } },
      many: async (ids) => { asked.push(ids); if (ids.includes(13)) throw new Error('no'); return ids.filter((id) => id !== 5).map((id) => ({ id })) },
      idOf: ({ id }) => id,
    })
    assert.deepEqual(await Promise.all([7, 8, 7, 5].map((id) => batch.load(id))), [{ id: 7 }, { id: 8 }, { id: 7 }, null])
    assert.deepEqual([await batch.load(9), await batch.load(5)], [{ id: 9 }, null])
    await assert.rejects(Promise.all([batch.load(13), batch.load(14)]), /no/)
    assert.deepEqual(asked, [[7, 8, 5], 9, 5, [13, 14]])
    assert.equal((await Promise.all(Array.from({ length: 250 }, (_, i) => batch.load(100 + i)))).length, 250)
    assert.deepEqual(asked.slice(4).map((ids) => (ids as number[]).length), [100, 100, 50])
  })
})
