/** The report for a pull request or the summary page of a CI job, in GitHub's Markdown. */

import { adviceMarkdown } from './advice-markdown.ts'
import { effectOf, rowsShown, type Analysis } from './analysis.ts'
import { failuresOf } from './failures.ts'
import type { RunRecord } from './fold.ts'
import { actionCells, GAME_HEAD, gameCells, gameOf } from './game.ts'
import { headline } from './headline.ts'
import { ledgerOf } from './ledger.ts'
import { literal } from './literal.ts'
import { LOAD_HEAD, loadCells, loadNotes, loadRows } from './loads.ts'
import { passedOf } from './passed.ts'
import { passedTable } from './passed-words.ts'
import { FUNCTIONS_SHORT, functionCells, PROFILE_HEAD, profileHeadline } from './profiles.ts'
import { troublesOf } from './trouble.ts'
import { brief, NONE, signalWords, STATUS_WORDS, timingRow } from './words.ts'

/** Ends in a newline, and can be appended to another. */
export function renderMarkdown(record: RunRecord, analysis: Analysis): string {
  const { started, verdict } = record
  const rows = rowsShown(analysis)
  const game = gameOf(record, analysis)
  const sections = [
    `## ${literal(verdict.outcome)}: ${literal(started?.name ?? 'unknown run')}`,
    `**${literal(headline(record, analysis))}**`,
    literal(started?.question ?? ''),
    verdict.outcome === 'PASS' ? '' : literal(brief(verdict.why, 300)),
    troublesOf(record).map(({ text }) => `- ${literal(text)}`).join('\n'),
    table(['', 'expected', 'measured', 'limit', 'margin'], verdict.expectations.map(({ text, outcome, measured, limit, margin }) => [outcome, text, measured, limit, margin ?? NONE])),
    table(['injection', ...GAME_HEAD], (game?.injections ?? []).map((row) => [row.span.step, ...gameCells(row, record.from)])),
    table(['at', 'UTC', 'who', 'did'], (game?.actions ?? []).map((action) => actionCells(action, record.from))),
    analysis.only ? table(['', ...LOAD_HEAD], loadRows(record).map(loadCells)) : '',
    loadNotes(record).map((note) => `- ${literal(note)}`).join('\n'),
    table(['signal', 'status', 'onset', 'recovery', 'degraded', 'depth', 'area', 'lost'], rows.map((one) => {
      const { onset, recovery, degraded, depth, area, lost } = timingRow(one.timing, one.signal.metric, effectOf(analysis, one))
      return [`${signalWords(one.signal)}${one.step === undefined ? '' : ` (${one.step})`}`, STATUS_WORDS[one.timing.status], onset, recovery, degraded, depth, area, lost]
    })),
    ...passedOf(record).map(passedTable).map(({ target, head, operations }) => table([literal(target), ...head], operations.map(({ name, cells }) => [name, ...cells]))),
    table(['step', 'fault', 'altered', 'reaction'], ledgerOf(record, analysis).map(({ step, what, when, altered, reactions }) => [step, `${what}, ${when}`, altered, reactions.join('; ')])),
    ...record.profiles.flatMap((profile) => [literal(profileHeadline(profile)), table([...PROFILE_HEAD], profile.grown.slice(0, FUNCTIONS_SHORT).map(functionCells))]),
    adviceMarkdown(record),
    failuresOf(record).map(({ load, words }) => `- ${literal(`${load}: ${words}`)}`).join('\n'),
    started ? literal(`seed ${started.seed}, ${started.file}, ${started.hash}`) : '',
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** Empty without rows. Heads are text of ours, cells of anybody's. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map(literal)))].join('\n')
}
