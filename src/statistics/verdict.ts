/** Did it get worse? Two sets of runs, several figures of each, and one answer for each figure. docs/compare.md has the reasons. */

import { adjusted } from './false-discovery.ts'
import type { Observation } from './observation.ts'
import { rankTest, type RankTest } from './ranks.ts'
import { runsNeeded } from './runs-needed.ts'
import { shiftOf, type Shift } from './shift.ts'

/** Of all regressions that are called so, no more than this share is none; and where nothing changed at all, no more than this share of comparisons finds any. */
export const FALSE_SHARE = 0.05
/** 5 % on either side, as the one-sided tests have it: before many tests are allowed for, an interval that holds no zero and a test that finds something are the same. */
export const CONFIDENCE = 0.9

export interface Pair {
  readonly a: readonly Observation[]
  readonly b: readonly Observation[]
  readonly better: 'lower' | 'higher'
  /** The least shift that counts. It must not depend on which run is of which set. */
  readonly floor: number
}

export type Finding = 'regression' | 'improvement' | 'no change' | 'inconclusive'

export interface Verdict {
  readonly finding: Finding
  /** A regression as large as the floor is ruled out. */
  readonly notWorse: boolean
  readonly shift: Shift
  /** One-sided p that `b` is worse, and the same with the other figures allowed for; that of a figure which could not have shown anything stays as it is. */
  readonly p: number
  readonly q: number
  /** Runs in each set that would settle it, where it is inconclusive; above RUNS_MAX: many. */
  readonly runs: number | undefined
}

interface Tested { readonly pair: Pair; readonly test: RankTest; readonly shift: Shift; readonly worse: number; readonly better: number }

/** In the order of the pairs. A pair with an empty side is no pair: it throws. */
export function judgePairs(pairs: readonly Pair[], level: number = FALSE_SHARE): readonly Verdict[] {
  const tested = pairs.map(testPair)
  // What could be no finding however the same values were dealt out is no test to be allowed for (Tarone, Biometrics 46, 1990).
  const moving = tested.filter(({ pair }) => !isStill(pair))
  const telling = moving.filter(({ test }) => test.least <= level + ROUNDING)
  const worse = adjusted(telling.map((one) => one.worse))
  const better = adjusted(telling.map((one) => one.better))
  return tested.map((one) => {
    const at = telling.indexOf(one)
    return verdictOf(one, at < 0 ? undefined : { worse: worse[at] ?? 1, better: better[at] ?? 1 }, { level, family: moving.length })
  })
}

/** 12 of 252 and its like must not miss a level by the last bit. */
const ROUNDING = 1e-12

function testPair(pair: Pair): Tested {
  const { a, b, better } = pair
  const shift = shiftOf(a, b, CONFIDENCE)
  if (!shift) throw new Error('a set without runs')
  const test = rankTest(a, b)
  const [worse, good] = better === 'lower' ? [test.greater, test.less] : [test.less, test.greater]
  return { pair, test, shift, worse, better: good }
}

function verdictOf({ pair, shift, worse }: Tested, found: { readonly worse: number; readonly better: number } | undefined, { level, family }: { readonly level: number; readonly family: number }): Verdict {
  const { floor } = pair
  // Turned so that what is above zero is worse; of a censored one the end that is known.
  const [least, most, low, high] = pair.better === 'lower' ? [shift.least, shift.most, shift.low, shift.high] : [-shift.most, -shift.least, -shift.high, -shift.low]
  const finding = ((): Finding => {
    if (found && found.worse <= level + ROUNDING && least >= floor) return 'regression'
    if (found && found.better <= level + ROUNDING && most <= -floor) return 'improvement'
    return low > -floor && high < floor ? 'no change' : 'inconclusive'
  })()
  const runs = finding === 'inconclusive' ? runsNeeded({ a: pair.a, b: pair.b, shift: shift.estimate, floor, level: level / Math.max(1, family), tail: (1 - CONFIDENCE) / 2 }) : undefined
  return { finding, notWorse: finding !== 'regression' && (finding !== 'inconclusive' || high < floor), shift, p: worse, q: found?.worse ?? worse, runs }
}

/** All runs of both sets lie so close together that no two of them differ by the floor. */
function isStill({ a, b, floor }: Pair): boolean {
  const values = [...a, ...b].map(({ value }) => value)
  return Math.max(...values) - Math.min(...values) < floor && ![...a, ...b].some(({ censored }) => censored)
}
