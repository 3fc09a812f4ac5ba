/** What the charts of a page draw: plain numbers, ready for JSON. Times are seconds from the origin. */

import { ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { Timing } from '../timing/timing.ts'
import { timingOf, type Analysis } from './analysis.ts'
import { bucketFigure, QUANTILES, timeCovered } from './figures.ts'
import type { RunRecord, SignalRecord } from './fold.ts'
import { planOf, signalsInOrder } from './plan.ts'
import { RESOURCE_CHARTS } from './resources.ts'
import { gridOf, timeOf, valuesOf, type Grid } from './series.ts'
import { degraded, offsetWords, plain } from './words.ts'

export type Tone = 'a' | 'b' | 'c' | 'good' | 'bad' | 'quiet'
export interface ChartSeries { readonly label: string; readonly tone: Tone; readonly values: readonly (number | null)[]; readonly filled?: true }
export interface Mark { readonly at: number; readonly label: string }
export interface Stretch { readonly from: number; readonly to: number }
export interface Chart {
  readonly title: string
  readonly unit: 'ms' | 'share' | '/s' | 'count'
  readonly x: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly marks: readonly Mark[]
  /** Stretches of bad and of unknown buckets, for the strip below the plot. */
  readonly bad: readonly Stretch[]
  readonly unknown: readonly Stretch[]
  /** Of a resource: beside the others, and no higher than needed. */
  readonly small?: true
}
export interface Charts { readonly faults: readonly (Stretch & { readonly label: string })[]; readonly phases: readonly (Stretch & { readonly label: string })[]; readonly charts: readonly Chart[] }

/** Points of a line: more than a screen has columns, few enough to open at once. */
const POINTS_MAX = 2400

export function chartsOf(record: RunRecord, analysis: Analysis): Charts {
  const seconds = (time: Ms): number => Number(((time - analysis.origin) / 1000).toFixed(4))
  const charts = signalsInOrder(record, planOf(record)).flatMap((signal) => signalCharts(signal, analysis, { seconds, end: analysis.end }))
  return {
    faults: [
      ...record.rules.flatMap(({ step, armed, effect, cleared }) => (armed === undefined ? [] : [{ label: plain(step), from: seconds(effect ?? armed), to: seconds(cleared ?? record.to) }])),
      ...record.actions.map(({ step, from, to }) => ({ label: plain(step), from: seconds(from), to: seconds(to) })),
    ],
    phases: record.phases.filter(({ phase }) => phase !== 'start' && phase !== 'end').map(({ phase, from, to }) => ({ label: phase, from: seconds(from), to: seconds(to) })),
    charts,
  }
}

type Seconds = (time: Ms) => number
/** `end`: of the observation; what the load does while it is stopped is not shown. */
interface View { readonly seconds: Seconds; readonly end: Ms }
type Line = readonly [label: string, tone: Tone, of: (buckets: readonly BucketRecord[]) => number | undefined, filled?: true]

function signalCharts(signal: SignalRecord, analysis: Analysis, view: View): readonly Chart[] {
  switch (signal.source) {
    case 'load': return loadCharts(signal, analysis, view)
    case 'target': return [...targetCharts(signal, analysis, view), ...resourceCharts(signal, view)]
    case 'app': return resourceCharts(signal, view)
    case 'probe': return []
  }
}

function loadCharts(signal: SignalRecord, analysis: Analysis, view: View): readonly Chart[] {
  const named = (metric: string): Line[2] => (buckets) => bucketFigure(buckets, metric)
  const quantile = analysis.signals.find(({ signal: { name, metric } }) => name === signal.name && metric in QUANTILES)?.signal.metric ?? 'p95'
  const [latency, success, rate] = [quantile, 'success', 'rate'].map((metric) => timingOf(analysis, { name: signal.name, metric }))
  return [
    ...chart(signal, 'success', 'share', [['success', 'good', named('success'), true]], success, view),
    ...chart(signal, 'latency', 'ms', [['p50', 'a', named('p50')], ['p95', 'b', named('p95')], ['p99', 'c', named('p99')]], latency, view),
    ...chart(signal, 'rate', '/s', [['offered', 'quiet', rateOf('offered')], ['ok', 'a', named('rate'), true]], rate, view),
    ...chart(signal, 'connections', 'count', [['open', 'a', named('connections'), true]], undefined, view),
  ]
}

function targetCharts(signal: SignalRecord, analysis: Analysis, view: View): readonly Chart[] {
  const perSecond = (metric: string): Line[2] => (buckets) => {
    const sum = bucketFigure(buckets, metric)
    const covered = timeCovered(buckets)
    return sum === undefined || covered === 0 ? undefined : (sum * 1000) / covered
  }
  const latency = timingOf(analysis, { name: signal.name, metric: 'p95' })
  const isRead = signal.buckets.some(({ cells }) => cells)
  const read = (of: Line[2]): Line[2] => (isRead ? of : () => undefined)
  return [
    ...chart(signal, 'connections', 'count', [['open', 'a', (buckets) => bucketFigure(buckets, 'connections'), true]], undefined, view),
    ...chart(signal, 'connection attempts and resets', '/s', [['attempts', 'b', perSecond('attempts')], ['resets', 'bad', perSecond('resets')]], undefined, view),
    ...chart(signal, 'operations', '/s', [['offered', 'quiet', read(rateOf('offered'))], ['ok', 'good', read(rateOf('ok')), true], ['errors', 'bad', read(rateOf('error'))]], undefined, view),
    ...chart(signal, 'hit ratio', 'share', [['hits', 'good', (buckets) => bucketFigure(buckets, 'hit_ratio'), true]], undefined, view),
    ...chart(signal, isRead ? 'time to the answer' : 'time to first byte', 'ms', [['p50', 'a', (buckets) => bucketFigure(buckets, 'p50')], ['p95', 'b', (buckets) => bucketFigure(buckets, 'p95')]], latency, view),
  ]
}

const resourceCharts = (signal: SignalRecord, view: View): readonly Chart[] => RESOURCE_CHARTS.flatMap(({ what, unit, lines, scale = 1 }) =>
  chart(signal, what, unit, lines.map(([label, tone, metric]): Line => [label, tone, (buckets) => scaled(bucketFigure(buckets, metric), scale)]), undefined, view).map((one) => ({ ...one, small: true as const })))

const scaled = (value: number | undefined, by: number): number | undefined => (value === undefined ? undefined : value * by)
const rateOf = (count: keyof BucketRecord['counts']): Line[2] => (buckets) => {
  const covered = timeCovered(buckets)
  return covered === 0 ? undefined : (buckets.reduce((sum, { counts }) => sum + counts[count], 0) * 1000) / covered
}

/** None when the signal has nothing of it. */
function chart(signal: SignalRecord, what: string, unit: Chart['unit'], lines: readonly Line[], timing: Timing | undefined, { seconds, end }: View): readonly Chart[] {
  const grid = coarse(until(end, gridOf(signal)))
  if (!grid) return []
  const series = lines.map(([label, tone, of, filled]): ChartSeries =>
    ({ label, tone, values: valuesOf(grid, of).map((value) => (value === undefined ? null : Number(value.toPrecision(6)))), ...(filled ? { filled } : {}) }))
  if (series.every(({ values }) => values.every((value) => value === null || value === 0))) return []
  const x = grid.rows.map((_, i) => seconds(ms(timeOf(grid, i) + grid.width / 2)))
  return [{ title: plain(`${signal.name}: ${what}`), unit, x, series, marks: marksOf(timing, seconds), bad: stretchesOf(timing, 'bad', seconds), unknown: stretchesOf(timing, 'unknown', seconds) }]
}

const until = (end: Ms, grid: Grid | undefined): Grid | undefined =>
  grid && { ...grid, rows: grid.rows.slice(0, Math.max(1, Math.ceil((end - grid.start) / grid.width))) }

/** The same grid in wider rows, where it has more than a screen can show: rows are pooled, never averaged. */
function coarse(grid: Grid | undefined): Grid | undefined {
  const factor = grid ? Math.ceil(grid.rows.length / POINTS_MAX) : 1
  if (!grid || factor === 1) return grid
  const rows = Array.from({ length: Math.ceil(grid.rows.length / factor) }, (_, i) => grid.rows.slice(i * factor, (i + 1) * factor).flat())
  return { start: grid.start, width: ms(grid.width * factor), rows }
}

function marksOf(timing: Timing | undefined, seconds: Seconds): readonly Mark[] {
  if (!timing || !degraded(timing)) return []
  const { onset, recovered, recovery } = timing
  return [
    ...(onset === undefined ? [] : [{ at: seconds(onset), label: 'onset' }]),
    ...(recovered === undefined ? [] : [{ at: seconds(recovered), label: recovery === undefined ? 'back' : `back ${offsetWords(recovery, ms(0))}` }]),
  ]
}

function stretchesOf(timing: Timing | undefined, label: 'bad' | 'unknown', seconds: Seconds): readonly Stretch[] {
  const found: { from: number; to: number }[] = []
  if (!timing) return found
  for (const [i, one] of timing.buckets.entries()) {
    if (one !== label) continue
    const [from, to] = [seconds(ms(timing.start + i * timing.width)), seconds(ms(timing.start + (i + 1) * timing.width))]
    const last = found.at(-1)
    if (last && timing.buckets[i - 1] === label) last.to = to
    else found.push({ from, to })
  }
  return found
}
