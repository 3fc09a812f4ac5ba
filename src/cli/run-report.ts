/** Reads a run's journal and renders it. */

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { EXIT, type Exit } from '../core/exit.ts'
import { JOURNAL_FILE, readJournal } from '../record/journal.ts'
import { resolveRun } from '../record/runs.ts'
import { analyseRun } from '../report/analysis.ts'
import { annotationsOf } from '../report/annotations.ts'
import { foldRun } from '../report/fold.ts'
import { renderJson } from '../report/json.ts'
import { renderSweepText } from '../report/sweep-text.ts'
import { writeSweep } from '../report/sweep-write.ts'
import { renderText } from '../report/text.ts'
import { REPORT_FILE, writeAll, type Written } from '../report/write.ts'
import type { SweepResult } from '../sweep/result.ts'
import type { Context } from './command.ts'
import { historyFolder } from './history.ts'

export interface Args {
  readonly run: string
  readonly html: string | undefined
  readonly md: string | undefined
  readonly junit: string | undefined
  readonly json: boolean
  readonly annotations: boolean
  readonly out: string | undefined
}

export function runReport({ run, html, md, junit, json, annotations, out }: Args, context: Context): Exit {
  const { cwd, env: { GITHUB_WORKSPACE: workspace }, stdout, stderr, color } = context
  const folder = resolveRun(historyFolder(context, out), run, cwd)
  const { events, torn, problems } = readJournal(join(folder, JOURNAL_FILE))
  const swept = events.findLast((event) => event.kind === 'sweep')
  if (swept) return reportSweep(swept.result, { html, md, json, junit, annotations }, folder, context)
  const record = foldRun(events)
  const analysis = analyseRun(record)
  if (torn) stderr.write('the journal ends in mid-line: the run was cut short there\n')
  for (const { line, text } of problems.slice(0, 5)) stderr.write(`${JOURNAL_FILE}:${line}: ${text}\n`)
  const asked = ([['html', html], ['markdown', md], ['junit', junit]] as const).flatMap(([format, path]): Written[] => (path ? [{ format, path: resolve(cwd, path) }] : []))
  const page: Written = { format: 'html', path: join(folder, REPORT_FILE) }
  const shown = asked.length === 0 && !json && !annotations
  writeAll([...asked, ...(shown && !existsSync(page.path) ? [page] : [])], record, analysis)
  if (json) stdout.write(renderJson(record, analysis))
  if (annotations) stdout.write(annotationsOf(record, workspace ?? cwd).map((line) => `${line}\n`).join(''))
  if (shown) stderr.write(renderText(record, analysis, { color, width: stderr.columns ?? 100, files: [page] }))
  else for (const { format, path } of asked) stderr.write(`${format} ${path}\n`)
  return EXIT.pass
}

/** A sweep has no expectations: neither JUnit nor annotations can be made of it. */
function reportSweep(result: SweepResult, { html, md, json, junit, annotations }: Pick<Args, 'html' | 'md' | 'json' | 'junit' | 'annotations'>, folder: string, { cwd, stdout, stderr, color }: Context): Exit {
  if (junit !== undefined || annotations) throw new BrownoutError('USAGE', { message: 'a sweep has no expectations that JUnit or annotations could tell of', hint: 'take --json, --md or --html' })
  if (json) stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  const files = writeSweep(result, { ...(html === undefined ? {} : { html: resolve(cwd, html) }), ...(md === undefined ? {} : { markdown: resolve(cwd, md) }) })
  if (!json && files.length === 0) stderr.write(renderSweepText(result, { color, files: [{ format: 'html', path: join(folder, REPORT_FILE) }] }))
  for (const { format, path } of files) stderr.write(`${format} ${path}\n`)
  return EXIT.pass
}
