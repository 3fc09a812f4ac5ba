/** From an experiment file to a plan: parse, read, link. Whatever is wrong is said at once, each at its line and column. */

import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { redact } from '../core/redact.ts'
import type { Registry } from '../fault.ts'
import { findShared, inherit } from './inherit.ts'
import { Interpolator, Secrets } from './interpolate.ts'
import { link } from './link.ts'
import type { Plan } from './plan.ts'
import { Problems, type Problem } from './problem.ts'
import { checkShared, readDraft, Reader } from './read.ts'
import { scenarios as shipped, type Scenarios } from './scenarios.ts'
import { isMap, Places, type Tree, type TreeMap } from './tree.ts'
import { parseYaml, YAML_BYTES_MAX } from './yaml.ts'

export interface LoadOptions {
  readonly registry: Registry
  readonly env: NodeJS.ProcessEnv
  /** Beat those of the file. */
  readonly vars: Readonly<Record<string, string>>
  /** Beats that of the file. */
  readonly seed?: number | undefined
  /** brownout.yaml is looked for here and above, and apps run here; the process's own unless given. */
  readonly cwd?: string | undefined
  readonly scenarios?: Scenarios | undefined
  /** The text of the file, where it is not to be read. */
  readonly source?: string | undefined
}
export type Loaded = { readonly plan: Plan } | { readonly problems: readonly Problem[] }

/** Where `${package}` leads: experiments/ and dist/ lie in it. */
const PACKAGE_ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '')

/** Never throws for what a file holds. Problems are sorted by file, line and column and hold no secret; warnings alone give a plan, which has them. */
export async function loadExperiment(file: string, { registry, env, vars, seed, cwd = process.cwd(), scenarios = shipped, source }: LoadOptions): Promise<Loaded> {
  const problems = new Problems()
  const secrets = new Secrets()
  const places = new Places()
  const refused = (): Loaded => ({ problems: problems.sorted().map((one) => ({ ...one, message: redact(one.message, secrets.values), hint: redact(one.hint, secrets.values) })) })
  const own = await readTree(file, cwd, places, problems, source)
  const sharedFile = findShared(cwd)
  const shared = sharedFile === undefined || sharedFile === resolve(cwd, file) ? undefined : await readTree(relative(cwd, sharedFile), cwd, places, problems)
  if (!own || problems.failed) return refused()
  if (shared && isMap(shared.tree)) checkShared(new Reader(shared.tree, places, problems, topOf(relative(cwd, sharedFile ?? ''))))
  const merged = isMap(own.tree) && shared && isMap(shared.tree) ? inherit(own.tree, shared.tree, places) : own.tree
  const root = interpolated(merged, { env, vars }, places, problems, secrets)
  const reader = new Reader(root, places, problems, topOf(file))
  const draft = readDraft(reader)
  const hash = createHash('sha256').update(own.text).update('\0').update(shared?.text ?? '').digest('hex')
  const plan = draft && link({ reader, draft, registry, scenarios, cwd, env }, { file, hash, seed, secrets: secrets.values })
  return plan && !problems.failed ? { plan } : refused()
}

const topOf = (file: string) => ({ file, line: 1, column: 1 })

async function readTree(file: string, cwd: string, places: Places, problems: Problems, source?: string): Promise<{ readonly tree: Tree; readonly text: string } | undefined> {
  try {
    const path = resolve(cwd, file)
    const size = source === undefined ? (await stat(path)).size : Buffer.byteLength(source)
    if (size > YAML_BYTES_MAX) return void problems.error('YAML_LIMIT', topOf(file), `the file is larger than ${YAML_BYTES_MAX / 1024} KiB`)
    const text = source ?? await readFile(path, 'utf8')
    const tree = parseYaml(text, file, places, problems)
    return tree === undefined ? undefined : { tree, text }
  } catch (error) {
    problems.error('FILE_UNREADABLE', topOf(file), `the file cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`)
    return undefined
  }
}

/** Variables first, since everything else may speak of them. */
function interpolated(root: Tree, { env, vars }: Pick<LoadOptions, 'env' | 'vars'>, places: Places, problems: Problems, secrets: Secrets): Tree {
  const section = isMap(root) ? root['vars'] ?? null : null
  const declared: TreeMap = isMap(section) ? section : {}
  const at = isMap(root) ? places.get(root, 'vars') : undefined
  if (section !== null && !isMap(section) && at) problems.error('VALUE_INVALID', at.value, 'vars: expected a mapping of names')
  const plain = { env, vars: new Map<string, string>(), packageRoot: PACKAGE_ROOT }
  const first = new Interpolator(plain, places, problems, secrets)
  const values = new Map<string, string | undefined>(Object.entries(vars))
  for (const [name, value] of Object.entries(vars)) secrets.note(name, value)
  for (const [name, value] of Object.entries(declared)) {
    if (values.has(name)) continue
    const entry = places.get(declared, name)
    if (value === null || typeof value === 'object') {
      if (entry) problems.error('VALUE_INVALID', entry.value, `vars.${name}: expected text`)
      values.set(name, undefined)
      continue
    }
    const text = String(first.tree(entry?.written ?? value, entry, ['vars', name]))
    values.set(name, entry && problems.at(entry.value) ? undefined : text)
  }
  // Of a variable that is given by a flag, what the file says does not matter: it may not even resolve.
  const rest = isMap(root) ? withoutVars(root, places) : root
  return new Interpolator({ ...plain, vars: values }, places, problems, secrets).tree(rest, undefined)
}

function withoutVars(root: TreeMap, places: Places): TreeMap {
  const rest = Object.fromEntries(Object.entries(root).filter(([key]) => key !== 'vars'))
  for (const key of Object.keys(rest)) {
    const entry = places.get(root, key)
    if (entry) places.set(rest, key, entry)
  }
  return rest
}
