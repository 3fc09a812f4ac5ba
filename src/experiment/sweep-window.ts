/** One window of a sweep: what was measured in it, and whether steady state held. */

import { ms, type Ms } from '../core/units.ts'
import { bucketFigure, bucketsBetween, figure, QUANTILES } from '../report/figures.ts'
import { signalOf, type RunRecord } from '../report/fold.ts'
import type { Break, Broken, PointFigures } from '../sweep/result.ts'
import { formatFigure, judge, unitOf } from './limit.ts'
import type { Plan, SteadyState } from './plan.ts'
import { samplesFor, type Span } from './steady-state.ts'

/** Limits that are multiples of the baseline, as figures; undefined where the baseline has none. */
export function againstBaseline(conditions: readonly SteadyState[], baseline: RunRecord, { from, to }: Span): readonly SteadyState[] | undefined {
  const fixed = conditions.map((condition): SteadyState | undefined => {
    const { signal, limit } = condition
    if (limit.unit !== 'x') return condition
    const base = figure(baseline, signal, from, to)
    return base === undefined ? undefined : { ...condition, limit: { value: limit.value * base, unit: unitOf(signal.metric), text: limit.text } }
  })
  return fixed.every((one) => one !== undefined) ? fixed : undefined
}

/** The conditions that do not hold over the span; none when all hold. */
export const brokenIn = (record: RunRecord, conditions: readonly SteadyState[], { from, to }: Span): readonly Broken[] => conditions.flatMap(({ signal, comparison, limit, text }) => {
  const broken = (measured: string): Broken => ({ kind: kindOf(signal.metric), signal: `${signal.name}.${signal.metric}`, text, measured })
  const measured = figure(record, signal, from, to)
  if (measured === undefined) return [broken('nothing was measured')]
  const unit = unitOf(signal.metric)
  return judge(measured, comparison, limit, unit)?.held ? [] : [broken(formatFigure(measured, unit))]
})

function kindOf(metric: string): Break {
  if (unitOf(metric) === 'ms') return 'latency'
  if (metric === 'success' || metric === 'errors' || metric === 'rollback_ratio') return 'errors'
  return metric === 'rate' || metric === 'delivered' ? 'throughput' : 'other'
}

export function figuresIn(record: RunRecord, load: string, { from, to }: Span): PointFigures {
  const of = (metric: string): number | undefined => figure(record, { name: load, metric }, from, to)
  const buckets = bucketsBetween(signalOf(record, { name: load })?.buckets ?? [], from, to)
  const offered = buckets.reduce((sum, { counts }) => sum + counts.offered, 0)
  const covered = buckets.reduce<number>((sum, { width }) => sum + width, 0)
  return { p50: of('p50'), p95: of('p95'), p99: of('p99'), mean: of('mean'), success: of('success'), goodput: of('rate'), ...(covered > 0 ? { offered: (offered * 1000) / covered, dropped: buckets.reduce((sum, { counts }) => sum + counts.dropped, 0) } : {}) }
}

/** What can be used up: of one core, or of a limit of a server. */
const SHARES = ['cpu', 'server_cpu', 'server_main_thread', 'server_connections_share', 'server_memory_share'] as const

export const usedIn = (record: RunRecord, { from, to }: Span): Readonly<Record<string, number>> =>
  Object.fromEntries(record.signals.filter(({ source }) => source === 'app' || source === 'target').flatMap(({ name, buckets }) => {
    const within = bucketsBetween(buckets, from, to)
    return SHARES.flatMap((metric): [string, number][] => {
      const used = bucketFigure(within, metric)
      return used === undefined || !within.some(({ extra }) => extra && metric in extra) ? [] : [[`${name}.${metric}`, used]]
    })
  }))

export interface Lengths { /** Before what is measured, so that what came before has passed. */ readonly warm: Ms; readonly window: Ms; /** Of each look at whether steady state is back. */ readonly settle: Ms }

/** As many operations as the strictest quantile needs, several times over. */
const SAMPLES_FACTOR = 3
const WINDOW_MIN = 2000
const WINDOW_MAX = 10_000

/** Windows that hold enough operations of each load that is judged, at the rates of the experiment. */
export function lengthsOf({ windows, loads, steadyState }: Plan, wanted: { readonly warm?: Ms | undefined; readonly window?: Ms | undefined }): Lengths {
  const needed = Math.max(0, ...steadyState.flatMap(({ signal }) => {
    const load = loads.find(({ name }) => name === signal.name)
    return load && load.rate > 0 && QUANTILES[signal.metric] !== undefined ? [(samplesFor(signal.metric) * 1000) / load.rate] : []
  }))
  const connecting = Math.max(0, ...loads.map(({ send }) => (send.kind === 'websocket' ? send.over : 0)))
  return {
    warm: ms(connecting + (wanted.warm ?? Math.min(2000, Math.max(500, windows.warmup)))),
    window: ms(wanted.window ?? Math.max(SAMPLES_FACTOR * needed, Math.min(WINDOW_MAX, Math.max(WINDOW_MIN, windows.baseline / 2)))),
    settle: ms(Math.max(4 * windows.bucket, needed, Math.min(1000, windows.hold))),
  }
}
