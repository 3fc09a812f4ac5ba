/** The summary of a run for a terminal. */

import picocolors from 'picocolors'
import type { Outcome } from '../record/events.ts'
import { effectOf, rowsShown, type Analysis } from './analysis.ts'
import { columns } from './columns.ts'
import { failuresOf } from './failures.ts'
import { QUANTILES } from './figures.ts'
import { phaseOf, type RunRecord } from './fold.ts'
import { adviceLines } from './advice-text.ts'
import { actionCells, gameCells, GAME_HEAD, gameOf } from './game.ts'
import { headline } from './headline.ts'
import { ledgerOf } from './ledger.ts'
import { LOAD_HEAD, loadCells, loadNotes, loadRows } from './loads.ts'
import { faultLine, sparkline } from './sparkline.ts'
import { passedOf } from './passed.ts'
import { KEYS_HEAD, passedTable, type WordRow } from './passed-words.ts'
import { trafficRow } from './traffic.ts'
import { FUNCTIONS_SHORT, functionCells, PROFILE_HEAD, profileHeadline } from './profiles.ts'
import { troublesOf } from './trouble.ts'
import { wrapped } from './wrapped.ts'
import { brief, figureWords, hashWords, NONE, plain, signalWords, STATUS_WORDS, timingRow } from './words.ts'

export interface TextOptions {
  readonly color: boolean
  /** Columns of the terminal. */
  readonly width: number
  /** Where reports lie, by format. */
  readonly files?: readonly { readonly format: string; readonly path: string }[]
}

type Colors = ReturnType<typeof picocolors.createColors>
const WIDTH_MIN = 40
const SIGNS: Readonly<Record<Outcome, string>> = { PASS: '✓', FAIL: '✗', INCONCLUSIVE: '?', ERROR: '!', ABORTED: '■' }

