/** Whether the system is as the experiment says it is when nothing is wrong: asked at the baseline and at the end of the recovery. */

import { ms, type Ms } from '../core/units.ts'
import { besideOf, figure, QUANTILES, samples } from '../report/figures.ts'
import type { RunRecord } from '../report/fold.ts'
import { formatFigure, judge, unitOf } from './limit.ts'
import type { Signal, SteadyState, Windows } from './plan.ts'
import { OF_CONNECTIONS } from './signals.ts'

/** [from, to) on the monotonic clock. */
export interface Span { readonly from: Ms; readonly to: Ms }

/** The fewest buckets that make a baseline. */
export const BASELINE_BUCKETS_MIN = 20

/** What does not hold over the span, a sentence each; empty when all holds. `baseline` is for limits that are multiples of it. */
export function unsteady(record: RunRecord, conditions: readonly SteadyState[], { from, to }: Span, baseline?: Span): readonly string[] {
  return conditions.flatMap(({ signal, comparison, limit, text }) => {
    const measured = figure(record, signal, from, to)
    if (measured === undefined) return [`${text}: nothing was measured`]
    const unit = unitOf(signal.metric)
    const judged = judge(measured, comparison, limit, unit, baseline && figure(record, signal, baseline.from, baseline.to))
    if (!judged) return [`${text}: the baseline has no figure to multiply`]
    return judged.held ? [] : [`${text}: ${formatFigure(measured, unit)}`]
  })
}

/** Why the baseline is no base to judge by: too few buckets or operations; empty when it is one. */
export function thinBaseline(record: RunRecord, signals: readonly Signal[], { from, to }: Span, { bucket, minSamples }: Windows): readonly string[] {
  const buckets = Math.floor((to - from) / bucket + 1e-6)
  if (buckets < BASELINE_BUCKETS_MIN) return [`the baseline has ${buckets} buckets of the ${BASELINE_BUCKETS_MIN} that are needed`]
  return [...new Set(signals.filter(({ metric }) => !OF_CONNECTIONS.has(metric)).map(({ name }) => name))].flatMap((name) => {
    const source = record.signals.find((one) => one.name === name)?.source
    if (source !== 'load') return []
    const count = samples(record, { name }, from, to)
    return count < minSamples ? [`${name} had ${count} operations in the baseline, ${minSamples} are needed`] : []
  })
}

/** The fewest operations over which that metric can be told; 1 where it is no quantile, or one of connections: there may be but a few. */
export function samplesFor(metric: string): number {
  const beside = besideOf(metric)
  const figure = beside?.of === 'setup' || beside?.of === 'resume' ? '' : beside?.figure ?? metric
  return Math.ceil(1 / (1 - (QUANTILES[figure] ?? 0)) - 1e-9)
}

/** The last stretch of the recovery: as long as `hold`, or all of it. */
export const endOf = ({ from, to }: Span, { hold }: Windows): Span => ({ from: ms(Math.max(from, to - hold)), to })
