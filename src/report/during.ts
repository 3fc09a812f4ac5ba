/** The stretch of a run that a word names: baseline, fault, recovery, all, or a step. */

import type { Ms } from '../core/units.ts'
import type { Analysis } from './analysis.ts'
import { phaseOf, type RunRecord } from './fold.ts'
import { observedUntil, wholeSpan } from './spans.ts'

/** Undefined when the run has none. */
export function during(word: string, record: RunRecord, { spans }: Pick<Analysis, 'spans'>): { readonly from: Ms; readonly to: Ms } | undefined {
  const phase = phaseOf(record, 'baseline')
  const baseline = phase && { from: phase.from, to: phase.to }
  const { effect, clear } = wholeSpan(spans)
  const end = observedUntil(record)
  switch (word) {
    case 'baseline': return baseline
    case 'fault': return effect === undefined ? undefined : { from: effect, to: clear ?? end }
    case 'recovery': return clear === undefined ? undefined : { from: clear, to: end }
    case 'all': return { from: baseline?.from ?? record.from, to: end }
    default: {
      const step = spans.find((one) => one.step === word)
      return step?.effect === undefined ? undefined : { from: step.effect, to: step.clear ?? end }
    }
  }
}
