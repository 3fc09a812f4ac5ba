/** What is normal: the middle of the baseline's buckets and how far they scatter. Both robust, so that a few odd buckets move neither. */

import { median, medianAbsoluteDeviation } from 'simple-statistics'

export interface Band { readonly centre: number; readonly spread: number }

/** Makes the median absolute deviation comparable to a standard deviation. */
const MAD_TO_SIGMA = 1.4826
/**
 * A bucket is off when it is further from the centre than this many spreads. Three would do for the bell curve; a p95 of 25
 * operations has a long upper tail, and three gave one healthy run in ten an episode (test/bench/stats.ts).
 */
export const SPREADS = 6

/** Both 0 for no values. */
export const bandOf = (values: readonly number[]): Band =>
  values.length === 0 ? { centre: 0, spread: 0 } : { centre: median([...values]), spread: MAD_TO_SIGMA * medianAbsoluteDeviation([...values]) }
