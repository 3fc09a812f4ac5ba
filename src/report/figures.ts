/** One figure of one signal over a stretch of time. Histograms and counts are pooled over the whole of it: buckets are never averaged. */

import type { Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { Labels } from '../record/figures.ts'
import { resourceOf } from '../record/resources.ts'
import { latencyMax, latencyMean, latencyQuantile, mergeLatencies, NO_LATENCIES, readCells, readLatencies, type Latencies } from '../record/latencies.ts'
import { signalOf, type RunRecord } from './fold.ts'

/** `checkout.p95`: whose, and which metric. `where` narrows a target to the operations of these names. */
export interface SignalName { readonly name: string; readonly metric: string; readonly where?: Labels | undefined }

export const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 }
/** Times that are known of HTTP and WebSockets beside those of whole operations, and which figures there are of each: `first_byte_p95`. */
export const BESIDE = ['first_byte', 'setup', 'ping', 'resume'] as const
export const BESIDE_FIGURES = ['p50', 'p95', 'p99', 'max'] as const

/** `first_byte_p95` is the p95 of `first_byte`; undefined of a metric that is no such thing. */
export function besideOf(metric: string): { readonly of: (typeof BESIDE)[number]; readonly figure: string } | undefined {
  const of = BESIDE.find((one) => metric.startsWith(`${one}_`))
  const figure = of && metric.slice(of.length + 1)
  return of && BESIDE_FIGURES.some((one) => one === figure) ? { of, figure: figure ?? '' } : undefined
}

/** Extra counters, which add up over a window. `value` is the last, of a resource what its table says, and any other gauge its highest. */
const SUMMED: ReadonlySet<string> = new Set([
  'attempts', 'accepted', 'resets', 'failed_dials', 'bytes_to_server', 'bytes_to_client', 'hits', 'misses', 'transactions', 'rollbacks', 'reconnects', 'messages', 'messages_lost', 'messages_doubled',
])
/** Shares of one counter in another. */
const SHARES: Readonly<Record<string, readonly [part: string, rest: readonly string[]]>> = { hit_ratio: ['hits', ['hits', 'misses']], rollback_ratio: ['rollbacks', ['transactions']], delivered: ['messages', ['messages', 'messages_lost']], server_hit_ratio: ['server_hits', ['server_hits', 'server_misses']] }

/**
 * The figure over [from, to), of the buckets whose middle lies in it; undefined when there is nothing to judge by.
 * Latencies are in ms; rate is of ok operations a second; success and cpu are shares; the rest are plain numbers.
 */
export function figure(record: RunRecord, signal: SignalName, from: Ms, to: Ms): number | undefined {
  const { name, metric } = signal
  const buckets = bucketsBetween(signalOf(record, signal)?.buckets ?? [], from, to)
  if (buckets.length > 0) return bucketFigure(buckets, metric)
  return probeFigure(record, name, metric, from, to)
}

/** How many operations a figure of that window rests on: those whose outcome is known, those of which such a time is known, or readings of a probe. */
export function samples(record: RunRecord, { name, where, metric = '' }: Pick<SignalName, 'name' | 'where'> & Partial<SignalName>, from: Ms, to: Ms): number {
  const signal = signalOf(record, { name, where })
  const beside = besideOf(metric)
  if (signal && beside) return besides(bucketsBetween(signal.buckets, from, to), beside.of).total
  if (signal && signal.source !== 'probe') return bucketsBetween(signal.buckets, from, to).reduce((sum, { counts }) => sum + settled(counts), 0)
  return record.probes.filter((probe) => probe.name === name && probe.at >= from && probe.at < to).length
}

/** Those whose middle lies in the stretch, `to` excluded: buckets of signals, or figures of targets. */
export const bucketsBetween = <T extends Pick<BucketRecord, 'start' | 'width'>>(buckets: readonly T[], from: Ms, to: Ms): readonly T[] =>
  buckets.filter(({ start, width }) => start + width / 2 >= from && start + width / 2 < to)

/** Of one signal as a whole; none where there is no such. */
export const signalBetween = ({ signals }: Pick<RunRecord, 'signals'>, source: RunRecord['signals'][number]['source'], name: string, from: Ms, to: Ms): readonly BucketRecord[] =>
  bucketsBetween(signals.find((one) => one.source === source && one.name === name)?.buckets ?? [], from, to)

