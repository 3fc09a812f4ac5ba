/** Which figures of a run are compared. */

import { z } from 'zod'
import { BrownoutError } from '../../core/errors.ts'
import type { Labels } from '../../record/figures.ts'
import type { Analysis } from '../analysis.ts'
import { QUANTILES, type SignalName } from '../figures.ts'
import type { RunRecord } from '../fold.ts'
import { signalWords } from '../words.ts'

const TIMINGS = ['recovery', 'outage', 'degraded', 'depth', 'lost', 'flaps', 'detect', 'refill', 'storm', 'retries'] as const
export type TimingFigure = (typeof TIMINGS)[number]
export type Better = 'lower' | 'higher'

export type Asked =
  /** `better` where the metric alone does not say. */
  | { readonly kind: 'figure'; readonly signal: SignalName; readonly during: string; readonly better?: Better | undefined }
  | { readonly kind: 'timing'; readonly figure: TimingFigure; readonly of: { readonly name: string; readonly metric?: string | undefined; readonly where?: Labels | undefined }; readonly step?: string | undefined }

/** Of traffic as a whole; the others are of one signal, success unless another is named. */
const OF_TRAFFIC: ReadonlySet<string> = new Set(['detect', 'refill', 'storm', 'retries'])
const timingAsked = (figure: TimingFigure, of: Extract<Asked, { kind: 'timing' }>['of'], step?: string): Asked =>
  ({ kind: 'timing', figure, of: OF_TRAFFIC.has(figure) ? { name: of.name } : { ...of, metric: of.metric ?? 'success' }, step })

/** `checkout.p95`, `checkout.success during fault`, `recovery of checkout.p95 (cut)`. The same figure has the same label in every run. */
export function labelOf(asked: Asked): string {
  if (asked.kind === 'figure') return `${signalWords(asked.signal)}${asked.during === 'baseline' ? '' : ` during ${asked.during}`}`
  const { name, metric, where } = asked.of
  return `${asked.figure} of ${metric === undefined ? name : signalWords({ name, metric, where })}${asked.step === undefined ? '' : ` (${asked.step})`}`
}

const ALWAYS = ['p50', 'p95', 'p99', 'rate', 'success'] as const
const HIGHER: ReadonlySet<string> = new Set(['at_least', 'above'])

const where = z.record(z.string(), z.string()).optional().catch(undefined)
const signal = z.object({ name: z.string(), metric: z.string(), where })
const better = z.string().transform((comparison): Better => (HIGHER.has(comparison) ? 'higher' : 'lower'))
const expectation = z.union([
  z.object({ signal, comparison: better, during: z.string() }).transform((one): Asked => ({ kind: 'figure', signal: one.signal, during: one.during, better: one.comparison })),
  z.object({ figure: z.enum(TIMINGS), of: z.object({ name: z.string(), metric: z.string().optional(), where }), step: z.string().optional() }).transform(({ figure, of, step }): Asked => timingAsked(figure, of, step)),
])
const held = z.object({ signal, comparison: better }).transform((one): Asked => ({ kind: 'figure', signal: one.signal, during: 'baseline', better: one.comparison }))
const plan = z.object({
  steadyState: z.array(held.nullable().catch(null)).catch([]),
  expect: z.array(expectation.nullable().catch(null)).catch([]),
}).catch({ steadyState: [], expect: [] })

/**
 * What the experiment itself names, where it names it; of each load p50, p95, p99, rate and success in the baseline and how soon its
 * success and latency were back; of each app its CPU in the baseline. Each once.
 */
export function askedOf(record: RunRecord, { signals }: Analysis): readonly Asked[] {
  const { steadyState, expect } = plan.parse(record.started?.plan)
  const named = [...steadyState, ...expect].filter((one) => one !== null)
  const sources = record.signals.flatMap(({ source, name }): readonly Asked[] => {
    const metrics = source === 'load' ? ALWAYS : source === 'app' ? ['cpu'] : []
    return metrics.map((metric) => ({ kind: 'figure', signal: { name, metric }, during: 'baseline' }))
  })
  const back = signals.filter(({ source, step, signal: { metric } }) => source === 'load' && step === undefined && (metric === 'success' || metric in QUANTILES))
  const recoveries = back.map(({ signal: of }): Asked => ({ kind: 'timing', figure: 'recovery', of }))
  const all = [...named, ...sources, ...recoveries]
  const labels = all.map(labelOf)
  return all.filter((_, i) => labels.indexOf(labels[i] ?? '') === i)
}

/** `checkout.p95` or `recovery:checkout.p95`, as a person writes it. Throws USAGE. */
export function parseAsked(text: string, word: string): Asked {
  const [first = '', second, ...more] = text.split(':').map((part) => part.trim())
  const [name = '', metric, ...rest] = (second ?? first).split('.')
  const figure = TIMINGS.find((one) => one === first)
  if (!name || more.length > 0 || rest.length > 0 || (second === undefined ? !metric : !figure)) {
    throw new BrownoutError('USAGE', { message: `"${text}" is no signal`, hint: `write NAME.METRIC such as checkout.p95, or ${TIMINGS.join(', ')} and what of, such as recovery:checkout.p95` })
  }
  return figure ? timingAsked(figure, { name, metric }) : { kind: 'figure', signal: { name, metric: metric ?? '' }, during: word }
}

/** The same over another stretch of the run; what is about a fault stays as it is. */
export const askedDuring = (asked: Asked, word: string | undefined): Asked => (word === undefined || asked.kind === 'timing' ? asked : { ...asked, during: word })
