/** One figure of one signal over a stretch of time. Histograms and counts are pooled over the whole of it: buckets are never averaged. */

import type { Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import { latencyMax, latencyMean, latencyQuantile, mergeLatencies, NO_LATENCIES, readLatencies, type Latencies } from '../record/latencies.ts'
import { signalNamed, type RunRecord } from './fold.ts'

/** `checkout.p95`: whose, and which metric. */
export interface SignalName { readonly name: string; readonly metric: string }

export const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 }

/** Extra counters, which add up over a window. `value` is the last, `cpu` the mean, and any other gauge its highest. */
const SUMMED: ReadonlySet<string> = new Set(['attempts', 'accepted', 'resets', 'failed_dials', 'bytes_to_server', 'bytes_to_client'])

/**
 * The figure over [from, to), of the buckets whose middle lies in it; undefined when there is nothing to judge by.
 * Latencies are in ms; rate is of ok operations a second; success and cpu are shares; the rest are plain numbers.
 */
export function figure(record: RunRecord, { name, metric }: SignalName, from: Ms, to: Ms): number | undefined {
  const buckets = bucketsBetween(signalNamed(record, name)?.buckets ?? [], from, to)
  if (buckets.length > 0) return bucketFigure(buckets, metric)
  return probeFigure(record, name, metric, from, to)
}

/** How many operations a figure of that window rests on: those whose outcome is known, or readings of a probe. */
export function samples(record: RunRecord, name: string, from: Ms, to: Ms): number {
  const signal = signalNamed(record, name)
  if (signal && signal.source !== 'probe') return bucketsBetween(signal.buckets, from, to).reduce((sum, { counts }) => sum + settled(counts), 0)
  return record.probes.filter((probe) => probe.name === name && probe.at >= from && probe.at < to).length
}

export const bucketsBetween = (buckets: readonly BucketRecord[], from: Ms, to: Ms): readonly BucketRecord[] =>
  buckets.filter(({ start, width }) => start + width / 2 >= from && start + width / 2 < to)

const settled = ({ ok, error, timeout, indeterminate, dropped }: BucketRecord['counts']): number => ok + error + timeout + indeterminate + dropped

/** The figure of some buckets of one signal together. */
export function bucketFigure(buckets: readonly BucketRecord[], metric: string): number | undefined {
  const total = (of: (counts: BucketRecord['counts']) => number): number => buckets.reduce((sum, { counts }) => sum + of(counts), 0)
  const q = QUANTILES[metric]
  if (q !== undefined) return latencyQuantile(pooled(buckets), q)
  switch (metric) {
    case 'max': return latencyMax(pooled(buckets))
    case 'mean': return latencyMean(pooled(buckets))
    case 'rate': {
      const covered = buckets.reduce((sum, { width }) => sum + width, 0)
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

function extraFigure(buckets: readonly BucketRecord[], metric: string): number | undefined {
  const values = buckets.flatMap(({ extra }) => (extra && Object.hasOwn(extra, metric) ? [extra[metric] ?? 0] : []))
  if (values.length === 0) return undefined
  const sum = values.reduce((a, b) => a + b, 0)
  if (SUMMED.has(metric)) return sum
  if (metric === 'value') return values.at(-1)
  if (metric === 'cpu') return sum / values.length
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
  const latencies = (bucket.latency === undefined ? undefined : readLatencies(bucket.latency)) ?? NO_LATENCIES
  read.set(bucket, latencies)
  return latencies
}

export const pooled = (buckets: readonly BucketRecord[]): Latencies => mergeLatencies(buckets.map(latenciesOf))
