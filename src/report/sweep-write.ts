/** Puts the reports of a sweep on the disk. */

import { BrownoutError } from '../core/errors.ts'
import type { SweepResult } from '../sweep/result.ts'
import { renderSweepMarkdown } from './sweep-markdown.ts'
import { renderSweepPage } from './sweep-page.ts'
import { writeFile } from './write.ts'

const RENDERERS = { html: renderSweepPage, markdown: renderSweepMarkdown, json: (result: SweepResult): string => `${JSON.stringify(result, null, 2)}\n` } as const
export type SweepFormat = keyof typeof RENDERERS

/** Writes what is asked for, by format; absolute paths. Throws REPORT_FAILED. */
export function writeSweep(result: SweepResult, wanted: Readonly<Partial<Record<SweepFormat, string>>>): readonly { readonly format: SweepFormat; readonly path: string }[] {
  try {
    return (Object.keys(RENDERERS) as SweepFormat[]).flatMap((format) => {
      const path = wanted[format]
      if (path === undefined) return []
      writeFile(path, RENDERERS[format](result))
      return [{ format, path }]
    })
  } catch (cause) {
    throw new BrownoutError('REPORT_FAILED', { message: cause instanceof Error ? cause.message : String(cause), cause })
  }
}
