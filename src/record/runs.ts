/** The folders of runs: `.brownout/runs/<time>-<name>/`, each with a journal, reports and the output of the apps. They are the history. */

import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, join, resolve, sep } from 'node:path'
import { wallTime } from '../core/clock.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import type { JournalEvent, Outcome } from './events.ts'
import { JOURNAL_FILE, parseJournal } from './journal.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const ID = /^\d{8}-\d{6}-[a-z0-9][a-z0-9._-]{0,63}$/
const SAME_SECOND_MAX = 100

/** Where runs lie unless told otherwise, below the folder of `brownout.yaml` or the working directory. */
export const runsFolder = (base: string): string => join(base, '.brownout', 'runs')

/**
 * A new folder (0700) for a run of that name below `out`, which is made when it is missing. It is a real folder below the real `out`:
 * nothing that lies there already is used. Throws RUN_NAME_INVALID, JOURNAL_FAILED.
 */
export function createRunFolder(out: string, name: string, wall: string = wallTime()): string {
  if (!NAME.test(name)) throw new BrownoutError('RUN_NAME_INVALID', { message: `${JSON.stringify(name)} cannot be the name of a run` })
  try {
    mkdirSync(out, { recursive: true, mode: 0o700 })
    const root = realpathSync(out)
    for (let n = 1; n <= SAME_SECOND_MAX; n++) {
      const folder = join(root, `${stamp(wall)}-${n === 1 ? name : `${name.slice(0, 60)}-${n}`}`)
      if (made(folder)) return folder
    }
    throw new Error(`${root} has ${SAME_SECOND_MAX} runs of ${name} in this second`)
  } catch (cause) {
    throw new BrownoutError('JOURNAL_FAILED', { message: `no folder for the run below ${out}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}

/** Whether the folder was made by this call; a link or a folder that is there already is neither followed nor used. */
function made(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** `20261123-183241`, in UTC: it sorts by time. */
const stamp = (wall: string): string => wall.slice(0, 19).replace(/[-:]/g, '').replace('T', '-')

/** One line of the history. `running` is a run whose process still lives, `aborted: crash` one that ended without saying so. */
export interface RunSummary {
  readonly id: string
  readonly folder: string
  readonly name: string
  readonly question: string
  readonly tags: readonly string[]
  readonly wall: string
  /** How long it went on, in ms. */
  readonly tookMs: number
  readonly outcome: Outcome | undefined
  readonly exit: number | undefined
  readonly status: 'ended' | 'running' | 'aborted: crash'
  readonly why: string
}

/** Names of the run folders, oldest first; none where there is no such folder. */
export function runIds(runs: string): readonly string[] {
  try {
    return readdirSync(runs, { withFileTypes: true }).filter((entry) => entry.isDirectory() && ID.test(entry.name)).map(({ name }) => name).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

/** The history, oldest first. A folder whose journal cannot be read is left out. */
export const listRuns = (runs: string): readonly RunSummary[] => runIds(runs).flatMap((id) => {
  const summary = summarise(join(runs, id))
  return summary ? [summary] : []
})

/** The first lines hold run.started, the last ones the verdict: nothing between them is read. */
const HEAD_BYTES = 1 << 20
const TAIL_BYTES = 1 << 17

/** Undefined where there is no journal, or none that can be read. */
export function summarise(folder: string): RunSummary | undefined {
  try {
    const { head, tail } = ends(join(folder, JOURNAL_FILE))
    const { header, events: [first] } = parseJournal(head.split('\n').slice(0, 2).concat('').join('\n'), folder)
    const last = lastEvents(tail)
    if (!header || first?.kind !== 'run.started') return undefined
    const ended = last.findLast((event) => event.kind === 'run.ended')
    const verdict = last.findLast((event) => event.kind === 'verdict')
    const { name, question, wall } = first
    const status = ended ? 'ended' : alive(header.pid) ? 'running' : 'aborted: crash'
    return {
      id: basename(folder), folder, name, question, tags: tagsOf(first.plan), wall, tookMs: (last.at(-1)?.at ?? first.at) - first.at, status,
      outcome: ended?.outcome ?? (status === 'running' ? undefined : 'ABORTED'), exit: ended?.exit, why: verdict?.why ?? '',
    }
  } catch (error) {
    if (error instanceof BrownoutError || (error instanceof Error && 'code' in error)) return undefined
    throw error
  }
}

/** Of the experiment, as its journal has it. */
function tagsOf(plan: unknown): readonly string[] {
  const tags: unknown = typeof plan === 'object' && plan !== null && 'tags' in plan ? plan.tags : undefined
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []
}

/** Whole events at the end of a file that was cut at any byte in front. */
function lastEvents(tail: string): readonly JournalEvent[] {
  const lines = tail.split('\n')
  return parseJournal(['{"journal":"brownout","format":1,"pid":0}', ...lines.slice(1)].join('\n'), '').events
}

function ends(file: string): { head: string; tail: string } {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const read = (at: number, length: number): string => {
      const buffer = Buffer.alloc(length)
      return buffer.subarray(0, readSync(descriptor, buffer, 0, length, at)).toString('utf8')
    }
    const tail = Math.max(0, size - TAIL_BYTES)
    return { head: read(0, Math.min(size, HEAD_BYTES)), tail: read(tail, size - tail) }
  } finally {
    closeSync(descriptor)
  }
}

/** Whether a process of that number is there; EPERM says that it is, and somebody else's. */
function alive(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * The folder of a run: a path to it or to its journal, `latest`, `latest~2` (the one two before), a folder's name, or an experiment's
 * name (its last run). Throws RUN_UNKNOWN.
 */
export function resolveRun(runs: string, wanted: string, cwd: string): string {
  const ids = runIds(runs)
  const back = /^latest(?:~(\d{1,6}))?$/.exec(wanted)
  if (back) {
    const id = ids.at(-1 - Number(back[1] ?? 0))
    if (id === undefined) throw new BrownoutError('RUN_UNKNOWN', { message: ids.length ? `there are ${ids.length} runs, not as many as ${wanted} asks for` : `there are no runs in ${runs}`, hint: '`brownout run FILE` makes one' })
    return join(runs, id)
  }
  const id = ids.findLast((one) => one === wanted || one.slice(16) === wanted)
  if (id !== undefined) return join(runs, id)
  const path = resolve(cwd, wanted.endsWith(JOURNAL_FILE) ? wanted.slice(0, -JOURNAL_FILE.length) : wanted)
  if (isFile(join(path, JOURNAL_FILE))) return path
  const near = wanted.includes(sep) ? undefined : nearest(wanted, [...ids, ...ids.map((one) => one.slice(16))])
  throw new BrownoutError('RUN_UNKNOWN', { message: `no run is named ${JSON.stringify(wanted)}`, hint: near ? `did you mean "${near}"? \`brownout runs\` lists all` : undefined })
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
