/** Totals over the buckets that a load has sent. */

import { decodeHistogram, newHistogram, noCounts, quantile, type BucketRecord, type Counts } from '../../src/record/buckets.ts'

export const sum = (buckets: readonly BucketRecord[]): Counts => buckets.reduce((total, { counts }) => {
  for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key]
  return total
}, noCounts())

/** The quantile of all buckets' latencies, merged. */
export function latency(buckets: readonly BucketRecord[], q: number): number {
  const whole = newHistogram()
  for (const { latency } of buckets) if (latency) whole.add(decodeHistogram(latency))
  return quantile(whole, q) ?? Number.NaN
}
