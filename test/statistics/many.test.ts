import assert from 'node:assert/strict'
import fc from 'fast-check'
import { randomStream } from '../../src/core/random.ts'
import { adjusted } from '../../src/statistics/false-discovery.ts'
import { normalAbove, normalTail } from '../../src/statistics/normal.ts'
import { logRank, medianTime } from '../../src/statistics/survival.ts'
import { shuffled } from '../../src/statistics/shuffle.ts'
import { FREIREICH, known, observations, over } from './sets.ts'

const near = (found: number, wanted: number, within: number): void => assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted} ± ${within}`)

describe('statistics: many tests at once', () => {
  /** The fifteen p of the worked example in Benjamini and Hochberg 1995 (neonatal thrombolysis). */
  const EXAMPLE = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]

  it('finds the first four of the example of 1995 at 5 %, where Bonferroni finds three', () => {
    const found = adjusted(EXAMPLE)
    assert.deepEqual(found.map((q, i) => (q <= 0.05 ? i : -1)).filter((i) => i >= 0), [0, 1, 2, 3])
    near(found[3] ?? 0, 0.035625, 1e-12)
    near(found[5] ?? 0, 0.0638571, 1e-7)
    assert.equal(EXAMPLE.filter((p) => p * EXAMPLE.length <= 0.05).length, 3)
  })

  it('leaves a single one as it is, and none none', () => {
    assert.deepEqual([adjusted([0.03]), adjusted([])], [[0.03], []])
  })

  it('goes with its p in whatever order they come, is never below it, and keeps their order', () => fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1000 }).map((mille) => mille / 1000), { minLength: 1, maxLength: 12 }), (ps) => {
    const found = adjusted(ps)
    const mirrored = [...adjusted([...ps].reverse())].reverse()
    for (const [i, p] of ps.entries()) {
      near(mirrored[i] ?? 2, found[i] ?? 3, 1e-12)
      assert.ok((found[i] ?? 0) >= p - 1e-12 && (found[i] ?? 2) <= 1)
      for (const [j, other] of ps.entries()) if (p < other) assert.ok((found[i] ?? 2) <= (found[j] ?? 0))
    }
  })))
})

describe('statistics: times not watched to their end', () => {
  it('has the medians of Freireich: 23 weeks against 8', () => {
    assert.deepEqual([medianTime(FREIREICH.treated), medianTime(FREIREICH.placebo)], [23, 8])
  })

  it('has his log-rank test: chi-square 16.79, p = 0.0000417', () => {
    const { chiSquare, p } = logRank(FREIREICH.treated, FREIREICH.placebo)
    near(chiSquare, 16.7929, 1e-4)
    near(p, 0.0000417, 5e-7)
  })

  it('knows no median where half did not end, and no difference where nothing did', () => {
    assert.equal(medianTime([...known(1), ...over(30, 30)]), undefined)
    assert.equal(medianTime([...known(1, 2), ...over(30, 30)]), 2)
    assert.equal(medianTime([]), undefined)
    assert.deepEqual(logRank(over(30), over(20, 10)), { chiSquare: 0, p: 1 })
  })

  it('does not mind which set is which', () => fc.assert(fc.property(observations(1, 8), observations(1, 8), (a, b) => {
    near(logRank(a, b).chiSquare, logRank(b, a).chiSquare, 1e-9)
  })))
})

describe('statistics: the normal distribution', () => {
  it('has the tails of the tables, both ways', () => {
    for (const [z, tail] of [[0, 0.5], [1, 0.158655], [1.644854, 0.05], [1.959964, 0.025], [3, 0.00135]] as const) {
      near(normalTail(z), tail, 1e-6)
      near(normalAbove(tail), z, 1e-3)
    }
    near(normalTail(-1), 0.841345, 1e-6)
  })
})

describe('statistics: shuffling', () => {
  it('keeps every value, and each gets to each place alike', () => {
    const random = randomStream(1, 'shuffle')
    const places: number[] = []
    for (let i = 0; i < 8000; i++) places.push(shuffled([1, 2, 3, 4], random).indexOf(1))
    for (const place of [0, 1, 2, 3]) near(places.filter((one) => one === place).length, 2000, 200)
    fc.assert(fc.property(fc.array(fc.integer()), (values) => { assert.deepEqual(shuffled(values, random).sort((a, b) => a - b), [...values].sort((a, b) => a - b)) }))
  })
})
