/** Wider buckets for where the rate is too low to judge narrow ones by. */

import { ms, type Ms } from '../core/units.ts'
import { add, completed, NO_COUNTS, timed } from './counts.ts'
import type { BucketCounts, Series } from './series.ts'
import type { Measure } from './timing.ts'

/** The share of the baseline's buckets that must have enough operations; the rest are unknown. */
const ENOUGH_SHARE = 0.8
/** At this many one operation more or less is no more than 5 % of a rate. */
const RATE_OPERATIONS_MIN = 20
/** A bucket is bad on success when so many failures or more are less probable than this. */
export const IMPROBABLE = 0.001

/** Operations a bucket must have to be judged on its own. `failureRatio` is the baseline's: so many failures in a row would be improbable under it. */
export function operationsNeeded(measure: Measure, failureRatio: number): number {
  switch (measure.kind) {
    // Rounded, because 1 / (1 - 0.9) is a little above 10.
    case 'latency': return Math.ceil(Number((1 / (1 - measure.q)).toFixed(6)))
    case 'rate': return RATE_OPERATIONS_MIN
    case 'success': return failureRatio >= 1 ? Number.POSITIVE_INFINITY : Math.max(1, Math.ceil(Math.log(IMPROBABLE) / Math.log(failureRatio)))
  }
}

/** The operations of a bucket that count towards `operationsNeeded`. */
export function operationsOf(measure: Measure, counts: BucketCounts): number {
  switch (measure.kind) {
    case 'latency': return timed(counts)
    case 'rate': return counts.offered
    case 'success': return completed(counts)
  }
}

/** Whether enough of these buckets can be judged on their own. */
export const wideEnough = (baseline: readonly BucketCounts[], measure: Measure, needed: number): boolean =>
  baseline.length > 0 && baseline.filter((counts) => operationsOf(measure, counts) >= needed).length >= ENOUGH_SHARE * baseline.length

/** The same signal from bucket `first` on, `factor` buckets made one; what is left over at the end is left out. */
export function widened(series: Series, first: number, factor: number): Series {
  const length = Math.max(0, Math.floor((series.counts.length - first) / factor))
  const at = (bucket: number): number => first + bucket * factor
  return {
    width: ms(series.width * factor),
    start: ms(series.start + first * series.width),
    counts: Array.from({ length }, (_, i) => series.counts.slice(at(i), at(i + 1)).reduce(add, NO_COUNTS)),
    latency: (q, from, to) => series.latency(q, at(from), at(to)),
  }
}

/** The width that a steady load of `rate` a second is judged at, for a warning before the run: `width`, doubled until it holds enough. */
export function widthNeeded(measure: Measure, rate: number, width: Ms): Ms {
  const needed = measure.kind === 'success' ? 1 : operationsNeeded(measure, 0)
  let wide: number = width
  while (rate > 0 && (rate * wide) / 1000 < needed) wide *= 2
  return ms(wide)
}