const settled = ({ ok, error, timeout, indeterminate, dropped }: BucketRecord['counts']): number => ok + error + timeout + indeterminate + dropped

/** The figure of some buckets of one signal together. */
export function bucketFigure(buckets: readonly BucketRecord[], metric: string): number | undefined {
  const total = (of: (counts: BucketRecord['counts']) => number): number => buckets.reduce((sum, { counts }) => sum + of(counts), 0)
  const q = QUANTILES[metric]
  if (q !== undefined) return latencyQuantile(pooled(buckets), q)
  const beside = besideOf(metric)
  if (beside) return beside.figure === 'max' ? latencyMax(besides(buckets, beside.of)) : latencyQuantile(besides(buckets, beside.of), QUANTILES[beside.figure] ?? 1)
  switch (metric) {
    case 'max': return latencyMax(pooled(buckets))
    case 'mean': return latencyMean(pooled(buckets))
    case 'rate': {
      const covered = timeCovered(buckets)
      return covered === 0 ? undefined : (total(({ ok }) => ok) * 1000) / covered
    }
    case 'success': {
      const done = total(settled)
      // Nothing has completed though operations were offered: a total stall is no success.
      if (done === 0) return total(({ offered }) => offered) > 0 ? 0 : undefined
      return total(({ ok }) => ok) / done
    }
    case 'errors': return total((counts) => settled(counts) - counts.ok)
    default: return extraFigure(buckets, metric)
  }
}

/** Time that the buckets cover; of several at the same time (generators of one load, names of one target) once. */
export const timeCovered = (buckets: readonly BucketRecord[]): number => [...new Map(buckets.map(({ start, width }) => [start, width])).values()].reduce<number>((sum, width) => sum + width, 0)

function extraFigure(buckets: readonly BucketRecord[], metric: string): number | undefined {
  const share = SHARES[metric]
  if (share) {
    const whole = share[1].reduce((sum, one) => sum + (extraFigure(buckets, one) ?? 0), 0)
    return whole > 0 ? (extraFigure(buckets, share[0]) ?? 0) / whole : undefined
  }
  const values = buckets.flatMap(({ extra }) => (extra && Object.hasOwn(extra, metric) ? [extra[metric] ?? 0] : []))
  if (values.length === 0) return undefined
  const sum = values.reduce((a, b) => a + b, 0)
  if (SUMMED.has(metric)) return sum
  if (metric === 'value') return values.at(-1)
  if (resourceOf(metric)?.window === 'mean') return sum / values.length
  return values.reduce((a, b) => Math.max(a, b))
}

function probeFigure({ probes }: RunRecord, name: string, metric: string, from: Ms, to: Ms): number | undefined {
  const readings = probes.filter((probe) => probe.name === name && probe.at >= from && probe.at < to)
  if (readings.length === 0) return undefined
  const good = readings.filter(({ ok }) => ok)
  const took = good.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  const latencies: Latencies = { values: took, counts: took.map(() => 1), total: took.length }
  const q = QUANTILES[metric]
  if (q !== undefined) return latencyQuantile(latencies, q)
  switch (metric) {
    case 'value': return good.findLast(({ value }) => value !== undefined)?.value
    case 'success': return good.length / readings.length
    case 'errors': return readings.length - good.length
    case 'max': return latencyMax(latencies)
    case 'mean': return latencyMean(latencies)
    default: return undefined
  }
}

const read = new WeakMap<BucketRecord, Latencies>()

/** The latencies of a bucket, decoded once; none where it has none or where they cannot be read. */
export function latenciesOf(bucket: BucketRecord): Latencies {
  const known = read.get(bucket)
  if (known) return known
  const latencies = bucket.cells ? readCells(bucket.cells) : (bucket.latency === undefined ? undefined : readLatencies(bucket.latency)) ?? NO_LATENCIES
  read.set(bucket, latencies)
  return latencies
}

/** Of a load the set-up of its connections, of a target all that is known beside. */
const besides = (buckets: readonly BucketRecord[], of: string): Latencies => mergeLatencies(buckets.flatMap(({ beside, setup }) => [
  ...(beside?.[of] ? [readCells(beside[of])] : []), ...(of === 'setup' && setup !== undefined ? [readLatencies(setup) ?? NO_LATENCIES] : []),
]))

export const pooled = (buckets: readonly BucketRecord[]): Latencies => mergeLatencies(buckets.map(latenciesOf))
