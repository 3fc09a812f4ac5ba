/** Synthetic signals: from single operations, as a load would record them, or bucket by bucket. */

import { randomLogNormal } from 'd3-random'
import type { Random } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import type { BucketCounts, Series } from '../../src/timing/series.ts'

export type Fate = 'ok' | 'error' | 'timeout' | 'indeterminate' | 'dropped'
/** Begun at `at`, known `took` later; a timeout is known at its timeout's value. In ms. */
export interface Operation { readonly at: number; readonly took: number; readonly fate: Fate }

export interface Grid { readonly start: number; readonly end: number; readonly width: number }

/** Nearest rank, as a histogram gives it. */
const quantileOf = (sorted: readonly number[], q: number): number | undefined => sorted[Math.max(0, Math.ceil(Number((q * sorted.length).toFixed(9))) - 1)]

/** As a recorder cuts operations into buckets: offered when begun, the outcome and its latency when known. */
export function seriesOf(operations: Iterable<Operation>, { start, end, width }: Grid): Series {
  const length = Math.ceil((end - start) / width)
  const counts = Array.from({ length }, () => ({ offered: 0, ok: 0, error: 0, timeout: 0, indeterminate: 0, dropped: 0 }))
  const latencies = Array.from({ length }, (): number[] => [])
  for (const { at, took, fate } of operations) {
    const begun = counts[Math.floor((at - start) / width)]
    if (begun) begun.offered++
    const bucket = Math.floor((at + took - start) / width)
    const known = counts[bucket]
    if (!known) continue
    known[fate]++
    if (fate === 'ok' || fate === 'timeout') latencies[bucket]?.push(took)
  }
  return seriesFrom(counts, latencies, { start, width })
}

/** From finished buckets; `latencies` are those of each bucket, in ms. */
export function seriesFrom(counts: readonly BucketCounts[], latencies: readonly (readonly number[])[], { start, width }: { start: number; width: number }): Series {
  return {
    start: ms(start), width: ms(width), counts,
    latency: (q, from, to) => {
      const found = quantileOf(latencies.slice(from, to).flat().sort((a, b) => a - b), q)
      return found === undefined ? undefined : ms(found)
    },
  }
}

/** A bucket in which all that was offered completed, `bad` of it as errors, the rest after `latency` ms. */
export interface Simple { readonly offered: number; readonly bad?: number; readonly latency?: number }

export function simpleSeries(buckets: readonly Simple[], width = 250, start = 0): Series {
  const counts = buckets.map(({ offered, bad = 0 }) => ({ offered, ok: offered - bad, error: bad, timeout: 0, indeterminate: 0, dropped: 0 }))
  return seriesFrom(counts, buckets.map(({ offered, bad = 0, latency = 20 }) => new Array<number>(offered - bad).fill(latency)), { start, width })
}

/** Begun at even distances, `rate` a second, in [from, to). What becomes of each, by when it began. */
export function* steady(rate: number, from: number, to: number, fateAt: (at: number) => { took: number; fate: Fate }): Generator<Operation> {
  for (let i = 0; from + (i * 1000) / rate < to; i++) {
    const at = from + (i * 1000) / rate
    yield { at, ...fateAt(at) }
  }
}

export interface Weather {
  /** Operations a second, Poisson. */
  readonly rate: number
  /** Median latency in ms, and the sigma of its lognormal. */
  readonly median: number
  readonly sigma: number
  readonly errors: number
  /** The share of operations that take longer by a Pareto factor (shape 1.5). */
  readonly slow: number
}

/** A system with which nothing is wrong. */
export function* healthy({ rate, median, sigma, errors, slow }: Weather, from: number, to: number, random: Random): Generator<Operation> {
  const draw = randomLogNormal.source(random)(Math.log(median), sigma)
  const gap = (): number => (1000 / rate) * -Math.log(1 - random())
  for (let at = from + gap(); at < to; at += gap()) {
    const factor = random() < slow ? (1 - random()) ** (-1 / 1.5) : 1
    yield { at, took: Math.min(10_000, draw() * factor), fate: random() < errors ? 'error' : 'ok' }
  }
}
