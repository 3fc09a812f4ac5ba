import assert from 'node:assert/strict'
import { randomNormal } from 'd3-random'
import { randomStream } from '../../src/core/random.ts'
import { changePoints } from '../../src/statistics/change-points.ts'
import { pettitt } from '../../src/statistics/pettitt.ts'
import { NILE } from './sets.ts'

const OPTIONS = { least: 5, level: 0.01, shuffles: 199 }
/** Normal values about each of the means in turn. */
function series(stretches: readonly (readonly [length: number, mean: number])[], deviation: number, seed: number): number[] {
  const draw = randomNormal.source(randomStream(seed, 'series'))(0, deviation)
  return stretches.flatMap(([length, mean]) => Array.from({ length }, () => mean + draw()))
}
const found = (values: readonly number[], seed = 1): readonly number[] => changePoints(values, OPTIONS, randomStream(seed, 'test'))

describe('statistics: change points', () => {
  it('finds that the Nile fell for good in 1899, and nothing else', () => {
    assert.deepEqual(found(NILE).map((at) => 1871 + at), [1899])
    const { at, k, p } = pettitt(NILE, 199, randomStream(1, 'pettitt'))
    assert.deepEqual([1871 + at, k, p], [1899, 1617, 1 / 200])
  })

  it('finds each of several known changes to within a value or two, and hardly ever one more', () => {
    const extra = Array.from({ length: 20 }, (_, seed) => {
      const changes = found(series([[20, 100], [20, 120], [20, 105]], 4, seed))
      for (const wanted of [20, 40]) assert.ok(changes.some((at) => Math.abs(at - wanted) <= 2), `seed ${seed}: ${changes}`)
      return changes.length - 2
    })
    assert.ok(extra.filter((count) => count > 0).length <= 2, `${extra}`)
  })

  it('finds a change of spread, which is none of the level', () => {
    const [narrow, wide] = [series([[40, 0]], 1, 3), series([[40, 0]], 12, 4)]
    const [change = 0] = found([...narrow, ...wide])
    assert.ok(Math.abs(change - 40) <= 4, `${change}`)
  })

  it('finds none in most series without any: at most 2 of 60 at a level of 1 %', () => {
    const alarms = Array.from({ length: 60 }, (_, seed) => found(series([[24, 100]], 5, 100 + seed), seed)).filter((changes) => changes.length > 0)
    assert.ok(alarms.length <= 2, `${alarms.length}`)
  })

  it('parts nothing smaller than it is told, and nothing of equal values', () => {
    assert.deepEqual(found([1, 1, 1, 9, 9, 9]), [])
    assert.deepEqual(changePoints([1, 1, 1, 1, 9, 9, 9, 9], { ...OPTIONS, least: 4, level: 0.05 }, randomStream(1, 'x')), [4])
    assert.deepEqual([found(Array.from({ length: 30 }, () => 7)), found([])], [[], []])
  })

  it('gives the same answer for the same seed', () => {
    const values = series([[15, 100], [15, 103]], 4, 9)
    assert.deepEqual(found(values, 7), found(values, 7))
  })

  it('is not led astray by one wild value, as the second test sees it', () => {
    const values = series([[20, 100]], 2, 5)
    values[10] = 900
    assert.ok(pettitt(values, 199, randomStream(1, 'pettitt')).p > 0.05)
  })
})