/** Ends in a newline. Text of others is stripped of everything that a terminal would act on. */
export function renderText(record: RunRecord, analysis: Analysis, { color, width: wanted, files = [] }: TextOptions): string {
  const colors = picocolors.createColors(color)
  const width = Math.max(WIDTH_MIN, wanted)
  const { started, verdict } = record
  const sections = [
    [`${paint(colors, verdict.outcome)(colors.bold(verdict.outcome))}  ${colors.bold(plain(started?.name ?? 'unknown run'))}  ${colors.dim(brief(verdict.why, Math.max(30, width - verdict.outcome.length - plain(started?.name ?? 'unknown run').length - 4)))}`,
      ...wrapped(plain(started?.question ?? ''), width).map(colors.dim)],
    wrapped(headline(record, analysis), width).map(colors.bold),
    titled(colors, 'Expectations', expectations(record, colors, width)),
    titled(colors, 'Injections', injections(record, analysis, width)),
    titled(colors, 'Who did what', deeds(record, analysis, width)),
    titled(colors, 'Load', loads(record, analysis, colors, width)),
    titled(colors, 'Timing', timing(analysis, colors, width)),
    titled(colors, 'Traffic', traffic(analysis, colors)),
    titled(colors, 'What passed through', passed(record, colors, width)),
    titled(colors, 'What the faults did', ledger(record, analysis, colors, width)),
    titled(colors, 'Processor time', processorTime(record, colors, width)),
    titled(colors, 'Why operations failed', failuresOf(record).flatMap(({ load, words }) => indented(`${load}: ${words}`, 2, width))),
    titled(colors, 'Advice', advised(record, width)),
    titled(colors, 'Over time', overTime(record, analysis, colors, width)),
    trouble(record, colors, width),
    [...(started ? [colors.dim(`seed ${started.seed} · ${plain(started.file)} · ${hashWords(started.hash)}${started.trace ? ` · trace ${plain(started.trace.id)}` : ''}`)] : []),
      ...files.map(({ format, path }) => `${format.padEnd(8)} ${plain(path)}`)],
  ]
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.map((line) => line.trimEnd()).join('\n')).join('\n\n')}\n`
}

function paint({ green, red, yellow, magenta }: Colors, outcome: Outcome): (text: string) => string {
  switch (outcome) {
    case 'PASS': return green
    case 'FAIL': return red
    case 'INCONCLUSIVE': return yellow
    case 'ERROR': case 'ABORTED': return magenta
  }
}

const titled = ({ underline }: Colors, title: string, lines: readonly string[]): readonly string[] => (lines.length ? [underline(title), ...lines] : [])

function expectations({ verdict }: RunRecord, colors: Colors, width: number): readonly string[] {
  return verdict.expectations.flatMap(({ text, outcome, measured, limit, margin, hint }) => {
    const sign = paint(colors, outcome)(SIGNS[outcome] ?? '?')
    const found = `${plain(measured)}, ${plain(limit)}${margin === undefined ? '' : ` (${plain(margin)})`}`
    const line = plain(text)
    const rest = [...(hint === undefined ? [] : wrapped(plain(hint), width - 6).map((one) => `      ${colors.dim(one)}`))]
    return line.length + found.length + 8 <= width ? [`  ${sign} ${line}  ${colors.bold(found)}`, ...rest] : [`  ${sign} ${line}`, `      ${colors.bold(found)}`, ...rest]
  })
}

/** The table where load is all there was; what has to be known of the figures always. */
function loads(record: RunRecord, { only }: Analysis, colors: Colors, width: number): readonly string[] {
  const notes = loadNotes(record).flatMap((note) => indented(note, 2, width).map(colors.yellow))
  const rows = only ? loadRows(record).map(loadCells) : []
  return rows.length > 0 ? [...columns([['', ...LOAD_HEAD].map(colors.dim), ...rows]), ...notes] : notes
}

const HEAD = { onset: 'onset', recovery: 'recovery', degraded: 'degraded', lost: 'lost', depth: 'depth', area: 'area', flaps: 'flaps', sinceFault: 'since fault' } as const
/** Left out one by one where the terminal is narrow. */
const EXPENDABLE = ['sinceFault', 'flaps', 'area', 'depth', 'degraded'] as const satisfies readonly (keyof typeof HEAD)[]
const ROW_WIDTH = 12

function timing(analysis: Analysis, colors: Colors, width: number): readonly string[] {
  const shown = rowsShown(analysis)
  if (shown.length === 0) return []
  const room = Math.max(2, Math.floor((width - 46) / ROW_WIDTH))
  const left: ReadonlySet<string> = new Set(EXPENDABLE.slice(0, Math.max(0, Object.keys(HEAD).length - room)))
  const keys = (Object.keys(HEAD) as (keyof typeof HEAD)[]).filter((key) => !left.has(key))
  const rows = shown.map((one) => {
    const row = timingRow(one.timing, one.signal.metric, effectOf(analysis, one))
    return [`${signalWords(one.signal)}${one.step === undefined ? '' : plain(` (${one.step})`)}`, STATUS_WORDS[one.timing.status], ...keys.map((key) => row[key])]
  })
  return columns([['', 'status', ...keys.map((key) => HEAD[key])].map(colors.dim), ...rows])
}

const traffic = ({ traffic: all }: Analysis, colors: Colors): readonly string[] => {
  const rows = all.filter(({ step }) => step === undefined).map((one) => ({ target: plain(one.target), ...trafficRow(one) }))
  return rows.length === 0 ? [] : columns([['', 'detect', 'refill', 'storm', 'retries'].map(colors.dim), ...rows.map(({ target, detect, refill, storm, retries }) => [target, detect, refill, storm, retries])])
}

/** Names give way where the terminal is narrow. */
function passed(record: RunRecord, colors: Colors, width: number): readonly string[] {
  return passedOf(record).map(passedTable).flatMap(({ target, head: names, operations, keys, notes }) => {
    const table = (head: readonly string[], rows: readonly WordRow[]): readonly string[] => {
      const taken = Math.max(...rows.map(({ cells }) => cells.join('  ').length), head.join('  ').length)
      return columns([['', ...head].map(colors.dim), ...rows.map(({ name, cells }) => [brief(name, Math.max(16, width - taken - 8)), ...cells])])
    }
    return [colors.bold(`  ${target}`), ...table(names, operations), ...(keys.length ? table(KEYS_HEAD, keys) : []), ...notes.map((note) => `  ${colors.dim(note)}`)]
  })
}

/** Columns do not do here: each is told in lines. */
const injections = (record: RunRecord, analysis: Analysis, width: number): readonly string[] => (gameOf(record, analysis)?.injections ?? []).flatMap((row) => {
  const [what = '', from, held, signal, cameTo, detected, mitigated] = gameCells(row, record.from)
  const tell = (head: string, cell: string | undefined): readonly string[] => (cell === undefined || cell === NONE ? [] : indented(`${head} ${cell}`, 4, width))
  return [...indented(`${plain(row.span.step)}: ${what}, ${from} held ${held}`, 2, width), ...indented(signal === NONE ? cameTo ?? '' : `${signal} ${cameTo}`, 4, width), ...tell(GAME_HEAD[5], detected), ...tell(GAME_HEAD[6], mitigated)]
})

const deeds = (record: RunRecord, analysis: Analysis, width: number): readonly string[] => {
  const rows = (gameOf(record, analysis)?.actions ?? []).map((action) => actionCells(action, record.from))
  const names = Math.max(0, ...rows.map(([, , who]) => who.length))
  return rows.flatMap(([at, wall, who, text]) => wrapped(text, Math.max(20, width - names - 24)).map((line, i) => `  ${(i === 0 ? at : '').padStart(8)}  ${(i === 0 ? wall : '').padEnd(8)}  ${(i === 0 ? who : '').padEnd(names)}  ${line}`))
}

const ledger = (record: RunRecord, analysis: Analysis, colors: Colors, width: number): readonly string[] => ledgerOf(record, analysis).flatMap(({ step, what, params, when, altered, examples, reactions }) => [
  ...indented(`${step}: ${what}${params ? ` (${params})` : ''}, ${when}`, 2, width).map(colors.bold),
  ...indented(`${altered}${examples.length ? `, at first ${examples.join(', ')}` : ''}`, 4, width),
  ...reactions.flatMap((reaction) => indented(`→ ${reaction}`, 4, width)),
])

const processorTime = ({ profiles }: RunRecord, colors: Colors, width: number): readonly string[] => profiles.flatMap((profile) => [
  ...indented(profileHeadline(profile), 2, width),
  ...(profile.grown.length === 0 ? [] : columns([[...PROFILE_HEAD].map(colors.dim), ...profile.grown.slice(0, FUNCTIONS_SHORT).map(functionCells)])),
])

const indented = (text: string, by: number, width: number): readonly string[] => wrapped(text, width - by).map((line) => ' '.repeat(by) + line)

/** Its titles; `brownout advise` tells the rest. */
const advised = (record: RunRecord, width: number): readonly string[] => adviceLines(record).flatMap((line) => indented(line, 2, width))

function overTime(record: RunRecord, analysis: Analysis, colors: Colors, width: number): readonly string[] {
  const from = phaseOf(record, 'baseline')?.from ?? record.from
  const to = analysis.end
  const shown = analysis.signals.filter(({ source, step, signal }) => source === 'load' && step === undefined && (signal.metric === 'success' || signal.metric in QUANTILES))
  if (shown.length === 0 || !(to > from)) return []
  const names = shown.map(({ signal }) => signalWords(signal))
  const margin = Math.min(28, Math.max(...names.map((name) => name.length)))
  const view = { from, to, width: Math.max(10, Math.min(80, width - margin - 26)) }
  const lines = shown.flatMap(({ signal }, i) => {
    const drawn = sparkline(record, signal, view)
    return drawn ? [`  ${(names[i] ?? '').slice(0, margin).padEnd(margin)}  ${colors.cyan(drawn.line)}  ${figureWords(signal.metric, drawn.low)} … ${figureWords(signal.metric, drawn.high)}`] : []
  })
  return [...lines, ...analysis.spans.map((span) => faultLine({ ...span, step: plain(span.step) }, view)).filter((line) => line).map((line) => `  ${' '.repeat(margin)}  ${colors.yellow(line)}`)]
}

const trouble = (record: RunRecord, { red, yellow }: Colors, width: number): readonly string[] =>
  troublesOf(record).flatMap(({ text, more, grave }) => [...wrapped(text, width), ...more.flatMap((line) => indented(line, 4, width))].map(grave ? red : yellow))
