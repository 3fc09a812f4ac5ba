/** By how much one set lies above another: the median of all differences (Hodges and Lehmann, 1963), and an interval from the rank test turned round. */

import { ascend, medianOf } from './median.ts'
import { normalAbove } from './normal.ts'
import type { Observation } from './observation.ts'
import { EXACT_MAX, waysOf } from './permutation.ts'

export interface Shift {
  /** Of `b` against `a`. Where values are censored, with them at their bounds. */
  readonly estimate: number
  /** What the estimate could be where values are censored: equal to it where none of them matters. */
  readonly least: number
  readonly most: number
  /** Infinite where there are too few values for this confidence, or where what is censored leaves it open. */
  readonly low: number
  readonly high: number
}

/** Undefined where a side is empty. `confidence` such as 0.9; the interval holds it at least. */
export function shiftOf(a: readonly Observation[], b: readonly Observation[], confidence: number): Shift | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  const [least, at, most] = [differences(a, b, -1), differences(a, b, 0), differences(a, b, 1)]
  const skipped = skippedAtEachEnd(a.length, b.length, (1 - confidence) / 2)
  return {
    estimate: medianOf(at), least: medianOf(least), most: medianOf(most),
    low: skipped === 0 ? Number.NEGATIVE_INFINITY : (least[skipped - 1] ?? Number.NEGATIVE_INFINITY),
    high: skipped === 0 ? Number.POSITIVE_INFINITY : (most.at(-skipped) ?? Number.POSITIVE_INFINITY),
  }
}

/** All of them, ascending: with what is censored at its bound, or where the differences are least (`lean` -1) or greatest (1). */
function differences(a: readonly Observation[], b: readonly Observation[], lean: -1 | 0 | 1): number[] {
  const at = ({ value, censored }: Observation, endless: boolean): number => (censored && endless ? Number.POSITIVE_INFINITY : value)
  const low = a.map((one) => at(one, lean < 0))
  const high = b.map((one) => at(one, lean > 0))
  return high.flatMap((upper) => low.map((lower) => upper - lower)).sort(ascend)
}

/** How many differences at each end are within `tail` by chance: the interval goes from this one, counted from 1, to the same from above. */
function skippedAtEachEnd(a: number, b: number, tail: number): number {
  if (a + b > EXACT_MAX) return Math.max(0, Math.floor((a * b) / 2 - normalAbove(tail) * Math.sqrt((a * b * (a + b + 1)) / 12)))
  const { ways } = waysOf(Array.from({ length: a + b }, (_, i) => i), b)
  // Ways lead from the least sum of ranks on: U is 0 there.
  const first = (b * (b - 1)) / 2
  const all = ways.reduce((sum, count) => sum + count, 0)
  let below = 0
  for (let u = 0; ; u++) {
    below += ways[first + u] ?? 0
    // A tail that is met exactly is met: 1 of 20 is 5 %.
    if (below / all > tail + 1e-12) return u
  }
}
