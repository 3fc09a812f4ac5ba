/** Each bucket of a signal against its baseline: good, bad or unknown. */

import { ms, type Ms } from '../core/units.ts'
import { type Band, bandOf, SPREADS } from './band.ts'
import { binomialTail } from './binomial.ts'
import { add, completed, failed, NO_COUNTS } from './counts.ts'
import type { BucketCounts, Series } from './series.ts'
import type { Label, Measure, Options, Tolerance } from './timing.ts'
import { IMPROBABLE, operationsNeeded, operationsOf } from './widen.ts'

export const TOLERANCE: Tolerance = { abs: ms(5), rel: 0.2 }

/** What the baseline says is normal. */
export interface Normal {
  /** Of the measure itself: ms, ok share of what completed, ok operations by offered. */
  readonly band: Band
  readonly badAbove?: number | undefined
  readonly badBelow?: number | undefined
  /** Failures by completed operations; never 0, for the unseen is not impossible. */
  readonly failureRatio: number
  /** ok operations by offered. */
  readonly goodRatio: number
  readonly needed: number
}

/** The failure ratio of the baseline. Where it had none, one in as many operations and two is what it cannot rule out. */
export function failureRatioOf(baseline: readonly BucketCounts[]): number {
  const total = baseline.reduce(add, NO_COUNTS)
  return failed(total) > 0 ? failed(total) / completed(total) : 1 / (completed(total) + 2)
}

/** What is measured in bucket `at`; undefined where there is nothing to measure by. */
export function measured(series: Series, at: number, measure: Measure): number | undefined {
  const counts = series.counts[at] ?? NO_COUNTS
  switch (measure.kind) {
    case 'latency': return series.latency(measure.q, at, at + 1)
    case 'success': return completed(counts) === 0 ? undefined : counts.ok / completed(counts)
    case 'rate': return counts.offered === 0 ? undefined : counts.ok / counts.offered
  }
}

/** From the first `length` buckets of `series`; only those with enough operations say what is normal. */
export function normalOf(series: Series, length: number, { measure, tolerance = TOLERANCE, successAtLeast = 0 }: Options): Normal {
  const baseline = series.counts.slice(0, length)
  const total = baseline.reduce(add, NO_COUNTS)
  const failureRatio = failureRatioOf(baseline)
  const needed = operationsNeeded(measure, failureRatio)
  const values = baseline.flatMap((counts, at) => (operationsOf(measure, counts) < needed ? [] : measured(series, at, measure) ?? []))
  const band = bandOf(values)
  const common = { band, failureRatio, needed, goodRatio: total.offered === 0 ? 0 : total.ok / total.offered }
  const slack = Math.max(tolerance.rel * band.centre, SPREADS * band.spread)
  switch (measure.kind) {
    case 'latency': return { ...common, badAbove: band.centre + Math.max(tolerance.abs, slack) }
    case 'rate': return { ...common, badAbove: band.centre + slack, badBelow: band.centre - slack }
    case 'success': return { ...common, badBelow: Math.max(successAtLeast, goodAtLeast(Math.round(completed(total) / Math.max(1, length)), failureRatio)) }
  }
}

/** The ok share below which a bucket of `trials` operations is bad. */
function goodAtLeast(trials: number, failureRatio: number): number {
  let failures = 0
  while (failures < trials && binomialTail(failures + 1, trials, failureRatio) >= IMPROBABLE) failures++
  return trials === 0 ? 0 : 1 - failures / trials
}

export function labelsOf(series: Series, normal: Normal, { measure, successAtLeast }: Options): readonly Label[] {
  const { badAbove = Number.POSITIVE_INFINITY, badBelow = Number.NEGATIVE_INFINITY, needed } = normal
  let isShort = false
  return series.counts.map((counts, at) => {
    const wasShort = isShort
    const value = operationsOf(measure, counts) < needed ? undefined : measured(series, at, measure)
    if (value !== undefined) isShort = value < badBelow
    const success = successLabel(counts, normal, successAtLeast)
    // Instant errors leave only quick answers behind: they must not look like an improvement.
    if (success === 'bad' || measure.kind === 'success') return success
    if (value === undefined) return 'unknown'
    // A rate above its band right after one below it is the backlog being answered: the other half of one pause, not a second bad bucket.
    if (value > badAbove) return wasShort ? 'good' : 'bad'
    return value < badBelow ? 'bad' : 'good'
  })
}

function successLabel(counts: BucketCounts, { failureRatio }: Normal, atLeast: number | undefined): Label {
  const [all, failures] = [completed(counts), failed(counts)]
  if (all === 0) return counts.offered > 0 ? 'bad' : 'unknown'
  if (atLeast !== undefined && counts.ok / all < atLeast) return 'bad'
  if (failures > 0 && binomialTail(failures, all, failureRatio) < IMPROBABLE) return 'bad'
  // So few that even failing altogether would prove nothing.
  return all < operationsNeeded({ kind: 'success' }, failureRatio) ? 'unknown' : 'good'
}

/** Where `time` falls, in buckets from the start; exact at a bucket's border, whatever the rounding. */
export function bucketAt({ start, width }: { readonly start: Ms; readonly width: Ms }, time: Ms): number {
  const at = (time - start) / width
  return Math.abs(at - Math.round(at)) < 1e-6 ? Math.round(at) : at
}
