/** Two sets of runs held against one another: a verdict for each figure, and one for all. */

import { EXIT, type Exit } from '../../core/exit.ts'
import { medianOf } from '../../statistics/median.ts'
import { judgePairs, type Finding, type Verdict } from '../../statistics/verdict.ts'
import type { Analysis } from '../analysis.ts'
import type { RunRecord } from '../fold.ts'
import { askedOf, labelOf, type Asked, type Better } from './asked.ts'
import { floorOf, measure, type Measured, type Relative, type Unit } from './measured.ts'

/** A run as it is compared. */
export interface RunFigures {
  readonly run: string
  readonly name: string
  readonly wall: string
  readonly hash: string
  /** Why its figures cannot stand beside those of others; undefined where they can. */
  readonly unfit: string | undefined
  readonly measured: readonly Measured[]
}

export interface Side {
  /** As it was asked for. */
  readonly asked: string
  readonly runs: readonly RunFigures[]
  readonly unfit: readonly RunFigures[]
}

export interface Point { readonly run: string; readonly value: number; readonly censored: boolean }
export interface Row {
  readonly label: string
  readonly unit: Unit
  readonly better: Better
  readonly relative: Relative
  readonly a: readonly Point[]
  readonly b: readonly Point[]
  /** The least difference that counts. */
  readonly floor: number
  readonly verdict: Verdict
}

export interface Comparison {
  readonly a: Side
  readonly b: Side
  /** What is worse first, then as the experiment has it. */
  readonly rows: readonly Row[]
  /** Figures that only one side has. */
  readonly lone: readonly string[]
  readonly notes: readonly string[]
  readonly outcome: Finding
  readonly exit: Exit
}

/** Runs that ended so say nothing of the system: it or brownout was in trouble, or somebody stopped it. */
const UNFIT: ReadonlySet<number> = new Set([EXIT.systemError, EXIT.internal, EXIT.interrupted, EXIT.terminated])

/** `asked`: these figures in place of what the run's own experiment names; `adjust` changes the latter. */
export function figuresOf(record: RunRecord, analysis: Analysis, asked?: readonly Asked[], adjust: (one: Asked) => Asked = (one) => one): RunFigures {
  const { started, exit, verdict, loads } = record
  const invalid = loads.find(({ valid }) => !valid)
  const unfit = exit === undefined ? 'not ended' : UNFIT.has(exit) ? verdict.why : invalid ? `load ${invalid.name} could not keep to its plan` : undefined
  const all = new Map((asked ?? askedOf(record, analysis).map(adjust)).map((one) => [labelOf(one), one]))
  return {
    run: started?.run ?? '', name: started?.name ?? '', wall: started?.wall ?? '', hash: started?.hash ?? '', unfit,
    measured: [...all.values()].flatMap((one) => measure(one, record, analysis) ?? []),
  }
}

const ORDER: readonly Finding[] = ['regression', 'inconclusive', 'improvement', 'no change']

/** `floor`: the share by which a figure must differ to count, such as 0.05. */
export function compare(a: Side, b: Side, floor: number): Comparison {
  const labels = [...new Set([...a.runs, ...b.runs].flatMap(({ measured }) => measured.map(({ label }) => label)))]
  const drafts = labels.flatMap((label) => {
    const [ofA, ofB] = [pointsOf(a, label), pointsOf(b, label)]
    const first = [...a.runs, ...b.runs].flatMap(({ measured }) => measured.filter((one) => one.label === label))
    const [model] = first
    return model ? [{ label, model, a: ofA, b: ofB, least: Math.max(...first.map(({ least }) => least)) }] : []
  })
  const shared = drafts.filter((one) => one.a.length > 0 && one.b.length > 0)
  const floors = shared.map((one) => floorOf({ ...one.model, least: one.least }, medianOf([...one.a, ...one.b].map(({ value }) => value)), floor))
  const verdicts = judgePairs(shared.map((one, i) => ({ a: one.a, b: one.b, better: one.model.better, floor: floors[i] ?? 0 })))
  const rows = shared.flatMap(({ label, model: { unit, better, relative }, a: ofA, b: ofB }, i): Row[] => {
    const verdict = verdicts[i]
    return verdict ? [{ label, unit, better, relative, a: ofA, b: ofB, floor: floors[i] ?? 0, verdict }] : []
  })
  const ordered = [...rows].sort((x, y) => ORDER.indexOf(x.verdict.finding) - ORDER.indexOf(y.verdict.finding))
  return { a, b, rows: ordered, lone: drafts.filter((one) => !shared.includes(one)).map(({ label }) => label), notes: notesOf(a, b, rows), ...outcomeOf(rows) }
}

const pointsOf = ({ runs }: Side, label: string): readonly Point[] => runs.flatMap(({ run, measured }) => measured.filter((one) => one.label === label).map(({ value, censored }) => ({ run, value, censored })))

/** What is open counts only where it could hide a regression. */
function outcomeOf(rows: readonly Row[]): { readonly outcome: Finding; readonly exit: Exit } {
  const any = (finding: Finding): boolean => rows.some(({ verdict }) => verdict.finding === finding)
  if (any('regression')) return { outcome: 'regression', exit: EXIT.fail }
  if (rows.length === 0 || rows.some(({ verdict }) => verdict.finding === 'inconclusive' && !verdict.notWorse)) return { outcome: 'inconclusive', exit: EXIT.inconclusive }
  return { outcome: any('improvement') ? 'improvement' : 'no change', exit: EXIT.pass }
}

function notesOf(a: Side, b: Side, rows: readonly Row[]): readonly string[] {
  const all = [...a.unfit, ...b.unfit]
  const unfit = [...new Set(all.map((run) => run.unfit ?? ''))].map((why) => {
    const own = all.filter((run) => run.unfit === why).map(({ run }) => run)
    return `${own.length === 1 ? 'one run is' : `${own.length} runs are`} left out (${why}): ${own.join(', ')}`
  })
  const [names, hashes] = [distinct(a, b, ({ name }) => name), distinct(a, b, ({ hash }) => hash)]
  const changed = names === 1 && hashes > 1 ? ['the experiment itself was changed between these runs: a difference may come from that'] : []
  const last = a.runs.map(({ wall }) => wall).sort().at(-1) ?? ''
  const apart = rows.some(({ verdict: { finding } }) => finding === 'regression' || finding === 'improvement') && b.runs.every(({ wall }) => wall > last)
  return [...unfit, ...changed, ...(apart ? ['all runs of A came before those of B: what changed on the machine in between is in the difference too; `brownout run --interleave` takes turns'] : [])]
}

const distinct = (a: Side, b: Side, of: (run: RunFigures) => string): number => new Set([...a.runs, ...b.runs].map(of)).size
