import assert from 'node:assert/strict'
import fc from 'fast-check'
import { rankTest } from '../../src/statistics/ranks.ts'
import { FREIREICH, known, numbers, observations, over } from './sets.ts'

const near = (found: number, wanted: number, within: number): void => assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted} ± ${within}`)
/** Permeability of human chorioamnion, at term and at 12 to 26 weeks (Hollander and Wolfe 1973, 69f): the example of R's wilcox.test. */
const TERM = known(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
const EARLY = known(1.15, 0.88, 0.90, 0.74, 1.21)

describe('statistics: ranks', () => {
  it('is the exact test of R and of Hollander and Wolfe: W = 35, p = 0.1272', () => {
    const { u, greater } = rankTest(EARLY, TERM)
    assert.equal(u, 35)
    near(greater, 0.1272061, 1e-7)
  })

  it('has the exact tail of the tables: of 5 against 5, U = 4 is 12 of 252, and 1 of 252 is the least', () => {
    const { u, less, least } = rankTest(known(5, 7, 8, 9, 10), known(1, 2, 3, 4.5, 9.5))
    assert.equal(u, 4)
    near(less, 12 / 252, 1e-12)
    near(least, 1 / 252, 1e-12)
  })

  it('counts ties out exactly: 219 of 1716 ways', () => {
    // scipy 1.17, mannwhitneyu with all 1,716 permutations.
    near(rankTest(known(1, 2, 2, 3, 5, 5, 7), known(2, 3, 5, 5, 8, 9)).greater, 0.12762237762, 1e-10)
  })

  it('is normal with the correction of R for ties and continuity where there are many: p = 0.02097 and 0.97956', () => {
    // 35 against 40 with ties, as scipy 1.17 has them.
    const a = known(...Array.from({ length: 35 }, (_, i) => (3 * i) % 41 + 0.5 * (i % 3)))
    const b = known(...Array.from({ length: 40 }, (_, i) => (3 * i) % 41 + 4 + 0.5 * (i % 5)))
    const { u, greater, less } = rankTest(a, b)
    assert.equal(u, 35 * 40 - 508)
    near(greater, 0.0209708, 1e-6)
    near(less, 0.9795588, 1e-6)
  })

  it('is Gehan\'s with censored values: W = 271 for the remissions of Freireich', () => {
    const { treated, placebo } = FREIREICH
    const { u, greater } = rankTest(placebo, treated)
    assert.equal(2 * u - treated.length * placebo.length, 271)
    // Normal: z = 3.607, p = 0.000155. Counted out it is a little less.
    assert.ok(greater > 0.00005 && greater < 0.0002, `${greater}`)
  })

  it('takes a run that did not recover for longer than every one that did, and for unlike nothing that did not either', () => {
    assert.equal(rankTest(known(1, 2, 3), over(30, 30, 30)).u, 9)
    assert.deepEqual(rankTest(over(30, 30), over(30, 20)), { u: 2, greater: 1, less: 1, least: 1 })
    // Above 20 may be above or below 25.
    assert.equal(rankTest(known(25), over(20)).u, 0.5)
  })

  it('says nothing of an empty side or of equal values', () => {
    assert.deepEqual(rankTest([], known(1, 2)), { u: 0, greater: 1, less: 1, least: 1 })
    const { greater, less, least } = rankTest(known(3, 3, 3), known(3, 3, 3))
    assert.deepEqual([greater, less, least], [1, 1, 1])
  })

  it('does not depend on the order of runs, and mirrors when the sets change places', () => fc.assert(fc.property(observations(1, 8), observations(1, 8), (a, b) => {
    const found = rankTest(a, b)
    const again = rankTest([...a].reverse(), [...b].reverse())
    const mirrored = rankTest(b, a)
    near(again.greater, found.greater, 1e-12)
    near(mirrored.less, found.greater, 1e-12)
    near(mirrored.u, a.length * b.length - found.u, 1e-12)
  })))

  it('is no probability above 1 or below the least, and both tails overlap', () => fc.assert(fc.property(observations(1, 8), observations(1, 8), (a, b) => {
    const { greater, less, least } = rankTest(a, b)
    assert.ok(greater <= 1 + 1e-12 && less <= 1 + 1e-12 && Math.min(greater, less) >= least - 1e-12 && greater + less >= 1 - 1e-12)
  })))

  it('sees only order: any growing change of scale leaves it as it is', () => fc.assert(fc.property(numbers(1, 8), numbers(1, 8), (a, b) => {
    const grown = (value: number): number => value ** 3 + 7
    assert.deepEqual(rankTest(known(...a.map(grown)), known(...b.map(grown))), rankTest(known(...a), known(...b)))
  })))
})
