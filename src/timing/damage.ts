/** How much was lost, over the bad buckets: depth, area, operations. */

import { ms, type Ms } from '../core/units.ts'
import { NO_COUNTS } from './counts.ts'
import { type Normal, measured } from './judge.ts'
import type { Series } from './series.ts'
import type { Label, Measure } from './timing.ts'

export interface Damage { readonly degraded: Ms; readonly depth: number; readonly area: Ms; readonly lost: number }

/** Of the bad among buckets [from, labels.length). Good buckets add nothing: summing their noise would make a loss of it. */
export function damageOf(series: Series, labels: readonly Label[], from: number, normal: Normal, measure: Measure): Damage {
  let [bad, depth, area, lost] = [0, 0, 0, 0]
  for (let at = from; at < labels.length; at++) {
    if (labels[at] !== 'bad') continue
    const { offered, ok } = series.counts[at] ?? NO_COUNTS
    const missing = 1 - quality(series, at, normal, measure)
    bad++
    depth = Math.max(depth, missing)
    area += missing
    lost += Math.max(0, offered * normal.goodRatio - ok)
  }
  return { degraded: ms(bad * series.width), depth, area: ms(area * series.width), lost }
}

/** What was left of the service in a bucket, from 0 to 1 of the baseline's. A bucket in which nothing was asked for lost nothing. */
function quality(series: Series, at: number, { band, goodRatio }: Normal, measure: Measure): number {
  const { offered, ok } = series.counts[at] ?? NO_COUNTS
  const served = offered === 0 || goodRatio === 0 ? 1 : clamp(ok / offered / goodRatio)
  if (measure.kind !== 'latency') return served
  const latency = measured(series, at, measure)
  // Slow answers are answers: an operation is charged for its latency or for its failure, whichever is worse, and not for both.
  return latency === undefined ? served : Math.min(served, clamp(band.centre / latency))
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value))
