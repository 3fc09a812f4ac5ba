/** Prints the history, and what changed in it. */

import picocolors from 'picocolors'
import type { ArgumentsCamelCase } from 'yargs'
import { BrownoutError, nearest } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { formatDuration, ms } from '../core/units.ts'
import { listRuns, type RunSummary } from '../record/runs.ts'
import { tracksOf, type Track } from '../report/changes.ts'
import { valueWords } from '../report/compare/words.ts'
import { history, type Entry } from '../report/history.ts'
import { blocks } from '../report/sparkline.ts'
import { columns } from '../report/columns.ts'
import { brief, NONE, plain } from '../report/words.ts'
import type { Context } from './command.ts'
import { historyFolder } from './history.ts'

export interface Args {
  out: string | undefined
  last: number
  tags: string[]
  changes: string | undefined
  json: boolean
}

/** Journals that are read without a word. */
const QUIET_MAX = 10
/** The share by which a figure must differ to count as changed. */
const FLOOR = 0.05

export async function runRuns({ out, last, tags, changes, json }: ArgumentsCamelCase<Args>, context: Context): Promise<Exit> {
  const { stdout, stderr } = context
  const folder = historyFolder(context, out)
  const all = listRuns(folder).filter((run) => tags.length === 0 || run.tags.some((tag) => tags.includes(tag)))
  const entries = (runs: readonly RunSummary[]): readonly Entry[] => history(folder, runs, (count) => { if (count > QUIET_MAX) stderr.write(`reading ${count} runs for the first time\n`) })
  if (changes !== undefined) return tellChanges(changes, all, entries, { json, context })
  const shown = all.slice(last > 0 ? -last : 0)
  if (json) stdout.write(`${JSON.stringify(entries(shown).map(({ summary, figures: { measured } }) => ({ ...summary, figures: measured })), null, 2)}\n`)
  else stderr.write(shown.length ? listed(entries(shown), context) : `no runs ${tags.length ? `with the tag ${tags.join(' or ')} ` : ''}in ${folder}; \`brownout run FILE\` makes one\n`)
  return EXIT.pass
}

function listed(entries: readonly Entry[], { color, stderr }: Context): string {
  const { dim, green, red, yellow } = picocolors.createColors(color)
  const paint = ({ outcome, status }: RunSummary): string => {
    if (status !== 'ended') return yellow(status)
    return outcome === 'PASS' ? green(outcome) : outcome === 'FAIL' || outcome === 'ERROR' ? red(outcome) : yellow(outcome ?? '')
  }
  const width = Math.max(20, (stderr.columns ?? 140) - 112)
  const rows = entries.map((entry) => {
    const { summary: run } = entry
    return [run.wall.slice(0, 19).replace('T', ' '), plain(run.name), paint(run), String(run.exit ?? ''), formatDuration(ms(run.tookMs)), ...keyFigures(entry), brief(run.why, width)]
  })
  return `${columns([['when', 'run', 'outcome', 'exit', 'took', 'p95', 'success', 'back after', 'why'].map(dim), ...rows]).map((line) => line.trimEnd()).join('\n')}\n`
}

/** Of the first load, or else target, that the run has figures of: p95 and success of the baseline, and how soon it was back. */
function keyFigures({ figures: { measured } }: Entry): readonly string[] {
  return [/^\S+\.p95$/, /^\S+\.success$/, /^recovery of /].map((pattern) => {
    const found = measured.find(({ label }) => pattern.test(label))
    return found ? `${found.censored ? '> ' : ''}${valueWords(found.unit, found.value)}` : NONE
  })
}

function tellChanges(name: string, all: readonly RunSummary[], entries: (runs: readonly RunSummary[]) => readonly Entry[], { json, context: { stdout, stderr, color } }: { readonly json: boolean; readonly context: Context }): Exit {
  const own = all.filter((run) => run.name === name && run.status === 'ended')
  if (own.length === 0) {
    const near = nearest(name, new Set(all.map((run) => run.name)))
    throw new BrownoutError('RUN_UNKNOWN', { message: `no run of ${JSON.stringify(name)} has ended`, hint: near ? `did you mean "${near}"?` : undefined })
  }
  const fit = entries(own).map(({ figures }) => figures).filter(({ unfit }) => unfit === undefined)
  const tracks = tracksOf(fit, FLOOR)
  if (json) stdout.write(`${JSON.stringify({ format: 1, experiment: name, runs: fit.length, leftOut: own.length - fit.length, figures: tracks.map((track) => ({ ...track, changes: track.changes ?? null })) }, null, 2)}\n`)
  else stderr.write(`${name}: ${fit.length} runs${own.length > fit.length ? `, ${own.length - fit.length} left out` : ''}\n${changeLines(tracks, color)}`)
  return EXIT.pass
}

function changeLines(tracks: readonly Track[], color: boolean): string {
  const { dim, cyan, red, green } = picocolors.createColors(color)
  const width = Math.max(0, ...tracks.map(({ label }) => label.length))
  const lines = tracks.flatMap(({ label, unit, values, changes }) => {
    const last = values.at(-1)
    const drawn = blocks(values.slice(-SPARKLINE_MAX), unit === 'share' ? 1 : undefined)
    return [
      `  ${plain(label).padEnd(width)}  ${cyan(drawn)}  ${last === undefined ? '' : valueWords(unit, last)}${changes === undefined ? dim('  fewer than 10 runs') : ''}`,
      ...(changes ?? []).map(({ run, wall, shift, before, worse }) => `  ${' '.repeat(width)}  ${(worse ? red : green)(`${worse ? 'worse' : 'better'} since ${run} (${wall.slice(0, 10)}): ${valueWords(unit, before)} → ${valueWords(unit, before + shift)}`)}`),
    ]
  })
  const judged = tracks.flatMap(({ changes }) => (changes ? [changes.length] : []))
  return `${lines.join('\n')}\n${judged.length > 0 && judged.every((count) => count === 0) ? dim('nothing changed for good\n') : ''}`
}

/** As many runs as a line has room for. */
const SPARKLINE_MAX = 60
