/** A comparison for machines, for the summary of a CI job, and as annotations. */

import { annotation } from '../annotations.ts'
import { literal } from '../literal.ts'
import { table } from '../markdown.ts'
import type { Comparison, Row, Side } from './comparison.ts'
import { centreWords, headlineOf, intervalWords, pWords, remarksOf, shiftWords, sideWords, verdictWords } from './words.ts'

export const COMPARE_FORMAT = 1

/** The document as data; docs/compare.md describes it. What is not known is null, ends that are open too. */
export function compareDocument(comparison: Comparison): Readonly<Record<string, unknown>> {
  const { a, b, rows, lone, notes, outcome, exit } = comparison
  return { format: COMPARE_FORMAT, outcome, exit, headline: headlineOf(comparison), a: side(a), b: side(b), figures: rows.map(figure), onlyOneSideHas: lone, notes }
}

const side = ({ asked, runs, unfit }: Side): unknown => ({ asked, runs: runs.map(({ run }) => run), leftOut: unfit.map(({ run, unfit: why }) => ({ run, why })) })

function figure({ label, unit, better, a, b, floor, verdict: { finding, notWorse, shift, p, q, runs } }: Row): unknown {
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return {
    figure: label, unit, better, verdict: finding, notWorse, shift: finite(shift.estimate), shiftLeast: finite(shift.least), shiftMost: finite(shift.most), low: finite(shift.low), high: finite(shift.high),
    floor, p, q, runsNeeded: runs ?? null, a, b,
  }
}

/** Ends in a newline, and can be appended to another. */
export function compareMarkdown(comparison: Comparison): string {
  const { a, b, rows, outcome } = comparison
  return `${[
    `## ${outcome}: ${literal(a.asked)} → ${literal(b.asked)}`,
    `**${literal(headlineOf(comparison))}**`,
    literal(`A: ${sideWords(a)}. B: ${sideWords(b)}.`),
    table(['figure', 'A', 'B', 'shift', '90 % interval', 'p', 'verdict'], rows.map((row) => [row.label, centreWords(row.unit, row.a), centreWords(row.unit, row.b), shiftWords(row), intervalWords(row), pWords(row.verdict.p), verdictWords(row)])),
    remarksOf(comparison).map((line) => `- ${literal(line)}`).join('\n'),
  ].filter((part) => part !== '').join('\n\n')}\n`
}

/** One line for each regression; where there is none and it is open, one for that. */
export function compareAnnotations(comparison: Comparison): readonly string[] {
  const { rows, outcome, a, b } = comparison
  const worse = rows.filter(({ verdict }) => verdict.finding === 'regression')
  const own = worse.map((row) => annotation('error', { title: `regression: ${row.label}` }, `${centreWords(row.unit, row.a)} in ${a.asked}, ${centreWords(row.unit, row.b)} in ${b.asked}: ${shiftWords(row)} (${intervalWords(row)})`))
  return outcome === 'inconclusive' ? [annotation('warning', { title: 'inconclusive' }, headlineOf(comparison))] : own
}
