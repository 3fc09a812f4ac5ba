/** One figure over repeated runs. A run that was still degraded when its observation ended says only "more than": it is kept so, never averaged away. */

import { median, quantileSorted } from 'simple-statistics'
import { randomStream } from '../core/random.ts'
import type { Timing } from './timing.ts'

/** What a run measured. Censored: the true figure is above `value`. */
export interface Figure { readonly value: number; readonly censored: boolean }

export interface Summary {
  readonly runs: number
  readonly censored: number
  readonly min: Figure
  readonly median: Figure
  readonly max: Figure
  /** 95 % bootstrap interval of the median; from ten runs on. */
  readonly interval?: { readonly low: Figure; readonly high: Figure } | undefined
}

/** Fewer runs than this have no interval: their resamples are too alike. */
export const INTERVAL_RUNS_MIN = 10
const RESAMPLES = 2000

/** Undefined for no runs. The same runs and seed give the same interval. */
export function summarise(runs: readonly Figure[], seed: number): Summary | undefined {
  if (runs.length === 0) return undefined
  return {
    runs: runs.length,
    censored: runs.filter(({ censored }) => censored).length,
    min: figure(runs, (values) => Math.min(...values)),
    median: figure(runs, median),
    max: figure(runs, (values) => Math.max(...values)),
    ...(runs.length < INTERVAL_RUNS_MIN ? {} : { interval: intervalOfMedian(runs, seed) }),
  }
}

/** The recovery time of one run as a figure: 0 when it never degraded, "more than was observed" when it did not recover. Undefined when the run says nothing of it. */
export function recoveryFigure({ status, recovery, observed }: Timing): Figure | undefined {
  switch (status) {
    case 'recovered':
    case 'recovered_during_fault': return { value: recovery ?? 0, censored: false }
    case 'not_degraded': return { value: 0, censored: false }
    case 'not_recovered':
    case 'metastable': return { value: observed ?? 0, censored: true }
    default: return undefined
  }
}

/** A statistic that grows with each value lies between what it gives with the censored at their bounds and what it gives with them at infinity: where the two agree it is known. */
function figure(runs: readonly Figure[], statistic: (values: number[]) => number): Figure {
  const value = statistic(runs.map((run) => run.value))
  return { value, censored: statistic(runs.map((run) => (run.censored ? Number.POSITIVE_INFINITY : run.value))) !== value }
}

function intervalOfMedian(runs: readonly Figure[], seed: number): { readonly low: Figure; readonly high: Figure } {
  const random = randomStream(seed, 'timing/summary')
  const medians = Array.from({ length: RESAMPLES }, () => figure(runs.map((run) => runs[Math.floor(random() * runs.length)] ?? run), median))
  const at = (q: number): Figure => figure(medians, (values) => quantileSorted(values.sort((a, b) => a - b), q))
  return { low: at(0.025), high: at(0.975) }
}
