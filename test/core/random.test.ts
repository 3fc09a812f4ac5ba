import assert from 'node:assert/strict'
import { deviation, DISTRIBUTIONS, randomStream } from '../../src/core/random.ts'

const take = (count: number, seed: number, name: string): number[] => { const draw = randomStream(seed, name); return Array.from({ length: count }, draw) }

describe('random streams', () => {
  it('give the same draws for the same seed and name, others for another seed or name', () => {
    assert.deepEqual(take(100, 7, 'a'), take(100, 7, 'a'))
    assert.notDeepEqual(take(10, 7, 'a'), take(10, 8, 'a'))
    assert.notDeepEqual(take(10, 7, 'a'), take(10, 7, 'b'))
  })

  it('are pinned: a journal\'s seed means the same in every version', () => {
    assert.deepEqual(take(3, 42, 'rule/1/to-server').map((draw) => Math.floor(draw * 1e9)), PINNED)
  })

  it('are uniform in [0, 1): mean, variance and tenths over 100,000 draws', () => {
    const draws = take(100_000, 3, 'uniform')
    const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length
    const variance = draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / draws.length
    assert.ok(draws.every((one) => one >= 0 && one < 1))
    assert.ok(Math.abs(mean - 0.5) < 0.005 && Math.abs(variance - 1 / 12) < 0.002)
    const tenths = Array(10).fill(0) as number[]
    for (const one of draws) tenths[Math.floor(one * 10)] = (tenths[Math.floor(one * 10)] ?? 0) + 1
    assert.ok(tenths.every((count) => Math.abs(count - 10_000) < 500), tenths.join(' '))
  })

  it('do not go together: neighbours in name or session are uncorrelated', () => {
    const [a, b] = [take(20_000, 1, 'r/1/to-server'), take(20_000, 1, 'r/2/to-server')]
    const product = a.reduce((sum, one, i) => sum + (one - 0.5) * ((b[i] ?? 0) - 0.5), 0) / a.length
    assert.ok(Math.abs(product) < 0.003, String(product))
  })

  for (const distribution of DISTRIBUTIONS) {
    it(`scatter around 0 without shifting the mean: ${distribution}`, () => {
      const random = randomStream(5, distribution)
      const draws = Array.from({ length: 100_000 }, () => deviation(random, distribution, 10))
      const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length
      assert.ok(Math.abs(mean) < 0.3, `mean ${mean}`)
      assert.equal(deviation(random, distribution, 0), 0)
      if (distribution === 'uniform') assert.ok(draws.every((one) => Math.abs(one) <= 10))
    })
  }
})

const PINNED = [500_505_021, 139_884_938, 679_437_157]
