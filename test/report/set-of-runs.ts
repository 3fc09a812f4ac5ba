/** Folders of made-up runs, for what reads many of them. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalEvent } from '../../src/record/events.ts'
import { createRunFolder } from '../../src/record/runs.ts'
import { outage, type OutageOptions } from './journal-builder.ts'

/** No process has it: it is above every system's largest. */
const NOBODY = 2 ** 30

/** A run in the minute `at` of the day; its folder. */
export function addRun(runs: string, at: number, options: OutageOptions = {}, events: readonly JournalEvent[] = outage({ seed: at, ...options })): string {
  const wall = new Date(Date.UTC(2026, 10, 23, 0, at)).toISOString()
  const folder = createRunFolder(runs, options.name ?? 'cart', wall)
  const named = events.map((event) => (event.kind === 'run.started' ? { ...event, name: options.name ?? 'cart', wall } : event))
  writeFileSync(join(folder, 'journal.ndjson'), [{ journal: 'brownout', format: 1, pid: NOBODY }, ...named].map((line) => `${JSON.stringify(line)}\n`).join(''))
  return folder
}
