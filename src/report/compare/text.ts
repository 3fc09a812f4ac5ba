/** A comparison for a terminal. */

import picocolors from 'picocolors'
import type { Finding } from '../../statistics/verdict.ts'
import { columns } from '../columns.ts'
import { wrapped } from '../wrapped.ts'
import { brief, plain } from '../words.ts'
import type { Comparison, Row } from './comparison.ts'
import { centreWords, headlineOf, intervalWords, remarksOf, shiftWords, sideWords, verdictWords } from './words.ts'

type Colors = ReturnType<typeof picocolors.createColors>

/** Ends in a newline. */
export function compareText(comparison: Comparison, { color, width }: { readonly color: boolean; readonly width: number }): string {
  const colors = picocolors.createColors(color)
  const { a, b, rows, outcome } = comparison
  const paint = (finding: Finding): ((text: string) => string) => paints(colors)[finding]
  const row = (one: Row): readonly string[] => [
    brief(one.label, Math.max(20, width - 92)), of(centreWords(one.unit, one.a), one.a.length, a.runs.length), of(centreWords(one.unit, one.b), one.b.length, b.runs.length),
    shiftWords(one), intervalWords(one), paint(one.verdict.finding)(verdictWords(one)),
  ]
  return [
    `${paint(outcome)(colors.bold(outcome.toUpperCase()))}  ${colors.bold(headlineOf(comparison))}`,
    ...[`A: ${sideWords(a)}`, `B: ${sideWords(b)}`].map((line) => colors.dim(plain(line))),
    '',
    ...(rows.length ? [...columns([['', 'A', 'B', 'shift', '90% interval', 'verdict'].map(colors.dim), ...rows.map(row)]), ''] : []),
    ...remarksOf(comparison).flatMap((text) => wrapped(plain(text), width)).map(colors.yellow),
  ].map((line) => line.trimEnd()).join('\n').trimEnd().concat('\n')
}

/** `12ms (4)`, where not every run of the set says. */
const of = (text: string, runs: number, all: number): string => (runs === all ? text : `${text} (${runs})`)

const paints = ({ red, green, yellow, dim }: Colors): Readonly<Record<Finding, (text: string) => string>> => ({ regression: red, improvement: green, inconclusive: yellow, 'no change': dim })
