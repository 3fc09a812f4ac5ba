/** From the buckets of a record to the series that the analysis works on. */

import { ms, type Ms } from '../core/units.ts'
import { COUNTS, noCounts, type BucketRecord } from '../record/buckets.ts'
import { latencyQuantile } from '../record/latencies.ts'
import type { BucketCounts, Series } from '../timing/series.ts'
import { pooled, type SignalName } from './figures.ts'
import { signalOf, type RunRecord, type SignalRecord } from './fold.ts'

/** A row for each bucket of the grid from the signal's first to its last; what the journal lacks is an empty row. */
export interface Grid { readonly start: Ms; readonly width: Ms; readonly rows: readonly (readonly BucketRecord[])[] }

/** The most rows a grid may have: at 250 ms, seventeen hours. A journal that asks for more is damaged. */
const ROWS_MAX = 250_000

/** Undefined when the signal has no buckets, or none that could be laid out. */
export function gridOf({ buckets }: SignalRecord): Grid | undefined {
  const [first, last] = [buckets[0], buckets.at(-1)]
  if (!first || !last || !(first.width > 0)) return undefined
  const { start, width } = first
  const length = Math.round((last.start - start) / width) + 1
  if (!(length <= ROWS_MAX)) return undefined
  const rows: BucketRecord[][] = Array.from({ length }, () => [])
  for (const bucket of buckets) rows[Math.round((bucket.start - start) / width)]?.push(bucket)
  return { start, width, rows }
}

/** Of all operations of a signal, or of those that it is narrowed to. */
export function seriesOf(record: RunRecord, of: Pick<SignalName, 'name' | 'where'>): Series | undefined {
  const signal = signalOf(record, of)
  const grid = signal && gridOf(signal)
  if (!grid) return undefined
  const { start, width, rows } = grid
  return {
    start, width,
    counts: rows.map(addedCounts),
    latency: (q, from, to) => latencyQuantile(pooled(rows.slice(Math.max(0, from), to).flat()), q),
  }
}

function addedCounts(buckets: readonly BucketRecord[]): BucketCounts {
  const sum = noCounts()
  for (const { counts } of buckets) for (const key of COUNTS) sum[key] += counts[key]
  return sum
}

/** One number a bucket, undefined where the bucket does not have it. */
export const valuesOf = ({ rows }: Grid, of: (buckets: readonly BucketRecord[]) => number | undefined): (number | undefined)[] =>
  rows.map((row) => (row.length === 0 ? undefined : of(row)))

/** When bucket `i` begins. */
export const timeOf = ({ start, width }: Grid, i: number): Ms => ms(start + i * width)
