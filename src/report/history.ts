/** The history with its figures. The run folders are the truth; beside them lies an index, so that nobody reads a journal twice. */

import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { BrownoutError } from '../core/errors.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { runIds, type RunSummary } from '../record/runs.ts'
import { analyseRun, type Analysis } from './analysis.ts'
import { figuresOf, type RunFigures } from './compare/comparison.ts'
import { foldRun, type RunRecord } from './fold.ts'
import { writeFile } from './write.ts'

export interface Entry { readonly summary: RunSummary; readonly figures: RunFigures }

export const INDEX_FILE = 'index.ndjson'
/** Grows when figures are made or chosen otherwise: what an older version wrote is then made again. */
const FORMAT = 1
/** Lines that nothing needs any more, before the file is written anew. */
const STALE_MAX = 50

const measured = z.object({ label: z.string(), unit: z.enum(['ms', 'share', '/s', 'bytes', 'bytes/s', 'x', 'count']), better: z.enum(['lower', 'higher']), least: z.number(), relative: z.enum(['figure', 'rest', 'none']), value: z.number(), censored: z.boolean() })
const line = z.object({
  format: z.literal(FORMAT), id: z.string(), size: z.number(), changed: z.number(), hash: z.string(), unfit: z.string().nullable(), measured: z.array(measured),
})
type Line = z.infer<typeof line>

/**
 * The runs of these names, oldest first, with what each measured. A folder that is gone is gone; one that is new or has changed is read
 * anew and indexed. `reading` hears how many must be.
 */
export function history(runs: string, summaries: readonly RunSummary[], reading: (count: number) => void = () => undefined): readonly Entry[] {
  const index = readIndex(runs)
  const known = summaries.map((summary) => ({ summary, line: current(index.lines.get(summary.id), summary) }))
  const missing = known.filter((one) => one.line === undefined).length
  if (missing > 0) reading(missing)
  const entries = known.flatMap(({ summary, line: found }): Entry[] => {
    const own = found ?? add(runs, summary)
    return own ? [{ summary, figures: { run: summary.id, name: summary.name, wall: summary.wall, hash: own.hash, unfit: own.unfit ?? undefined, measured: own.measured } }] : []
  })
  if (index.written > 2 * index.lines.size + STALE_MAX) tidy(runs)
  return entries
}

/** Indexes a run that has just ended. Where that fails, `history` reads its journal instead. */
export function remember(folder: string, record: RunRecord, analysis: Analysis): boolean {
  return append(dirname(folder), lineOf(folder, figuresOf(record, analysis)))
}

function add(runs: string, summary: RunSummary): Line | undefined {
  const record = read(summary.folder)
  if (!record) return undefined
  const own = lineOf(summary.folder, figuresOf(record, analyseRun(record)))
  // What still runs is another run in a second.
  if (own && summary.status !== 'running') append(runs, own)
  return own
}

/** Undefined where the folder has gone meanwhile. */
function read(folder: string): RunRecord | undefined {
  try {
    return foldRun(readJournal(join(folder, JOURNAL_FILE)).events)
  } catch (error) {
    if (error instanceof BrownoutError) return undefined
    throw error
  }
}

function lineOf(folder: string, { hash, unfit, measured: all }: RunFigures): Line | undefined {
  const journal = journalOf(folder)
  return journal && { format: FORMAT, id: basename(folder), size: journal.size, changed: journal.mtimeMs, hash, unfit: unfit ?? null, measured: [...all] }
}

/** A line that tells of the journal as it lies there now. */
function current(found: Line | undefined, { folder }: RunSummary): Line | undefined {
  const journal = found && journalOf(folder)
  return journal && journal.size === found.size && journal.mtimeMs === found.changed ? found : undefined
}

const journalOf = (folder: string) => statSync(join(folder, JOURNAL_FILE), { throwIfNoEntry: false })

/** The last line of each run counts. What is no line of ours, or was cut when somebody crashed, is passed over. */
function readIndex(runs: string): { readonly lines: ReadonlyMap<string, Line>; readonly written: number } {
  const lines = new Map<string, Line>()
  const written = textOf(join(runs, INDEX_FILE)).split('\n').filter((text) => text !== '')
  for (const text of written) {
    const found = line.safeParse(parsed(text))
    if (found.success) lines.set(found.data.id, found.data)
  }
  return { lines, written: written.length }
}

/** One write, at the end of the file as it is then: several writers do not mix. The newline in front ends a line that somebody did not finish. */
function append(runs: string, own: Line | undefined): boolean {
  if (!own) return false
  try {
    appendFileSync(join(runs, INDEX_FILE), `\n${JSON.stringify(own)}\n`, { mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

/** Whole and in one step. What another writer adds meanwhile may be lost with the old file: then it is read from its journal once more. */
function tidy(runs: string): void {
  const there = new Set(runIds(runs))
  const kept = [...readIndex(runs).lines.values()].filter(({ id }) => there.has(id))
  try {
    writeFile(join(runs, INDEX_FILE), kept.map((one) => `${JSON.stringify(one)}\n`).join(''))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return ''
    throw error
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
