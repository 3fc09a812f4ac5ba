import assert from 'node:assert/strict'
import fc from 'fast-check'
import { randomNormal } from 'd3-random'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { type Figure, INTERVAL_RUNS_MIN, recoveryFigure, summarise } from '../../src/timing/summary.ts'
import type { Timing, TimingStatus } from '../../src/timing/timing.ts'

const known = (...values: number[]): Figure[] => values.map((value) => ({ value, censored: false }))
const over = (...values: number[]): Figure[] => values.map((value) => ({ value, censored: true }))

describe('timing: repeated runs', () => {
  it('gives min, median and max, and no interval below ten runs', () => {
    assert.deepEqual(summarise(known(5, 1, 3), 1), { runs: 3, censored: 0, min: known(1)[0], median: known(3)[0], max: known(5)[0] })
    assert.equal(summarise(known(1, 2, 3, 4, 5, 6, 7, 8, 9), 1)?.interval, undefined)
    assert.notEqual(summarise(known(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 1)?.interval, undefined)
    assert.equal(summarise([], 1), undefined)
  })

  it('keeps a censored run: it is the maximum, and never averaged away', () => {
    const found = summarise([...known(1, 2), ...over(30)], 1)
    assert.deepEqual(found?.max, { value: 30, censored: true })
    assert.deepEqual(found?.median, { value: 2, censored: false })
    assert.equal(found?.censored, 1)
  })

  it('says "more than" of a median that hangs on a censored run', () => {
    assert.deepEqual(summarise([...known(1, 3), ...over(30, 30)], 1)?.median, { value: 16.5, censored: true })
    assert.deepEqual(summarise(over(30, 20), 1)?.min, { value: 20, censored: true })
  })

  it('does not trust a censored run to be below a longer known one', () => {
    // "More than 10" may well be more than 40.
    assert.deepEqual(summarise([...over(10), ...known(20, 40)], 1)?.median, { value: 20, censored: true })
    assert.deepEqual(summarise([...over(10), ...known(20, 40)], 1)?.max, { value: 40, censored: true })
  })

  it('gives the same interval for the same seed, around the median', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: INTERVAL_RUNS_MIN, maxLength: 20 }), fc.nat(), (values, seed) => {
      const found = summarise(known(...values), seed)
      assert.deepEqual(summarise(known(...values), seed), found)
      const [low, high] = [found?.interval?.low.value ?? Number.NaN, found?.interval?.high.value ?? Number.NaN]
      assert.ok(low >= (found?.min.value ?? 0) && high <= (found?.max.value ?? 0))
      assert.ok(low <= (found?.median.value ?? 0) && high >= (found?.median.value ?? 0))
    }), { numRuns: 20 })
  })

  it('holds the true median in about 95 of 100 intervals', () => {
    const draw = randomNormal.source(randomStream(5, 'summary'))(100, 15)
    let held = 0
    for (let trial = 0; trial < 100; trial++) {
      const interval = summarise(known(...Array.from({ length: 20 }, () => draw())), trial)?.interval
      if (interval && interval.low.value <= 100 && interval.high.value >= 100) held++
    }
    assert.ok(held >= 88 && held <= 100, `${held} of 100`)
  })

  it('marks an end of the interval that hangs on censored runs', () => {
    const found = summarise([...known(1, 2, 3, 4, 5, 6), ...over(30, 30, 30, 30, 30)], 1)
    assert.equal(found?.median.censored, false)
    assert.equal(found?.interval?.low.censored, false)
    assert.deepEqual(found?.interval?.high, { value: 30, censored: true })
  })

  it('reads the recovery of a run: 0, a time, "more than", or nothing', () => {
    const timing = (status: TimingStatus, recovery?: number, observed?: number): Timing => ({
      status, recovery: recovery === undefined ? undefined : ms(recovery), observed: observed === undefined ? undefined : ms(observed), width: ms(250), widened: false, baseline: undefined,
      lateOnset: false, degraded: ms(0), depth: 0, area: ms(0), lost: 0, flaps: 0, blips: 0, episodes: [], start: ms(0), buckets: [],
    })
    assert.deepEqual(recoveryFigure(timing('recovered', 700, 30_000)), { value: 700, censored: false })
    assert.deepEqual(recoveryFigure(timing('recovered_during_fault', 0, 30_000)), { value: 0, censored: false })
    assert.deepEqual(recoveryFigure(timing('not_degraded', undefined, 30_000)), { value: 0, censored: false })
    assert.deepEqual(recoveryFigure(timing('not_recovered', undefined, 30_000)), { value: 30_000, censored: true })
    assert.deepEqual(recoveryFigure(timing('metastable', undefined, 30_000)), { value: 30_000, censored: true })
    assert.equal(recoveryFigure(timing('not_exercised')), undefined)
    assert.equal(recoveryFigure(timing('insufficient_data')), undefined)
  })
})
