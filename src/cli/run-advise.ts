/** Reads a run's journal and says what could be done. */

import { join, resolve } from 'node:path'
import { blindSpots } from '../advice/advise.ts'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { resolveRun } from '../record/runs.ts'
import { renderAdviceMarkdown } from '../report/advice-markdown.ts'
import { renderAdvice } from '../report/advice-text.ts'
import { foldRun } from '../report/fold.ts'
import { adviceOf } from '../report/json.ts'
import { writeFile } from '../report/write.ts'
import type { Context } from './command.ts'
import { historyFolder } from './history.ts'

export interface Args { readonly run: string; readonly md: string | undefined; readonly json: boolean; readonly out: string | undefined }

/** Grows when a field changes its meaning. */
const FORMAT = 1

export function runAdvise({ run, md, json, out }: Args, context: Context): Exit {
  const { cwd, stdout, stderr, color } = context
  const folder = resolveRun(historyFolder(context, out), run, cwd)
  const { events, torn } = readJournal(join(folder, JOURNAL_FILE))
  if (events.some(({ kind }) => kind === 'sweep')) throw new BrownoutError('USAGE', { message: 'a sweep has no advice', hint: 'run the load at one rate: `brownout load`' })
  const record = foldRun(events)
  if (torn) stderr.write('the journal ends in mid-line: the run was cut short there\n')
  if (json) stdout.write(`${JSON.stringify({ format: FORMAT, run: record.started?.run ?? null, name: record.started?.name ?? null, advice: adviceOf(record), notKnown: blindSpots(record) }, null, 2)}\n`)
  if (md) {
    const path = resolve(cwd, md)
    writeFile(path, renderAdviceMarkdown(record))
    stderr.write(`markdown ${path}\n`)
  } else if (!json) stderr.write(renderAdvice(record, { color, width: stderr.columns ?? 100 }))
  return EXIT.pass
}
