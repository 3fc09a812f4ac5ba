/** How the connections to a target were used while nothing was done to the system. */

import { ms, type Ms } from '../core/units.ts'
import { latencyMean, mergeLatencies, readCells } from '../record/latencies.ts'
import { signalBetween } from '../report/figures.ts'
import { bucketsOf } from './operations.ts'
import { busyOf, rowsOf, type Seen } from './seen.ts'

export interface PoolUse {
  /** The most at once, and the fewest after the first bucket. */
  readonly connections: number
  readonly fewest: number
  /** Operations under way, on average and at most. */
  readonly busy: number
  readonly peak: number
  /** Transaction blocks: how many ended, how long one took on average, and how many were open on average. */
  readonly transactions: { readonly ended: number; readonly mean: Ms; readonly busy: number }
}

/** Of the bytes' buckets and the figures of operations; undefined where there are none. */
export function poolUse({ record, quiet }: Seen, target: string): PoolUse | undefined {
  const counts = signalBetween(record, 'target', target, quiet.from, quiet.to)
    .flatMap(({ extra }) => (extra?.['connections'] === undefined ? [] : [extra['connections']]))
  const figures = bucketsOf(record, target, quiet)
  if (counts.length < 2 || figures.length === 0) return undefined
  const lengths = mergeLatencies(figures.flatMap(({ transactions }) => (transactions ? [readCells(transactions.length)] : [])))
  const mean = latencyMean(lengths) ?? ms(0)
  return {
    connections: Math.max(...counts), fewest: Math.min(...counts.slice(1)),
    busy: busyOf(quiet, rowsOf(quiet, target)), peak: figures.reduce((most, { inFlight }) => Math.max(most, inFlight), 0),
    transactions: { ended: lengths.total, mean, busy: quiet.to > quiet.from ? (mean * lengths.total) / (quiet.to - quiet.from) : 0 },
  }
}
