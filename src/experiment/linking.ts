/** What the parts of the third pass share: who is there, and how to say what is wrong. */

import { dirname, resolve } from 'node:path'
import { nearest } from '../core/errors.ts'
import type { Registry } from '../fault.ts'
import type { DataSource } from '../load/data.ts'
import type { PlannedTarget } from './plan.ts'
import type { Draft, Reader } from './read.ts'
import { lateIn, partsOf } from './references.ts'
import type { Scenarios } from './scenarios.ts'
import type { Names } from './signals.ts'
import type { Path } from './tree.ts'

/** `columns`: of what has some. */
export interface LinkedData { readonly source: DataSource; readonly columns: ReadonlySet<string> | undefined }

export interface Linking {
  readonly reader: Reader
  readonly draft: Draft
  readonly registry: Registry
  readonly scenarios: Scenarios
  readonly cwd: string
  /** Of the programs that are looked for. */
  readonly env: NodeJS.ProcessEnv
  /** Every name there is, also of what is itself wrong. */
  readonly names: Names
  readonly targets: ReadonlyMap<string, PlannedTarget>
  /** What `data:` declares; undefined: it is itself wrong. */
  readonly data: ReadonlyMap<string, LinkedData | undefined>
}

/** Names of the apps; that of the single one is empty. */
export const appNames = ({ app, apps }: Pick<Draft, 'app' | 'apps'>): readonly string[] => [...(app ? [''] : []), ...apps.map(({ name }) => name)]

/** A path written in a file is meant from that file's folder. */
export const fromFile = ({ reader, cwd }: Pick<Linking, 'reader' | 'cwd'>, path: Path, written: string): string =>
  resolve(cwd, dirname(reader.entry(path).value.file), written)

/** Says which references in `text` lead to nothing. */
export function checkReferences({ reader, draft, names }: Pick<Linking, 'reader' | 'draft' | 'names'>, path: Path, text: string): void {
  for (const { of, name, text: reference } of lateIn(text)) {
    if (of === 'target' && names.get(name) !== 'target') {
      const near = nearest(name, [...names].filter(([, kind]) => kind === 'target').map(([one]) => one))
      reader.fail('TARGET_UNKNOWN', path, `\${${reference}}: no target is named "${name}"`, near && `did you mean "${near}"?`)
    }
    if (of === 'app' && !appNames(draft).includes(name)) reader.fail('VARIABLE_UNKNOWN', path, `\${${reference}}: there is no such app`, 'declare it under `app:` or `apps:`')
  }
}

/** Says which `${data.…}` in `text` lead to nothing; with a `refused` all of them are wrong, for that reason. */
export function checkData({ reader, data }: Pick<Linking, 'reader' | 'data'>, path: Path, text: string, refused?: string): void {
  for (const part of partsOf(text)) {
    if (typeof part === 'string' || part.kind !== 'data') continue
    const { name, column } = part
    const found = data.get(name)
    const of = `\${data.${name}${column === undefined ? '' : `.${column}`}}`
    if (refused !== undefined) reader.fail('VARIABLE_UNKNOWN', path, `${of}: ${refused}`, 'values can stand in URLs, headers, bodies, arguments and parameters')
    else if (!data.has(name)) {
      const near = nearest(name, data.keys())
      reader.fail('VARIABLE_UNKNOWN', path, `${of}: \`data:\` has no "${name}"`, near ? `did you mean "${near}"?` : 'declare it under `data:`, such as data: { sku: { uniform: { from: 1, to: 1000 } } }')
    } else if (found?.columns && (column === undefined || !found.columns.has(column))) {
      const near = column === undefined ? undefined : nearest(column, found.columns)
      reader.fail('VARIABLE_UNKNOWN', path, `${of}: ${column === undefined ? 'a file has columns' : `there is no column "${column}"`}`, near ? `did you mean "${near}"?` : `there are ${[...found.columns].join(', ')}`)
    } else if (found && !found.columns && column !== undefined) reader.fail('VARIABLE_UNKNOWN', path, `${of}: "${name}" has no columns`, `write \${data.${name}}`)
  }
}

/** A text as it might look once the listeners are open: for checking its form. */
export const sampleOf = ({ targets }: Pick<Linking, 'targets'>, text: string): string => partsOf(text).map((part) => {
  if (typeof part === 'string') return part
  // Wherever it may stand, a path can go on so.
  if (part.kind === 'capture') return '/0'
  if (part.kind === 'data') return '0'
  if (part.kind !== 'late') return ''
  return part.what === 'port' ? '1' : part.what === 'host' ? '127.0.0.1' : targets.get(part.name)?.url.href ?? 'http://127.0.0.1:1'
}).join('')
