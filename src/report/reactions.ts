/** What clients did after a step had altered their operations. */

import { ms, type Ms } from '../core/units.ts'
import { NEXT_MOVES, type NextMove, type ReactionCounts } from '../record/figures.ts'
import type { RunRecord } from './fold.ts'
import { countWords, durationWords, shareWords } from './words.ts'

/** Past this share of operations that nothing was done to, a move says nothing: they come again anyway. */
const CHANCE_MAX = 0.1

export interface Reactions {
  readonly step: string
  /** Of the altered operations that were watched. */
  readonly altered: ReactionCounts
  readonly unwatched: number
  /** Of operations of the same targets that nothing was done to. */
  readonly control: ReactionCounts
  /** The soonest of each kind, among those that were told one by one. */
  readonly soonest: Readonly<Partial<Record<NextMove, Ms>>>
}

/** One a step of which anything is known, in the order of the journal. */
export function movesOf({ rules, reactions, reactionTotals }: RunRecord): readonly Reactions[] {
  return [...new Set(rules.map(({ step }) => step))].flatMap((step) => {
    const own = new Set(rules.filter((one) => one.step === step).map(({ rule }) => rule))
    const totals = reactionTotals.filter(({ rule }) => own.has(rule))
    if (totals.length === 0) return []
    const told = reactions.filter(({ rule }) => own.has(rule))
    const soonest = NEXT_MOVES.flatMap((move) => {
      const after = told.filter(({ next }) => next === move).map(({ afterMs = Number.POSITIVE_INFINITY }) => afterMs)
      return after.length > 0 && move !== 'gave-up' ? [[move, ms(Math.min(...after))] as const] : []
    })
    return [{ step, altered: sum(totals.map(({ altered }) => altered)), unwatched: totals.reduce((all, one) => all + one.unwatched, 0), control: sum(totals.map(({ control }) => control)), soonest: Object.fromEntries(soonest) }]
  })
}

function sum(counts: readonly ReactionCounts[]): ReactionCounts {
  const total = (of: (one: ReactionCounts) => number): number => counts.reduce((all, one) => all + of(one), 0)
  const moves = { retry: 0, reconnect: 0, 'went-on': 0, 'gave-up': 0 }
  for (const move of NEXT_MOVES) moves[move] = total((one) => one.moves[move] ?? 0)
  return { watched: total(({ watched }) => watched), attempts: total(({ attempts }) => attempts), moves }
}

const shareOf = ({ watched, moves }: ReactionCounts, move: NextMove): number => (watched === 0 ? 0 : moves[move] / watched)

/** Whether a move says that somebody reacted: it is hardly ever seen without a fault. */
export const isTelling = (control: ReactionCounts, move: NextMove): boolean => shareOf(control, move) <= CHANCE_MAX

/** Attempts at each altered operation of a target, against those at operations that nothing was done to. Undefined where none was watched. */
export function amplification({ rules, reactionTotals }: RunRecord, target: string, step: string | undefined): number | undefined {
  const own = new Set(rules.filter((one) => one.target === target && (step === undefined || one.step === step)).map(({ rule }) => rule))
  const totals = reactionTotals.filter(({ rule }) => own.has(rule))
  const [altered, control] = [sum(totals.map((one) => one.altered)), sum(totals.map((one) => one.control))]
  if (altered.watched === 0) return undefined
  return altered.attempts / altered.watched / (control.watched === 0 ? 1 : control.attempts / control.watched)
}

const WORDS: Readonly<Record<NextMove, string>> = { retry: 'the same request again', reconnect: 'another connection', 'went-on': 'something else', 'gave-up': 'nothing more' }

/** `of 412 altered operations 73% were followed by the same request again (first after 52ms, 2.4 attempts each; 1.2% without a fault)…`, a line each. */
export function reactionWords({ altered, unwatched, control, soonest }: Reactions): readonly string[] {
  const more = unwatched > 0 ? ` (${countWords(unwatched)} more were not watched)` : ''
  const lines = NEXT_MOVES.filter((move) => altered.moves[move] > 0).map((move) => {
    const about = [
      ...(soonest[move] === undefined ? [] : [`first after ${durationWords(soonest[move])}`]),
      ...(move === 'retry' ? [`${countWords(altered.attempts / altered.watched)} attempts at each`] : []),
      ...((move === 'retry' || move === 'reconnect') && control.watched > 0 ? [`without a fault ${shareWords(shareOf(control, move))}`] : []),
    ]
    return `${shareWords(shareOf(altered, move))} ${WORDS[move]}${about.length ? ` (${about.join(', ')})` : ''}`
  })
  return lines.length ? [`next after ${altered.watched === 1 ? 'one operation' : `${countWords(altered.watched)} operations`}${more}: ${lines.join('; ')}`] : []
}
