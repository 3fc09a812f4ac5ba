/** Sets of runs by name. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { JOURNAL_FILE } from './journal.ts'
import { resolveRun, runIds, summarise } from './runs.ts'

const BACK = /^([a-z0-9][a-z0-9._-]*?)(?:~(\d{1,6}))?$/
const TAG = /^tag:(.+)$/

/**
 * The folders of runs, oldest first, each once. Parts between commas are taken together; each is one run as `report` takes it, `NAME`
 * for all runs of an experiment, `NAME~2` for the one two before its last, `tag:NAME`, a folder that holds runs, or a stretch
 * `latest~5..latest` or `NAME~5..NAME` with both its ends. What still runs is left out where it is not named itself. Throws RUN_UNKNOWN.
 */
export function resolveRuns(runs: string, wanted: string, cwd: string): readonly string[] {
  const folders = wanted.split(',').map((part) => part.trim()).filter((part) => part !== '').flatMap((part) => foldersOf(runs, part, cwd))
  if (folders.length === 0) throw new BrownoutError('RUN_UNKNOWN', { message: `${JSON.stringify(wanted)} names no run` })
  return [...new Set(folders)]
}

function foldersOf(runs: string, part: string, cwd: string): readonly string[] {
  const tag = TAG.exec(part)?.[1]
  if (tag !== undefined) {
    const tagged = endedOf(runs, runIds(runs)).filter(({ tags }) => tags.includes(tag))
    if (tagged.length === 0) throw new BrownoutError('RUN_UNKNOWN', { message: `no run has the tag ${JSON.stringify(tag)}`, hint: '`brownout runs --tags TAG` lists those that have one' })
    return tagged.map(({ folder }) => folder)
  }
  const [first, last, more] = part.startsWith('.') ? [part] : part.split('..')
  if (first && last && more === undefined && BACK.test(first) && BACK.test(last)) return between(runs, first, last)
  const own = ofExperiment(runs, part)
  if (own.length > 0) return own
  const { 1: name = '', 2: back } = BACK.exec(part) ?? []
  if (back !== undefined && name !== 'latest') return [nth(ofExperiment(runs, name), Number(back), part)]
  const path = resolve(cwd, part)
  const inside = existsSync(join(path, JOURNAL_FILE)) ? [] : endedOf(path, runIds(path))
  return inside.length > 0 ? inside.map(({ folder }) => folder) : [resolveRun(runs, part, cwd)]
}

/** Both ends count: `latest~5..latest` is six runs. */
function between(runs: string, first: string, last: string): readonly string[] {
  const all = runIds(runs).map((id) => join(runs, id))
  const at = (end: string): { readonly among: readonly string[]; readonly index: number } => {
    const { 1: name = '', 2: back = '0' } = BACK.exec(end) ?? []
    const among = name === 'latest' || all.includes(join(runs, name)) ? all : ofExperiment(runs, name)
    return { among, index: all.includes(join(runs, name)) ? all.indexOf(join(runs, name)) : among.indexOf(nth(among, Number(back), end)) }
  }
  const [from, to] = [at(first), at(last)]
  const found = from.among.length === to.among.length ? from.among.slice(from.index, to.index + 1) : []
  if (found.length === 0) throw new BrownoutError('RUN_UNKNOWN', { message: `there is nothing from ${first} to ${last}`, hint: 'the older run comes first, and both are of one experiment: latest~5..latest, cart~5..cart' })
  return found
}

function nth(among: readonly string[], back: number, written: string): string {
  const found = among.at(-1 - back)
  if (found === undefined) throw new BrownoutError('RUN_UNKNOWN', { message: `there are ${among.length} such runs, not as many as ${written} asks for` })
  return found
}

/** A second run in the same second has a number behind its name: only the journal knows. */
const ofExperiment = (runs: string, name: string): readonly string[] =>
  endedOf(runs, runIds(runs).filter((id) => id.slice(16).startsWith(name.slice(0, 60)))).filter((run) => run.name === name).map(({ folder }) => folder)

const endedOf = (runs: string, ids: readonly string[]) => ids.flatMap((id) => summarise(join(runs, id)) ?? []).filter(({ status }) => status !== 'running')
