import assert from 'node:assert/strict'
import fc from 'fast-check'
import { rankTest } from '../../src/statistics/ranks.ts'
import { shiftOf } from '../../src/statistics/shift.ts'
import { known, numbers, observations, over } from './sets.ts'

const near = (found: number | undefined, wanted: number): void => assert.ok(found !== undefined && Math.abs(found - wanted) < 1e-9, `${found} is not ${wanted}`)

describe('statistics: shift', () => {
  it('is 0.305 with 95 % from -0.15 to 0.76 for the chorioamnion of Hollander and Wolfe, as R\'s wilcox.test has it', () => {
    const found = shiftOf(known(1.15, 0.88, 0.90, 0.74, 1.21), known(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), 0.95)
    near(found?.estimate, 0.305)
    near(found?.low, -0.15)
    near(found?.high, 0.76)
  })

  it('has an interval only where there are runs enough: 3 against 3 for 90 %, 4 against 4 for 95 %', () => {
    const [three, more] = [known(1, 2, 3), known(11, 12, 13)]
    assert.deepEqual(shiftOf(three, more, 0.9), { estimate: 10, least: 10, most: 10, low: 8, high: 12 })
    assert.deepEqual([shiftOf(three, more, 0.95)?.low, shiftOf(three, more, 0.95)?.high], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
    assert.equal(shiftOf([...three, ...known(4)], [...more, ...known(14)], 0.95)?.low, 7)
    assert.equal(shiftOf([], three, 0.9), undefined)
  })

  it('knows no upper end where runs of the second set are censored, and its estimate where they do not matter', () => {
    const found = shiftOf(known(1, 2, 3, 4, 5), [...known(11, 12, 13, 14), ...over(30)], 0.9)
    assert.deepEqual(found, { estimate: 10, least: 10, most: 10, low: 8, high: Number.POSITIVE_INFINITY })
    const open = shiftOf(known(1, 2, 3), over(30, 30, 30), 0.9)
    assert.deepEqual([open?.least, open?.most, open?.high], [28, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  })

  it('moves with the values: what is added to one set is added to estimate and interval', () => fc.assert(fc.property(numbers(3, 8), numbers(3, 8), fc.integer({ min: -50, max: 50 }), (a, b, by) => {
    const [before, after] = [shiftOf(known(...a), known(...b), 0.9), shiftOf(known(...a), known(...b.map((value) => value + by)), 0.9)]
    for (const key of ['estimate', 'low', 'high'] as const) near(after?.[key], (before?.[key] ?? 0) + by)
  })))

  it('mirrors when the sets change places, and does not depend on the order of runs', () => fc.assert(fc.property(numbers(3, 8), numbers(3, 8), (a, b) => {
    const found = shiftOf(known(...a), known(...b), 0.9)
    const mirrored = shiftOf(known(...[...b].reverse()), known(...[...a].reverse()), 0.9)
    near(mirrored?.estimate, -(found?.estimate ?? 0))
    near(mirrored?.low, -(found?.high ?? 0))
  })))

  it('agrees with the test: without ties the 90 % interval lies above zero where one-sided p is at most 5 %, and only there', () => fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 10, maxLength: 14 }), (all) => {
    const [a, b] = [known(...all.slice(0, 5)), known(...all.slice(5))]
    const { greater } = rankTest(a, b)
    assert.equal((shiftOf(a, b, 0.9)?.low ?? 0) > 0, greater <= 0.05 + 1e-12)
  })))

  it('holds the estimate within its interval, censored or not', () => fc.assert(fc.property(observations(3, 8), observations(3, 8), (a, b) => {
    const found = shiftOf(a, b, 0.9)
    assert.ok(found && found.low <= found.least && found.least <= found.estimate && found.estimate <= found.most && found.most <= found.high, JSON.stringify(found))
  })))
})
