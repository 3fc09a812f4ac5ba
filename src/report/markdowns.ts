/** Several runs in one piece of Markdown: what each came to, then each. */

import type { Analysis } from './analysis.ts'
import type { RunRecord } from './fold.ts'
import { renderMarkdown, table } from './markdown.ts'
import { NONE } from './words.ts'

export interface Run { readonly record: RunRecord; readonly analysis: Analysis }

/** One run is shown without a table before it. Ends in a newline. */
export const renderMarkdowns = (runs: readonly Run[]): string =>
  [...(runs.length > 1 ? [renderOutcomes(runs.map(({ record }) => record))] : []), ...runs.map(({ record, analysis }) => renderMarkdown(record, analysis))].join('\n')

/** A line a run, in the order in which they ran. Ends in a newline. */
export function renderOutcomes(records: readonly RunRecord[]): string {
  const passed = records.filter(({ verdict }) => verdict.outcome === 'PASS').length
  return `## ${passed} of ${records.length} runs passed\n\n${table(OUTCOMES_HEAD, records.map(outcomeCells))}\n`
}

export const OUTCOMES_HEAD = ['experiment', 'outcome', 'exit', 'run'] as const
/** `exit` is the run's own; its folder bears the name of `run`. */
export const outcomeCells = ({ started, verdict: { outcome }, exit }: RunRecord): readonly string[] => [started?.name ?? NONE, outcome, exit === undefined ? NONE : String(exit), started?.run ?? NONE]
