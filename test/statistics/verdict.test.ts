import assert from 'node:assert/strict'
import fc from 'fast-check'
import { leastRuns, runsNeeded, RUNS_MAX } from '../../src/statistics/runs-needed.ts'
import { judgePairs, type Pair, type Verdict } from '../../src/statistics/verdict.ts'
import { FALSE_MAX, FOUND_MIN, PAIRS, regressions } from './pairs.ts'
import { known, numbers, over } from './sets.ts'

const pair = (a: Pair['a'], b: Pair['b'], better: Pair['better'] = 'lower'): Pair => ({ a, b, better, floor: 0.05 * Math.abs(a[0]?.value ?? 0) })
const QUIET = known(100, 101, 99, 100.5, 99.5)
const SLOWER = known(112, 113, 111, 112.5, 111.5)
const only = (found: readonly Verdict[]): Verdict => found[0] ?? assert.fail('no verdict')

describe('statistics: verdicts', () => {
  it('calls what is surely and largely worse a regression, the other way round an improvement, and the same in the mirror of a rate', () => {
    const found = judgePairs([pair(QUIET, SLOWER), pair(SLOWER, QUIET), pair(QUIET, SLOWER, 'higher'), pair(SLOWER, QUIET, 'higher')])
    assert.deepEqual(found.map(({ finding, notWorse }) => [finding, notWorse]), [['regression', false], ['improvement', true], ['improvement', true], ['regression', false]])
    assert.deepEqual([found[0]?.shift.estimate, found[0]?.p.toFixed(5)], [12, (1 / 252).toFixed(5)])
  })

  it('calls no change what is surely smaller than the floor, though it be sure', () => {
    const { finding, p, runs } = only(judgePairs([pair(QUIET, known(102.1, 102.2, 102.3, 102.4, 102.5))]))
    assert.deepEqual([finding, runs], ['no change', undefined])
    assert.ok(p < 0.01)
  })

  it('calls inconclusive what scatters too much, and says that a regression is ruled out where it is', () => {
    const wide = only(judgePairs([pair(known(80, 120, 100, 90, 110), known(85, 125, 103, 92, 114))]))
    assert.deepEqual([wide.finding, wide.notWorse], ['inconclusive', false])
    assert.ok((wide.runs ?? 0) > 20, `${wide.runs}`)
    const faster = only(judgePairs([pair(known(100, 104, 108, 96, 92), known(84, 98, 96, 93, 99))]))
    assert.deepEqual([faster.finding, faster.notWorse], ['inconclusive', true])
  })

  it('never finds anything in one run against one, and says how many it takes', () => {
    assert.deepEqual([only(judgePairs([pair(known(100), known(900))])).finding, only(judgePairs([pair(known(100), known(900))])).runs], ['inconclusive', 3])
    assert.equal(only(judgePairs(Array.from({ length: 10 }, () => pair(known(100), known(900))))).runs, 5)
  })

  it('takes three runs against three where one figure is asked for, and not where three are', () => {
    const three = pair(known(100, 101, 99), known(112, 113, 111))
    assert.equal(only(judgePairs([three])).finding, 'regression')
    assert.equal(only(judgePairs([three, pair(known(1, 2, 3), known(3, 2, 1.5)), pair(known(5, 4, 3), known(3.5, 4.5, 5.5))])).finding, 'inconclusive')
  })

  it('does not let figures that hardly move from run to run take part in the count of tests', () => {
    const constant = pair(known(1, 1, 1, 1, 1), known(1, 1.01, 1, 0.99, 1), 'higher')
    const doubtful = pair(known(100, 101, 102, 103, 104), known(103.5, 110, 111, 112, 113))
    const found = judgePairs([doubtful, ...Array.from({ length: 30 }, () => constant)])
    assert.equal(found[0]?.finding, 'regression')
    assert.deepEqual([...new Set(found.slice(1).map(({ finding }) => finding))], ['no change'])
    assert.equal(only(judgePairs([pair(known(1, 1), known(1, 1))])).finding, 'inconclusive')
  })

  it('keeps runs that did not recover: two of five are doubt, five of five are a regression of at least what was watched', () => {
    const back = known(2000, 2100, 1900, 2050, 1950)
    const none = only(judgePairs([pair(back, over(30_000, 30_000, 30_000, 30_000, 30_000))]))
    assert.deepEqual([none.finding, none.shift.least, none.shift.high], ['regression', 28_000, Number.POSITIVE_INFINITY])
    const some = only(judgePairs([pair(back, [...known(2010, 2060, 1940), ...over(30_000, 30_000)])]))
    assert.deepEqual([some.finding, some.notWorse], ['inconclusive', false])
  })

  it('does not turn into another when units are changed, or the order of runs', () => fc.assert(fc.property(numbers(4, 7), numbers(4, 7), fc.integer({ min: 1, max: 1000 }), (a, b, scale) => {
    const judged = only(judgePairs([{ a: known(...a), b: known(...b), better: 'lower', floor: 2 }]))
    const scaled = only(judgePairs([{ a: known(...[...a].reverse().map((value) => value * scale)), b: known(...b.map((value) => value * scale)), better: 'lower', floor: 2 * scale }]))
    assert.deepEqual([scaled.finding, scaled.notWorse], [judged.finding, judged.notWorse])
  })))
})

describe('statistics: runs that would be enough', () => {
  const open = { a: known(95, 100, 105), b: known(105, 110, 115), shift: 10, floor: 5, level: 0.05, tail: 0.05 }

  it('grow with the square of the noise, and with the number of tests', () => {
    // Known noise of 5 and a shift of 10: 2 (0.5 x 2.486)^2 / 0.955 = 3.2.
    assert.equal(runsNeeded(open), 4)
    const noisy = { ...open, a: known(90, 100, 110), b: known(100, 110, 120) }
    assert.equal(runsNeeded(noisy), 13)
    assert.equal(runsNeeded({ ...noisy, level: 0.005 }), 25)
    assert.ok(runsNeeded({ ...open, shift: 4.999 }) > RUNS_MAX)
  })

  it('are never fewer than a test takes to reach its level: 3, 4, 5 for 5 %, 2.5 % and 1 %', () => {
    assert.deepEqual([0.05, 0.025, 0.01, 0.001].map(leastRuns), [3, 4, 5, 7])
    assert.equal(runsNeeded({ ...open, a: known(100), b: known(110) }), 3)
  })
})

describe('statistics: pairs of simulated sets', () => {
  // `make stats` has them all.
  it('finds a load that is 10 % slower at 5 % noise in 5 runs a set, nine times of ten, and a false regression in one of twenty at most', () => {
    assert.ok(regressions({ figures: 'load', common: 0, runs: 5, slower: 0.1 }, PAIRS, 1) >= FOUND_MIN * PAIRS)
    assert.ok(regressions({ figures: 'load', common: 0, runs: 5, slower: 0 }, PAIRS, 1) <= FALSE_MAX * PAIRS)
  })
})
