/** How each signal of a run degraded and recovered: the definitions of src/timing applied to a record, over all faults and a step at a time. */

import { isDeepStrictEqual } from 'node:util'
import { ms, type Ms } from '../core/units.ts'
import { analyse } from '../timing/analyse.ts'
import type { Measure, Times, Timing } from '../timing/timing.ts'
import { QUANTILES, type SignalName } from './figures.ts'
import { phaseOf, type RunRecord, type SignalRecord } from './fold.ts'
import { isHeard, planOf, signalsInOrder, type ReportPlan } from './plan.ts'
import { seriesOf } from './series.ts'
import { observedUntil, originOf, spansOf, wholeSpan, type Span } from './spans.ts'
import { trafficOf, type TargetTraffic } from './traffic.ts'

export interface SignalTiming {
  readonly signal: SignalName
  readonly source: SignalRecord['source']
  /** Undefined: over all faults, from the first effect to the last removal. */
  readonly step: string | undefined
  readonly timing: Timing
}

export interface Analysis {
  /** Zero of charts and tables. */
  readonly origin: Ms
  readonly end: Ms
  readonly spans: readonly Span[]
  readonly signals: readonly SignalTiming[]
  readonly traffic: readonly TargetTraffic[]
  /** Nothing but load: there is nothing to recover from. */
  readonly only: 'load' | undefined
}

/** Pure. Never throws: what a cut journal does not hold is missing here, or `insufficient_data`. */
export function analyseRun(record: RunRecord): Analysis {
  const plan = planOf(record)
  const spans = spansOf(record)
  const episodes = episodesOf(record, spans)
  const ordered = signalsInOrder(record, plan)
  const signals = ordered.flatMap((whole) => namesOf(whole, plan).flatMap((signal) => {
    const series = seriesOf(record, signal)
    if (!series) return []
    const options = { measure: measureOf(signal.metric), hold: plan.windows.hold, minSamples: plan.windows.minSamples, successAtLeast: objectiveOf(plan, signal) }
    return episodes.map(({ step, times }): SignalTiming => ({ signal, source: whole.source, step, timing: analyse(series, { ...options, times }) }))
  }))
  const traffic = ordered.filter(({ source }) => source === 'target').flatMap((target) => episodes.flatMap(({ step, times }) => trafficOf(record, plan, target, step, times)))
  return { origin: originOf(record), end: observedUntil(record), spans, signals, traffic: plan.only ? [] : traffic, only: plan.only }
}

/** The timing of a signal, over all faults or in one step; undefined when that was not analysed. */
export const timingOf = ({ signals }: Analysis, wanted: SignalName, step?: string): Timing | undefined =>
  signals.find(({ signal, step: own }) => own === step && isDeepStrictEqual(signal, wanted))?.timing

/** All signals over all faults; where there were several steps, those that did harm too. A rate says something only where it fell. */
export const rowsShown = ({ signals, spans, only }: Analysis): readonly SignalTiming[] =>
  only ? [] : signals.filter(({ step, signal, timing }) => timing.episodes.length > 0 ? step === undefined || spans.length > 1 : step === undefined && signal.metric !== 'rate')

/** When the fault of a row took effect. */
export const effectOf = ({ origin, spans }: Analysis, { step }: { readonly step: string | undefined }): Ms | undefined => (step === undefined ? origin : spans.find((span) => span.step === step)?.effect)

/** What of a signal can be analysed; undefined for gauges and counters. */
export const measureFor = (metric: string): Measure | undefined => {
  const q = QUANTILES[metric]
  if (q !== undefined) return { kind: 'latency', q }
  return metric === 'success' || metric === 'rate' ? { kind: metric } : undefined
}
const measureOf = (metric: string): Measure => measureFor(metric) ?? { kind: 'success' }

const QUANTILE_DEFAULT = 'p95'

/** The quantiles that the experiment names (p95 when none), success, and the rate of a load; of probes, apps and parts of a target only what is named. */
function namesOf({ source, name }: SignalRecord, plan: ReportPlan): readonly SignalName[] {
  const all = plan.named.filter((one) => one.name === name && measureFor(one.metric) !== undefined)
  const narrowed = all.filter(({ where }) => where)
  const own = [...new Set(all.filter(({ where }) => !where).map(({ metric }) => metric))]
  const quantiles = own.filter((metric) => metric in QUANTILES)
  const always = source !== 'load' && source !== 'target' ? [] : [...(quantiles.length ? quantiles : isHeard(plan, name) ? [] : [QUANTILE_DEFAULT]), 'success', ...(source === 'load' ? ['rate'] : [])]
  return [...[...new Set([...always, ...own])].map((metric) => ({ name, metric })), ...narrowed]
}

const objectiveOf = ({ steadyState }: ReportPlan, { name, where }: SignalName): number | undefined =>
  steadyState.find(({ signal, comparison, limit }) => signal.name === name && isDeepStrictEqual(signal.where, where) && signal.metric === 'success' && comparison === 'at_least' && limit.unit === 'ratio')?.limit.value

/** All faults as one, and each step with the time until the next one that began after it had cleared. */
function episodesOf(record: RunRecord, spans: readonly Span[]): readonly { readonly step: string | undefined; readonly times: Times }[] {
  const baseline = phaseOf(record, 'baseline')
  const end = observedUntil(record)
  const edges = { baselineFrom: baseline?.from ?? record.from, baselineTo: baseline?.to ?? record.from }
  const until = ({ clear }: Span): Ms => ms(spans.reduce<number>((least, { effect }) => (clear !== undefined && effect !== undefined && effect > clear ? Math.min(least, effect) : least), end))
  return [
    { step: undefined, times: { ...edges, ...wholeSpan(spans), end } },
    ...spans.map((span) => ({ step: span.step, times: { ...edges, armed: span.armed, effect: span.effect, clear: span.clear, end: until(span) } })),
  ]
}
