/** What a fault did to the loads of a run. */

import { figure, signalBetween } from '../report/figures.ts'
import type { RunRecord } from '../report/fold.ts'
import { isHeard, planOf } from '../report/plan.ts'
import type { Span } from '../report/spans.ts'
import { shareWords } from '../report/words.ts'
import type { Between } from './operations.ts'
import type { Evidence } from './advice.ts'

/** A load of which so much less succeeded than without a fault. */
const FELL_MIN = 0.02

export interface Harmed { readonly load: string; readonly before: number; readonly during: number }

/** From the first effect to the removal, or the end of what is known; undefined where it took none. */
export const spanBetween = ({ effect, clear }: Pick<Span, 'effect' | 'clear'>, end: Between): Between | undefined => (effect === undefined ? undefined : { from: effect, to: clear ?? end.to })

/** Connections that clients of a target opened or tried. */
export const attemptsIn = (record: RunRecord, target: string, { from, to }: Between): number =>
  signalBetween(record, 'target', target, from, to).reduce((sum, { extra }) => sum + (extra?.['attempts'] ?? 0), 0)

/** The loads that a fault harmed, the worst first. */
export function harmedIn(record: RunRecord, calm: Between, fault: Between): readonly Harmed[] {
  const success = (name: string, { from, to }: Between): number | undefined => figure(record, { name, metric: 'success' }, from, to)
  const plan = planOf(record)
  return record.signals.flatMap(({ source, name }): readonly Harmed[] => {
    const [before, during] = source === 'load' && !isHeard(plan, name) ? [success(name, calm), success(name, fault)] : []
    return before !== undefined && during !== undefined && before - during >= FELL_MIN ? [{ load: name, before, during }] : []
  }).sort((a, b) => a.during - b.during)
}

export const harmEvidence = (harmed: readonly Harmed[]): readonly Evidence[] =>
  harmed.length === 0 ? [] : [{ text: harmed.map(({ load, before, during }) => `of ${load} ${shareWords(during)} succeeded meanwhile (${shareWords(before)} before)`).join('; ') }]
