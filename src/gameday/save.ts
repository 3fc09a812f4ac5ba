/** The file that a session is saved as: what was done, and in its head what came of it. */

import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import type { Plan } from '../experiment/plan.ts'
import type { Registry } from '../fault.ts'
import type { JournalEvent } from '../record/events.ts'
import { analyseRun } from '../report/analysis.ts'
import { foldRun } from '../report/fold.ts'
import { gameCells, gameOf } from '../report/game.ts'
import { plain } from '../report/words.ts'
import { writeFile } from '../report/write.ts'
import { exportSteps, exportText } from './export.ts'
import { UNNAMED } from './open.ts'

export interface Saving {
  readonly plan: Plan
  /** The text of the plan's file. */
  readonly source: string
  readonly registry: Registry
  readonly cwd: string
}

const SUFFIX = '-gameday'
/** Longest name of an experiment, less what is put behind it. */
const NAME_MAX = 64 - SUFFIX.length

/** Writes `path`; FILE_EXISTS, REPORT_FAILED. USAGE where nothing was injected yet. */
export function saveSession(path: string, events: readonly JournalEvent[], saving: Saving): void {
  if (existsSync(path)) throw new BrownoutError('FILE_EXISTS', { message: `${path} is there already`, hint: 'name another: export FILE' })
  const text = sessionText(path, events, saving)
  if (text === undefined) throw new BrownoutError('USAGE', { message: 'there is nothing to save: nothing was injected yet' })
  try {
    writeFile(path, text)
  } catch (cause) {
    throw new BrownoutError('REPORT_FAILED', { message: `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}

/** Undefined where nothing was injected. */
export function sessionText(path: string, events: readonly JournalEvent[], { plan, source, registry, cwd }: Saving): string | undefined {
  const { steps } = exportSteps(events, registry)
  if (steps.length === 0) return undefined
  const record = foldRun(events)
  const analysis = analyseRun(record)
  const folder = dirname(resolve(cwd, plan.file))
  return exportText({
    source, steps, seed: plan.seed, name: plan.name === UNNAMED ? UNNAMED : `${plan.name.slice(0, NAME_MAX)}${SUFFIX}`,
    question: `Does it come to the same again as on the game day?`,
    corruption: plan.corruption || steps.some(({ fault }) => registry.get(fault)?.corruption === true),
    path: (written) => relative(dirname(path), resolve(folder, written)) || '.',
    comment: [
      `A game day with ${plan.file}, ${record.started?.wall.slice(0, 16).replace('T', ' ') ?? ''} UTC. What each injection came to then:`,
      ...(gameOf(record, analysis)?.injections ?? []).map((row) => {
        const [, , , signal, cameTo] = gameCells(row, record.from)
        return plain(`  ${row.span.step}: ${row.worst ? `${signal} ` : ''}${cameTo}`)
      }),
    ],
  })
}
