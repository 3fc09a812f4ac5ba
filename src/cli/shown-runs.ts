/** The history for those who ask over the API: what `runs --json`, `report` and `compare --json` say. */

import { basename, join } from 'node:path'
import type { Runs } from '../admin/control-routes.ts'
import { BrownoutError } from '../core/errors.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { resolveRuns } from '../record/run-sets.ts'
import { listRuns, resolveRun } from '../record/runs.ts'
import { analyseRun } from '../report/analysis.ts'
import { compare, type Side } from '../report/compare/comparison.ts'
import { compareDocument } from '../report/compare/formats.ts'
import { foldRun } from '../report/fold.ts'
import { history } from '../report/history.ts'
import { reportOf } from '../report/json.ts'

/** The share by which a figure must differ to count, as `compare` has it unless told otherwise. */
const FLOOR = 0.05

/** Of that folder, and of no other: a path is no name here. RUN_UNKNOWN. */
export function shownRuns(folder: string): Runs {
  const side = (wanted: string): Side => {
    const own = new Set(resolveRuns(folder, named(wanted), folder).map((path) => basename(path)))
    const all = history(folder, listRuns(folder).filter(({ id }) => own.has(id))).map(({ figures }) => figures)
    return { asked: wanted, runs: all.filter(({ unfit }) => unfit === undefined), unfit: all.filter(({ unfit }) => unfit !== undefined) }
  }
  return {
    list: async () => history(folder, listRuns(folder)).map(({ summary: { folder: _, ...summary }, figures: { measured } }) => ({ ...summary, figures: measured })),
    one: async (run) => {
      const record = foldRun(readJournal(join(resolveRun(folder, named(run), folder), JOURNAL_FILE)).events)
      return reportOf(record, analyseRun(record))
    },
    compare: async (a, b) => compareDocument(compare(side(a), side(b), FLOOR)),
  }
}

function named(wanted: string): string {
  if (!wanted.split(',').every((part) => /^[a-z0-9][^\\/]*$/i.test(part))) throw new BrownoutError('RUN_UNKNOWN', { message: `no run is named ${JSON.stringify(wanted)}`, hint: 'GET /api/v1/runs lists them' })
  return wanted
}
