/** What the rules look at: a record, and what several of them need of it. */

import { ms, type Ms } from '../core/units.ts'
import { signalBetween } from '../report/figures.ts'
import type { SurveyOf, SurveyRecord } from '../record/surveys.ts'
import { phaseOf, type RunRecord } from '../report/fold.ts'
import { passedOf, type Passed, type PassedRow } from '../report/passed.ts'
import { planOf } from '../report/plan.ts'
import { observedUntil } from '../report/spans.ts'

export interface Seen {
  readonly record: RunRecord
  /** While nothing was done to the system: the baseline, or all of it where there is none. */
  readonly quiet: Stretch
  /** From the baseline to the end, faults included. */
  readonly whole: Stretch
}

export interface Stretch {
  readonly from: Ms
  readonly to: Ms
  readonly passed: readonly Passed[]
}

export function seenIn(record: RunRecord): Seen {
  const baseline = phaseOf(record, 'baseline')
  const from = baseline?.from ?? record.from
  const stretch = (to: Ms): Stretch => ({ from, to, passed: passedOf(record, { from, to }) })
  return { record, quiet: stretch(baseline?.to ?? observedUntil(record)), whole: stretch(observedUntil(record)) }
}

export const secondsOf = ({ from, to }: Pick<Stretch, 'from' | 'to'>): number => Math.max(0, to - from) / 1000

/** Of the targets whose servers said something of that kind. */
export const surveysOf = <K extends SurveyRecord['kind']>({ record }: Seen, kind: K): readonly { readonly target: string; readonly survey: SurveyOf<K> }[] =>
  record.surveys.flatMap(({ target, survey }) => (isOf(survey, kind) ? [{ target, survey }] : []))

const isOf = <K extends SurveyRecord['kind']>(survey: SurveyRecord, kind: K): survey is SurveyOf<K> => survey.kind === kind

/** Of a target. */
export const rowsOf = ({ passed }: Stretch, target: string): readonly PassedRow[] => passed.find((one) => one.target === target)?.operations ?? []

/** All operations of a target together: what a share is of. */
export const timeOf = (rows: readonly PassedRow[]): Ms => ms(rows.reduce((sum, { total }) => sum + total, 0))

/** Of an operation that was timed. */
export const meanOf = ({ total, ok }: PassedRow): Ms => ms(ok > 0 ? total / ok : 0)

/** Operations of a load, in a stretch. */
export interface Asked { readonly name: string; readonly offered: number }

/** Of loads that ask an application: those that ask a server itself say nothing of how it is used. */
export const askedOf = ({ record }: Seen, { from, to }: Stretch): readonly Asked[] => planOf(record).loads.filter(({ kind }) => kind === 'http' || kind === 'journey' || kind === 'driven').map(({ name }) => ({
  name, offered: signalBetween(record, 'load', name, from, to).reduce((sum, { counts }) => sum + counts.offered, 0),
}))

/** A load of ours is the client of that kind of server: how it asks is nobody's to change. */
export const isOurs = ({ record }: Seen, kind: string): boolean => planOf(record).loads.some((load) => load.kind === kind)

/** How many operations were under way on average: their time together by the length of the stretch. */
export const busyOf = (stretch: Stretch, rows: readonly PassedRow[]): number => (stretch.to > stretch.from ? timeOf(rows) / (stretch.to - stretch.from) : 0)

/** Names of figures bear no schema; those of a survey do where it is not public. */
export const isOn = ({ of: { table } }: PassedRow, name: string): boolean => table !== undefined && (table === name || table === name.slice(name.indexOf('.') + 1) || table.endsWith(`.${name}`))
