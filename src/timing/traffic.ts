/** How the application's traffic reacted: retries, reconnects, refilling its pool, and when it first reacted at all. Plain numbers in, one a bucket. */

import { ms, type Ms } from '../core/units.ts'
import { BASELINE_BUCKETS_MIN } from './analyse.ts'
import { bandOf, SPREADS } from './band.ts'
import { episodesOf } from './episodes.ts'
import { bucketAt, TOLERANCE } from './judge.ts'
import type { Label, Times } from './timing.ts'

/** One number a bucket: attempts, intents, open connections. Bucket i covers [start + i W, start + (i + 1) W). */
export interface Track { readonly width: Ms; readonly start: Ms; readonly values: readonly number[] }
/** From, included, to, excluded, on the monotonic clock. */
export interface Span { readonly from: Ms; readonly to: Ms }

/** A figure beside the baseline's, and how many times the baseline's it is. */
export interface Change { readonly value: number; readonly baseline: number; readonly factor: number }

/** A pool that opens nothing in the baseline has nothing to be a multiple of: fewer attempts a second than this count as so many. */
const STORM_BASELINE_MIN = 1

/** The values of the buckets that lie wholly within `span`. */
const within = (track: Track, { from, to }: Span): readonly number[] =>
  track.values.slice(Math.max(0, Math.ceil(bucketAt(track, from))), Math.max(0, Math.floor(bucketAt(track, to))))
/** The values from the bucket that `from` falls in to the last whole one before `to`. */
const since = (track: Track, { from, to }: Span): readonly number[] =>
  track.values.slice(Math.max(0, Math.floor(bucketAt(track, from))), Math.max(0, Math.floor(bucketAt(track, to))))
const baselineOf = ({ baselineFrom, baselineTo }: Times): Span => ({ from: baselineFrom, to: baselineTo })
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Attempts seen at the target by distinct intents of the load over `span`, against the baseline's. Undefined where nothing was meant, or where the baseline never reached the target. */
export function retryAmplification(attempts: Track, intents: Track, times: Times, span: Span): Change | undefined {
  const ratio = (over: Span): number => sum(within(attempts, over)) / sum(within(intents, over))
  const [value, baseline] = [ratio(span), ratio(baselineOf(times))]
  return Number.isFinite(value) && baseline > 0 && Number.isFinite(baseline) ? { value, baseline, factor: value / baseline } : undefined
}

/** Most connection attempts in any one second after t_effect, against the most in any one second of the baseline. Undefined where no rule took effect. */
export function reconnectStorm(attempts: Track, times: Times): Change | undefined {
  const { effect, end } = times
  if (effect === undefined) return undefined
  const value = peakPerSecond(since(attempts, { from: effect, to: end }), attempts.width)
  const baseline = peakPerSecond(within(attempts, baselineOf(times)), attempts.width)
  return { value, baseline, factor: value / Math.max(STORM_BASELINE_MIN, baseline) }
}

/** The fullest second; of buckets wider than one, their mean rate. Less than a second's worth of buckets is not blown up to one. */
function peakPerSecond(values: readonly number[], width: Ms): number {
  const span = Math.max(1, Math.round(1000 / width))
  const scale = Math.max(1, (span * width) / 1000)
  let [inside, peak] = [0, 0]
  values.forEach((value, at) => {
    inside += value - (values[at - span] ?? 0)
    peak = Math.max(peak, inside)
  })
  return peak / scale
}

/** `kept`: the count never left its band. `not_refilled`: it was not back, or not for long enough to say so, after `observed`. */
export type Refill =
  | { readonly status: 'kept'; readonly took: Ms }
  | { readonly status: 'refilled'; readonly took: Ms }
  | { readonly status: 'not_refilled'; readonly observed: Ms }

