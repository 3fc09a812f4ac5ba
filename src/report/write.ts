/** Puts the reports of a run on the disk. */

import { closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import type { Analysis } from './analysis.ts'
import type { RunRecord } from './fold.ts'
import { renderHtml } from './html.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMarkdowns, type Run } from './markdowns.ts'

/** A page and a document are of the run; the others can be of those before it too. */
const RENDERERS = {
  html: ({ record, analysis }) => renderHtml(record, analysis),
  json: ({ record, analysis }) => renderJson(record, analysis),
  markdown: (run, before) => renderMarkdowns([...before, run]),
  junit: (run, before) => renderJunit([...before, run].map(({ record }) => record)),
} as const satisfies Readonly<Record<string, (run: Run, before: readonly Run[]) => string>>
export type Format = keyof typeof RENDERERS

/** Further files that somebody wants, by format; absolute paths. */
export type Wanted = Readonly<Partial<Record<Format, string | undefined>>>
export interface Written { readonly format: Format; readonly path: string }

export const REPORT_FILE = 'report.html'

/**
 * Writes report.html and report.json into the run's folder, and what else is wanted. Every file is tried; then REPORT_FAILED is
 * thrown, with those that could not be written. JUnit and Markdown begin with the runs `before` this one.
 */
export function writeReports(folder: string, record: RunRecord, analysis: Analysis, wanted: Wanted = {}, before: readonly Run[] = []): readonly Written[] {
  const files: readonly Written[] = [
    { format: 'html', path: join(folder, REPORT_FILE) }, { format: 'json', path: join(folder, 'report.json') },
    ...(Object.keys(RENDERERS) as Format[]).flatMap((format) => (wanted[format] === undefined ? [] : [{ format, path: wanted[format] }])),
  ]
  return writeAll(files, record, analysis, before)
}

/** As writeReports does, but only what is asked for. */
export function writeAll(files: readonly Written[], record: RunRecord, analysis: Analysis, before: readonly Run[] = []): readonly Written[] {
  const failed: unknown[] = []
  for (const { format, path } of files) {
    try {
      writeFile(path, RENDERERS[format]({ record, analysis }, before))
    } catch (error) {
      failed.push(error)
    }
  }
  if (failed.length > 0) throw new BrownoutError('REPORT_FAILED', { message: failed.map((error) => (error instanceof Error ? error.message : String(error))).join('; '), cause: failed[0] })
  return files
}

/** Whole or not at all, for our eyes only (0600): beside its place first, then in it. A link is replaced, never followed. Throws what the system says. */
export function writeFile(path: string, text: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there && !there.isFile() && !there.isSymbolicLink()) throw new Error(`${path} is there already and is not a file`)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.tmp`
  // A process of this number may have died over it.
  rmSync(draft, { force: true })
  const descriptor = openSync(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600)
  try {
    try {
      writeFileSync(descriptor, text)
    } finally {
      closeSync(descriptor)
    }
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
