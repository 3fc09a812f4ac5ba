/** The file of a game day: an experiment, or a brownout.yaml, which is one without a name. */

import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { BrownoutError } from '../core/errors.ts'
import { findShared } from '../experiment/inherit.ts'
import { loadExperiment, type LoadOptions } from '../experiment/load.ts'
import type { Plan } from '../experiment/plan.ts'
import type { Problem } from '../experiment/problem.ts'

export interface Opened {
  /** Its method and expectations are those of the file: neither is carried out. */
  readonly plan: Plan
  readonly source: string
}

/** What a file without a name is called. */
export const UNNAMED = 'gameday'

/** `file`, else the nearest brownout.yaml. FILE_UNREADABLE, USAGE. */
export async function openFile(file: string | undefined, options: LoadOptions & { readonly cwd: string }): Promise<Opened | { readonly problems: readonly Problem[] }> {
  const { cwd } = options
  const shared = file === undefined ? findShared(cwd) : undefined
  const path = file ?? (shared === undefined ? undefined : relative(cwd, shared))
  if (path === undefined) throw new BrownoutError('USAGE', { message: 'there is no brownout.yaml here or above', hint: 'name an experiment: brownout gameday cart.yaml; `brownout init` writes a first one' })
  let source: string
  try {
    source = await readFile(resolve(cwd, path), 'utf8')
  } catch (cause) {
    throw new BrownoutError('FILE_UNREADABLE', { message: `${path} cannot be read: ${cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)}`, cause })
  }
  const loaded = await loadExperiment(path, { ...options, source: named(source) })
  if (!('plan' in loaded)) return loaded
  if (loaded.plan.targets.length === 0) throw new BrownoutError('USAGE', { message: `${path} has no targets: nothing could be injected`, hint: 'declare one: targets: { cache: { upstream: "redis://127.0.0.1:6379" } }' })
  return { plan: loaded.plan, source }
}

/** Behind all else, so that problems keep their lines. */
function named(source: string): string {
  const { contents, errors } = parseDocument(source, { logLevel: 'error' })
  if (errors.length > 0 || !isMap(contents) || contents.flow === true || contents.has('name')) return source
  return `${source.replace(/\s*$/, '')}\nname: ${UNNAMED}\n`
}
