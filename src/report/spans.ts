/** When each step of a run took hold and let go, faults and real actions alike. */

import { ms, type Ms } from '../core/units.ts'
import { phaseOf, type RunRecord } from './fold.ts'

export interface Span {
  readonly step: string
  /** `partition on cache`, or the command of an action. */
  readonly what: string
  readonly targets: readonly string[]
  readonly armed: Ms | undefined
  /** The first operation really altered; an action takes effect when it is started. */
  readonly effect: Ms | undefined
  /** Undefined: still armed when the journal ends. */
  readonly clear: Ms | undefined
  readonly drained: Ms | undefined
  readonly matched: number
  readonly altered: number
  readonly kind: 'fault' | 'action'
}

const least = (times: readonly (Ms | undefined)[]): Ms | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : ms(Math.min(...known))
}
const latest = (times: readonly (Ms | undefined)[]): Ms | undefined => {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : ms(Math.max(...known))
}
const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)]

/** One a step that was begun, in order; several rules of one step (a scenario, a repetition) are one span. */
export function spansOf({ rules, actions }: RunRecord): readonly Span[] {
  const spans = distinct(rules.map(({ step }) => step)).map((step): Span => {
    const own = rules.filter((rule) => rule.step === step)
    const targets = distinct(own.map(({ target }) => target))
    return {
      step, targets, kind: 'fault', what: `${distinct(own.map(({ fault }) => fault)).join(', ')} on ${targets.join(', ')}`,
      armed: least(own.map(({ armed }) => armed)), effect: least(own.map(({ effect }) => effect)),
      clear: own.some(({ cleared }) => cleared === undefined) ? undefined : latest(own.map(({ cleared }) => cleared)), drained: latest(own.map(({ drained }) => drained)),
      matched: own.reduce((sum, { matched }) => sum + matched, 0), altered: own.reduce((sum, { altered }) => sum + altered, 0),
    }
  })
  const real = distinct(actions.map(({ step }) => step)).map((step): Span => {
    const own = actions.filter((action) => action.step === step)
    const from = least(own.map((action) => action.from))
    return { step, targets: [], kind: 'action', what: own[0]?.argv.join(' ') ?? '', armed: from, effect: from, clear: latest(own.map(({ to }) => to)), drained: undefined, matched: own.length, altered: own.length }
  })
  return [...spans, ...real].sort((a, b) => (a.armed ?? 0) - (b.armed ?? 0))
}

/** All spans as one: from the first effect to the last removal. */
export function wholeSpan(spans: readonly Span[]): Pick<Span, 'armed' | 'effect' | 'clear'> {
  const exercised = spans.filter(({ effect }) => effect !== undefined)
  return {
    armed: least(spans.map(({ armed }) => armed)), effect: least(exercised.map(({ effect }) => effect)),
    clear: exercised.some(({ clear }) => clear === undefined) ? undefined : latest(exercised.map(({ clear }) => clear)),
  }
}

/** End of the observation: of the recovery window, or of what there is of a run that was cut short. */
export const observedUntil = (record: RunRecord): Ms => phaseOf(record, 'recovery')?.to ?? phaseOf(record, 'end')?.from ?? record.to

/** Zero of every chart and table: when the first fault took effect; else when the method or the baseline began; else the journal's first line. */
export const originOf = (record: RunRecord): Ms => {
  const { effect, armed } = wholeSpan(spansOf(record))
  return effect ?? armed ?? phaseOf(record, 'method')?.from ?? phaseOf(record, 'baseline')?.from ?? record.from
}
