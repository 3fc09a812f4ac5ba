/**
 * One signal of one run: how it degraded and how soon it was back. docs/timing.md has the definitions.
 *
 *     baseline        armed  effect                clear                                   end
 *     |---- normal ----|......|------- episodes are looked for, to the last whole bucket -------|
 */

import { ms, type Ms } from '../core/units.ts'
import { bandOf, SPREADS } from './band.ts'
import { add, completed, NO_COUNTS } from './counts.ts'
import { damageOf } from './damage.ts'
import { blipsOf, episodesOf, type Run } from './episodes.ts'
import { bucketAt, failureRatioOf, labelsOf, normalOf, type Normal, TOLERANCE } from './judge.ts'
import type { Series } from './series.ts'
import type { Label, Options, Timing, TimingStatus } from './timing.ts'
import { operationsNeeded, operationsOf, wideEnough, widened } from './widen.ts'

/** Fewer known buckets than this make no baseline. */
export const BASELINE_BUCKETS_MIN = 20

/** A signal at the width it can be judged at, from the first whole bucket of its baseline. */
interface Judged { readonly series: Series; readonly baseline: number; readonly widened: boolean }

/** Pure: looks at no clock, no file and no wall time. Never throws; what cannot be said is `insufficient_data` or `not_exercised`. */
export function analyse(series: Series, options: Options): Timing {
  const { times } = options
  const judged = judgeable(series, options)
  if (!judged) return { ...nothing(series), status: 'insufficient_data' }
  const normal = normalOf(judged.series, judged.baseline, options)
  const found = { ...nothing(judged.series), widened: judged.widened, baseline: figuresOf(judged, normal) }
  const labels = labelsOf(judged.series, normal, options).slice(0, Math.max(0, Math.floor(bucketAt(judged.series, times.end))))
  if (times.effect === undefined) return { ...found, status: 'not_exercised', buckets: labels }
  const from = Math.max(0, Math.floor(bucketAt(judged.series, times.effect)))
  const watched = labels.slice(from)
  if (watched.every((label) => label === 'unknown')) return { ...found, status: 'insufficient_data', buckets: labels }
  const runs = episodesOf(watched, holdOf(judged.series, options))
  return {
    ...found, ...damageOf(judged.series, labels, from, normal, options.measure), buckets: labels, blips: blipsOf(watched),
    ...outcome(judged, labels, runs.map((run) => ({ ...run, from: run.from + from, to: run.to + from })), options),
  }
}

const nothing = ({ width, start }: Series): Omit<Timing, 'status'> =>
  ({ width, start, widened: false, baseline: undefined, lateOnset: false, degraded: ms(0), depth: 0, area: ms(0), lost: 0, flaps: 0, blips: 0, episodes: [], buckets: [] })

const holdOf = ({ width }: Series, { hold }: Options): number => Math.max(1, Math.ceil(Number((hold / width).toFixed(6))))

/** Doubles the width until enough of the baseline's buckets can be judged; undefined where that leaves too few of them, or too few operations in all. */
function judgeable(series: Series, { measure, times, minSamples }: Options): Judged | undefined {
  const first = Math.max(0, Math.ceil(bucketAt(series, times.baselineFrom)))
  const length = Math.min(series.counts.length, Math.floor(bucketAt(series, times.baselineTo))) - first
  const narrow = series.counts.slice(first, first + Math.max(0, length))
  if (completed(narrow.reduce(add, NO_COUNTS)) < Math.max(1, minSamples)) return undefined
  const needed = operationsNeeded(measure, failureRatioOf(narrow))
  for (let factor = 1; length / factor >= BASELINE_BUCKETS_MIN; factor *= 2) {
    const wide = widened(series, first, factor)
    const baseline = Math.floor(length / factor)
    const counts = wide.counts.slice(0, baseline)
    if (!wideEnough(counts, measure, needed)) continue
    const known = counts.filter((bucket) => operationsOf(measure, bucket) >= needed).length
    return known >= BASELINE_BUCKETS_MIN ? { series: wide, baseline, widened: factor > 1 } : undefined
  }
  return undefined
}

function figuresOf({ series, baseline }: Judged, { band, badAbove, badBelow }: Normal): Timing['baseline'] {
  const samples = completed(series.counts.slice(0, baseline).reduce(add, NO_COUNTS))
  return { centre: band.centre, spread: band.spread, buckets: baseline, samples, badAbove, badBelow }
}

type Outcome = Pick<Timing, 'status' | 'onset' | 'lateOnset' | 'recovered' | 'recovery' | 'observed' | 'sinceFault' | 'flaps' | 'episodes'>

/** Everything that hangs on the episodes and on when the fault was there. */
function outcome(judged: Judged, labels: readonly Label[], runs: readonly Run[], options: Options): Outcome {
  const { start, width } = judged.series
  const { effect, clear, end } = options.times
  const time = (bucket: number): Ms => ms(start + bucket * width)
  const [first, last] = [runs[0], runs.at(-1)]
  const observed = clear === undefined ? undefined : ms(Math.max(0, end - clear))
  if (!first || !last) return { status: 'not_degraded', lateOnset: false, observed, flaps: 0, episodes: [] }
  // The bucket in which the fault took effect began before it did.
  const onset = ms(Math.max(time(first.from), effect ?? 0))
  const found = {
    onset, lateOnset: clear !== undefined && onset >= clear, observed, flaps: runs.length - 1,
    episodes: runs.map((run) => ({ from: ms(Math.max(time(run.from), effect ?? 0)), to: run.ended ? time(run.to) : end })),
  }
  if (!last.ended) return { ...found, status: stuck(judged, labels, options) }
  const recovered = time(last.to)
  const status: TimingStatus = clear === undefined || recovered + width <= clear ? 'recovered_during_fault' : 'recovered'
  return { ...found, status, recovered, recovery: ms(clear === undefined ? 0 : Math.max(0, recovered - clear)), sinceFault: ms(recovered - (effect ?? recovered)) }
}

/**
 * Not recovered, or metastable: over the last `hold`, all of it after the fault had gone, the offered load was in the
 * baseline's band and yet most of what is known was bad.
 */
function stuck({ series, baseline }: Judged, labels: readonly Label[], options: Options): TimingStatus {
  const { clear } = options.times
  const from = labels.length - holdOf(series, options)
  if (clear === undefined || from < bucketAt(series, clear)) return 'not_recovered'
  const offered = series.counts.map((counts) => counts.offered)
  const { centre, spread } = bandOf(offered.slice(0, baseline))
  const now = bandOf(offered.slice(from, labels.length)).centre
  const isBack = Math.abs(now - centre) <= Math.max((options.tolerance ?? TOLERANCE).rel * centre, SPREADS * spread)
  const known = labels.slice(from).filter((label) => label !== 'unknown')
  const isBad = 2 * known.filter((label) => label === 'bad').length > known.length
  return isBack && isBad ? 'metastable' : 'not_recovered'
}
