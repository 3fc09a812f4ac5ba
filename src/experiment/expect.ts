/** What was expected, held against what was measured. Pure: a record and its analysis in, one line for each expectation out. */

import { nearest } from '../core/errors.ts'
import { formatDuration, ms } from '../core/units.ts'
import { isMeant } from '../record/figures.ts'
import type { ExpectationRecord, Outcome } from '../record/events.ts'
import type { Analysis } from '../report/analysis.ts'
import { timingOf } from '../report/analysis.ts'
import { during } from '../report/during.ts'
import { figure, samples } from '../report/figures.ts'
import type { RunRecord } from '../report/fold.ts'
import type { Timing } from '../timing/timing.ts'
import { judge, unitOf } from './limit.ts'
import type { Expectation, Limit, Signal, TimingFigure } from './plan.ts'
import { samplesFor } from './steady-state.ts'

type SignalExpectation = Extract<Expectation, { kind: 'signal' }>
type TimingExpectation = Extract<Expectation, { kind: 'timing' }>
type Finding = Pick<ExpectationRecord, 'outcome' | 'measured' | 'margin' | 'hint'> & { readonly limit?: string }

/** Names told in place of one that was not seen. */
const SEEN_MAX = 5
/** The metric that a bare name stands for in a timing expectation. */
const METRIC_DEFAULT = 'success'

/** `once`: the probes that are asked but once, at the start or the end: their value stands for the run, whatever `during` says. */
export function judgeExpectation(expectation: Expectation, record: RunRecord, analysis: Analysis, once: ReadonlySet<string> = new Set()): ExpectationRecord {
  const found = expectation.kind === 'signal' ? judgeSignal(expectation, record, analysis, once.has(expectation.signal.name)) : judgeTiming(expectation, analysis)
  return { text: expectation.text, limit: expectation.limit.text, ...found, line: expectation.place.line, column: expectation.place.column }
}

/** For a run in which nothing could be judged, with the reason. */
export const unjudged = ({ text, limit, place }: Expectation, outcome: Outcome, why: string): ExpectationRecord =>
  ({ text, outcome, measured: why, limit: limit.text, line: place.line, column: place.column })

function judgeSignal({ signal, comparison, limit, during: word }: SignalExpectation, record: RunRecord, analysis: Analysis, once: boolean): Finding {
  const span = once ? { from: record.from, to: ms(record.to + 1) } : during(word, record, analysis)
  if (!span) return inconclusive('not exercised', `nothing was altered ${word === 'fault' ? 'by any fault' : `in "${word}"`}`)
  if (signal.where && !isSeen(record, signal)) return inconclusive('nothing', unseen(record, signal))
  const needed = samplesFor(signal.metric)
  const count = samples(record, signal, span.from, span.to)
  if (needed > 1 && count < needed) return inconclusive(`${count} operations`, `${signal.metric} needs ${needed} of them; raise the rate or the time`)
  const measured = figure(record, signal, span.from, span.to)
  if (measured === undefined) return inconclusive('nothing', `${signal.name} has no ${signal.metric} in that time`)
  const baseline = during('baseline', record, analysis)
  const judged = judge(measured, comparison, limit, unitOf(signal.metric), limit.unit === 'x' && baseline ? figure(record, signal, baseline.from, baseline.to) : undefined)
  if (!judged) return inconclusive('nothing', 'the baseline has no figure to multiply')
  return { outcome: judged.held ? 'PASS' : 'FAIL', measured: judged.measured, limit: judged.limit, margin: judged.margin }
}

const isSeen = ({ figures }: RunRecord, { name, where = {} }: Signal): boolean => figures.some(({ target, parts }) => target === name && parts.some(({ of }) => isMeant(of, where)))

/** Of which names there were operations instead. */
function unseen({ figures }: RunRecord, { name, where = {} }: Signal): string {
  const label = Object.keys(where)[0] ?? ''
  const seen = [...new Set(figures.filter(({ target }) => target === name).flatMap(({ parts }) => parts.flatMap(({ of }) => of[label] ?? [])))]
  const near = nearest(where[label] ?? '', seen)
  return `no operation of ${name} was ${Object.entries(where).map(([key, wanted]) => `${key} ${wanted}`).join(' and ')}; ${near ? `${label} ${near} was seen` : seen.length ? `seen were ${seen.slice(0, SEEN_MAX).join(', ')}${seen.length > SEEN_MAX ? ' …' : ''}` : `no ${label} was seen at all`}`
}

const UNITS: Readonly<Record<TimingFigure, 'ms' | 'ratio' | 'number'>> = {
  recovery: 'ms', outage: 'ms', detect: 'ms', degraded: 'ms', refill: 'ms', depth: 'ratio', lost: 'number', flaps: 'number', retries: 'number', storm: 'number',
}

function judgeTiming({ figure: name, of, limit, step }: TimingExpectation, analysis: Analysis): Finding {
  switch (name) {
    case 'detect': case 'refill': case 'retries': case 'storm': {
      const traffic = analysis.traffic.find((one) => one.target === of.name && one.step === step)
      const value = traffic?.[name]
      if (!traffic) return inconclusive('not exercised', `nothing was altered on ${of.name}`)
      return value === undefined ? inconclusive('nothing', `${name} of ${of.name} cannot be told from what was seen`) : held(name, value, limit)
    }
    case 'recovery': case 'outage': case 'degraded': case 'depth': case 'lost': case 'flaps': {
      const timing = timingOf(analysis, { name: of.name, metric: of.metric ?? METRIC_DEFAULT, ...(of.where ? { where: of.where } : {}) }, step)
      if (!timing) return inconclusive('nothing', `${of.name}.${of.metric ?? METRIC_DEFAULT} was not measured`)
      return judgeStatus(name, timing, limit)
    }
  }
}

function judgeStatus(name: 'recovery' | 'outage' | 'degraded' | 'depth' | 'lost' | 'flaps', timing: Timing, limit: Limit): Finding {
  const { status, recovery, observed, width } = timing
  switch (status) {
    case 'not_exercised': return inconclusive('not exercised', 'no operation was altered by a fault')
    case 'insufficient_data': return inconclusive('insufficient data', 'too few operations; raise the rate or the windows')
    case 'not_degraded': return { outcome: 'PASS', measured: 'not degraded' }
    case 'not_recovered': case 'metastable':
      if (name === 'recovery' || name === 'outage') return { outcome: 'FAIL', measured: `${status === 'metastable' ? 'metastable' : 'not recovered'} (> ${formatDuration(observed ?? ms(0))})` }
      break
    case 'recovered': case 'recovered_during_fault': break
  }
  if (name !== 'recovery') return held(name, name === 'outage' ? timing.area : timing[name], limit)
  const found = held(name, recovery ?? 0, limit)
  return { ...found, measured: `${found.measured} ± ${formatDuration(width)}` }
}

function held(name: TimingFigure, value: number, limit: Limit): Finding {
  // Retries and storms are measured against the baseline already: their `3x` is 3.
  const { held: within, measured, margin } = judge(value, 'at_most', limit.unit === 'x' ? { ...limit, unit: 'number' } : limit, UNITS[name])
    ?? { held: false, measured: String(value), margin: '' }
  const times = limit.unit === 'x' ? 'x' : ''
  return { outcome: within ? 'PASS' : 'FAIL', measured: `${measured}${times}`, margin: `${margin}${times}` }
}

const inconclusive = (measured: string, hint: string): Finding => ({ outcome: 'INCONCLUSIVE', measured, hint })
