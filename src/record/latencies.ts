/** Latencies as a report keeps them: the distinct values and how often each came, so that a thousand buckets fit in memory and merge by addition. */

import type { JsHistogram } from 'hdr-histogram-js'
import { ms, type Ms } from '../core/units.ts'
import { decodeHistogram } from './buckets.ts'
import { CELLS, topOf, type CellCounts } from './cells.ts'

/** Ascending values in ms, each the upper end of its histogram cell, and how often it came. */
export interface Latencies { readonly values: readonly number[]; readonly counts: readonly number[]; readonly total: number }

export const NO_LATENCIES: Latencies = { values: [], counts: [], total: 0 }

/** Reads what a bucket carries; undefined when it is no histogram. */
export function readLatencies(encoded: string): Latencies | undefined {
  const histogram = decoded(encoded)
  if (!histogram) return undefined
  const [values, counts]: [number[], number[]] = [[], []]
  // Most cells are empty: the histogram's own iterator would work out the value of each.
  for (let cell = 0, left = histogram.totalCount; left > 0 && cell < histogram.countsArrayLength; cell++) {
    const count = histogram.getCountAtIndex(cell)
    if (count === 0) continue
    values.push(histogram.highestEquivalentValue(histogram.valueFromIndex(cell)) / 1000)
    counts.push(count)
    left -= count
  }
  return { values, counts, total: histogram.totalCount }
}

/** What is odd is left out: a journal may be damaged. */
export function readCells(counts: CellCounts): Latencies {
  const latencies = { values: [] as number[], counts: [] as number[], total: 0 }
  for (let at = 0; at + 1 < counts.length; at += 2) {
    const [cell = -1, count = 0] = [counts[at], counts[at + 1]]
    if (!(cell >= 0 && cell < CELLS && count > 0)) continue
    latencies.values.push(topOf(cell))
    latencies.counts.push(count)
    latencies.total += count
  }
  return latencies
}

function decoded(encoded: string): JsHistogram | undefined {
  try {
    return decodeHistogram(encoded)
  } catch {
    return undefined
  }
}

/** The sum of several: quantiles are taken of this, never averaged. */
export function mergeLatencies(parts: readonly Latencies[]): Latencies {
  const [first, second] = parts
  if (!first) return NO_LATENCIES
  if (!second) return first
  const cells = new Map<number, number>()
  for (const { values, counts } of parts) values.forEach((value, i) => { cells.set(value, (cells.get(value) ?? 0) + (counts[i] ?? 0)) })
  const values = [...cells.keys()].sort((a, b) => a - b)
  return { values, counts: values.map((value) => cells.get(value) ?? 0), total: parts.reduce((sum, { total }) => sum + total, 0) }
}

/** The smallest value that a share `q` (0..1) of all does not exceed; undefined when there are none. */
export function latencyQuantile({ values, counts, total }: Latencies, q: number): Ms | undefined {
  // As the histogram counts: rounded up, but not for the last bit of a product such as 0.95 x 20.
  const rank = Math.max(1, Math.ceil(q * total - 1e-9))
  let seen = 0
  for (const [i, count] of counts.entries()) {
    seen += count
    if (seen >= rank) return ms(values[i] ?? 0)
  }
  return undefined
}

export const latencyMax = ({ values }: Latencies): Ms | undefined => {
  const last = values.at(-1)
  return last === undefined ? undefined : ms(last)
}

export const latencyMean = ({ values, counts, total }: Latencies): Ms | undefined =>
  total === 0 ? undefined : ms(values.reduce((sum, value, i) => sum + value * (counts[i] ?? 0), 0) / total)