/** From t_clear until the connection count is back in its band and stays: to the end of the observation, `hold` at the least, blips aside. Undefined where the fault took no effect, has not cleared, or the baseline is too short. */
export function refill(connections: Track, times: Times, hold: Ms): Refill | undefined {
  const { effect, clear, end } = times
  const baseline = within(connections, baselineOf(times))
  if (effect === undefined || clear === undefined || baseline.length < BASELINE_BUCKETS_MIN) return undefined
  const { centre, spread } = bandOf(baseline)
  // One connection more or less is never a loss.
  const slack = Math.max(1, TOLERANCE.rel * centre, SPREADS * spread)
  const labels = since(connections, { from: effect, to: end }).map((count): Label => (Math.abs(count - centre) <= slack ? 'good' : 'bad'))
  const last = episodesOf(labels, Math.max(1, Math.ceil(hold / connections.width))).at(-1)
  if (!last) return { status: 'kept', took: ms(0) }
  if (!last.ended) return { status: 'not_refilled', observed: ms(Math.max(0, end - clear)) }
  const back = timeOf(connections, Math.floor(bucketAt(connections, effect)) + last.to)
  return { status: 'refilled', took: ms(Math.max(0, back - clear)) }
}

const timeOf = ({ start, width }: Track, bucket: number): Ms => ms(start + bucket * width)

/** Attempts for each intent, bucket by bucket; 0 where nothing was meant. */
export function perIntent(attempts: Track, intents: Track): Track {
  const values = attempts.values.map((count, at) => {
    const meant = intents.values[at] ?? 0
    return meant > 0 ? count / meant : 0
  })
  return { ...attempts, values }
}

export type Reaction = 'reconnect' | 'retry' | 'shed'
/** What would show the application reacting: more connection attempts, more attempts an intent, or fewer. */
export interface Sign { readonly reaction: Reaction; readonly track: Track }

/** t_detect: the first bucket from t_effect on in which one of the signs goes beyond everything that the baseline showed. No earlier than t_effect, and +/- W. Undefined where none did. */
export function detect(signs: readonly Sign[], times: Times): { readonly at: Ms; readonly by: Reaction } | undefined {
  const { effect } = times
  if (effect === undefined) return undefined
  const found = signs.flatMap(({ reaction, track }) => {
    const [low, high] = reachOf(within(track, baselineOf(times)))
    const beyond = reaction === 'shed' ? (value: number) => value < low : (value: number) => value > high
    const at = since(track, { from: effect, to: times.end }).findIndex(beyond)
    return at < 0 ? [] : [{ at: ms(Math.max(effect, timeOf(track, Math.floor(bucketAt(track, effect)) + at))), by: reaction }]
  })
  return found.sort((a, b) => a.at - b.at)[0]
}

/** The lowest and highest that a healthy bucket may be: what the baseline showed, and its band. Nothing is beyond no baseline. */
function reachOf(baseline: readonly number[]): readonly [number, number] {
  if (baseline.length === 0) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const { centre, spread } = bandOf(baseline)
  const sparse = centre === 0 ? sparseLimit(sum(baseline), baseline.length) : 0
  return [Math.min(...baseline, centre - SPREADS * spread), Math.max(...baseline, centre + SPREADS * spread, sparse)]
}

/**
 * Mostly nothing, now and then one: the median says 0, so the scatter of a count about its mean stands in, and the mean is
 * taken as high as so few events allow. None at all in the baseline: one is news.
 */
function sparseLimit(events: number, buckets: number): number {
  const mean = (events + 2 * Math.sqrt(events)) / buckets
  return Math.ceil(mean + SPREADS * Math.sqrt(mean))
}

/** When the first bucket begins that lies after `from` and is not empty: t_first_ok, given the ok operations and t_clear. Undefined where all are. */
export function firstSince(track: Track, from: Ms): Ms | undefined {
  const first = Math.max(0, Math.ceil(bucketAt(track, from)))
  const at = track.values.slice(first).findIndex((value) => value > 0)
  return at < 0 ? undefined : timeOf(track, first + at)
}
