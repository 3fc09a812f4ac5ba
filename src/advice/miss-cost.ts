/** What the misses of a cache cost: the reads elsewhere that come and go with them. */

import type { FiguresRecord, Labels } from '../record/figures.ts'
import { latencyMean } from '../record/latencies.ts'
import type { RunRecord } from '../report/fold.ts'
import { bucketsOf, isRead, isSame, namesIn, sumOf, targetsOf, type Between } from './operations.ts'

export interface MissCost {
  readonly target: string
  readonly of: Labels
  /** Such reads for each miss. */
  readonly each: number
  /** How long one takes, in ms. */
  readonly took: number
  /** Correlation of the two, bucket by bucket: 1 where they rise and fall together. */
  readonly together: number
  readonly buckets: number
}

/** Buckets that a correlation rests on at the least, and how close it must be. */
const BUCKETS_MIN = 8
const TOGETHER_MIN = 0.6
/** A miss that leads to a read leads to about one. */
const [EACH_MIN, EACH_MAX] = [0.4, 5]

/** The reads that go with the misses of that key most closely; undefined where none do. */
export function missCost(record: RunRecord, cache: string, key: string, stretch: Between): MissCost | undefined {
  const misses = perBucket(bucketsOf(record, cache, stretch), (of) => of['key'] === key, 'misses')
  const starts = [...new Set(targetsOf(record, 'postgres', 'http').flatMap((target) => bucketsOf(record, target, stretch).map(({ start }) => start as number)).concat([...misses.keys()]))]
  if (starts.length < BUCKETS_MIN) return undefined
  const found = targetsOf(record, 'postgres', 'http').flatMap((target) => {
    const buckets = bucketsOf(record, target, stretch)
    return namesIn(buckets).filter(isRead).flatMap((of): MissCost[] => {
      const reads = perBucket(buckets, isSame(of), 'offered')
      const pairs = starts.map((start) => [misses.get(start) ?? 0, reads.get(start) ?? 0] as const)
      const each = total(pairs, 1) / total(pairs, 0)
      const took = latencyMean(sumOf(buckets, isSame(of)).server)
      const together = correlation(pairs)
      return took !== undefined && each >= EACH_MIN && each <= EACH_MAX && together >= TOGETHER_MIN ? [{ target, of, each, took, together, buckets: starts.length }] : []
    })
  })
  return found.sort((a, b) => b.together - a.together)[0]
}

export function perBucket(buckets: readonly FiguresRecord[], meant: (of: Labels) => boolean, figure: 'misses' | 'offered'): ReadonlyMap<number, number> {
  const sums = new Map<number, number>()
  for (const { start, parts } of buckets) sums.set(start, (sums.get(start) ?? 0) + parts.reduce((sum, part) => sum + (meant(part.of) ? part[figure] ?? 0 : 0), 0))
  return sums
}

type Pairs = readonly (readonly [number, number])[]
const total = (pairs: Pairs, at: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[at], 0)

/** Pearson's; 0 where either never changes. */
function correlation(pairs: Pairs): number {
  const [x, y] = [total(pairs, 0) / pairs.length, total(pairs, 1) / pairs.length]
  const sum = (of: (a: number, b: number) => number): number => pairs.reduce((all, [a, b]) => all + of(a - x, b - y), 0)
  const spread = Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b))
  return spread === 0 ? 0 : sum((a, b) => a * b) / spread
}
