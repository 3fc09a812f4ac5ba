/** A configuration of `brownout serve`: targets as in experiments, toxics and rules that stand until they are taken away. Said at once, each thing wrong at its place. */

import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type * as z from 'zod'
import type { Place } from '../core/errors.ts'
import { number, share } from '../core/params.ts'
import type { Registry } from '../fault.ts'
import type { Rule } from '../rule.ts'
import type { AlertSpec } from '../alerts/alert.ts'
import { linkAlerts } from './alerts.ts'
import { Interpolator, Secrets } from './interpolate.ts'
import { linkStep } from './link-steps.ts'
import { linkTargets } from './link-targets.ts'
import type { Linking } from './linking.ts'
import type { PlannedTarget } from './plan.ts'
import { Problems, type Problem } from './problem.ts'
import { readList, Reader, type Draft } from './read.ts'
import { NAME, step, target } from './schema.ts'
import { isMap, Places, valueAt, type Tree } from './tree.ts'
import { measured, oneOf, strict, table, text } from './values.ts'
import { parseYaml, YAML_BYTES_MAX } from './yaml.ts'

const KEYS = ['corruption', 'targets', 'toxics', 'rules', 'alerts'] as const

const toxic = strict({
  on: text('The target\'s name.'),
  type: text('latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, noop or packet_loss.'),
  name: text('TYPE_STREAM unless given.').optional(),
  stream: oneOf(['upstream', 'downstream'], 'upstream: what goes to the server; downstream unless given.').optional(),
  toxicity: measured(share('The share of connections that are hit.')).optional(),
  attributes: table(measured(number('A number.')), 'As Toxiproxy has them: times in ms (of slicer in us), rates in KB/s.').optional(),
}, 'A toxic, as it would be given to the API.')

const { fault, on, params, where, direction, chance, scope, skip, times, sequence } = step.shape
const rule = strict({ rule: text('The rule\'s name.'), fault, on, params, where, direction, chance, scope, skip, times, sequence }, 'A rule that stands until it is taken away.')

export interface StandingToxic extends z.output<typeof toxic> { readonly place: Place }
export interface Standing { readonly targets: readonly PlannedTarget[]; readonly toxics: readonly StandingToxic[]; readonly rules: readonly Rule[]; readonly alerts: readonly AlertSpec[] }

/** An experiment with nothing in it. */
export const EMPTY_DRAFT: Draft = {
  name: undefined, question: undefined, tags: undefined, seed: undefined, corruption: undefined, repeat: undefined, windows: undefined, profile: undefined, app: undefined,
  apps: [], targets: [], data: [], load: [], probes: [], steady_state: [], abort: [], alerts: [], method: [], expect: [],
}

export interface StandingOptions { readonly registry: Registry; readonly env: NodeJS.ProcessEnv; readonly cwd: string }

/** The text of a file that may be a configuration, or what is wrong with it. */
export async function readConfiguration(file: string, cwd: string): Promise<{ readonly text: string } | { readonly problems: readonly Problem[] }> {
  const problems = new Problems()
  const top = { file, line: 1, column: 1 }
  try {
    const path = resolve(cwd, file)
    if ((await stat(path)).size <= YAML_BYTES_MAX) return { text: await readFile(path, 'utf8') }
    problems.error('YAML_LIMIT', top, `the file is larger than ${YAML_BYTES_MAX / 1024} KiB`)
  } catch (error) {
    problems.error('FILE_UNREADABLE', top, `the file cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : String(error)}`)
  }
  return { problems: problems.sorted() }
}

/** Never throws for what the text holds. */
export function parseStanding(source: string, file: string, { registry, env, cwd }: StandingOptions): { readonly standing: Standing } | { readonly problems: readonly Problem[] } {
  const problems = new Problems()
  const places = new Places()
  const tree = parseYaml(source, file, places, problems)
  if (tree === undefined || problems.failed) return { problems: problems.sorted() }
  const root = new Interpolator({ env, vars: new Map(), packageRoot: '' }, places, problems, new Secrets()).tree(tree, undefined)
  const reader = new Reader(root, places, problems, { file, line: 1, column: 1 })
  const standing = read(reader, root, { registry, cwd })
  return standing && !problems.failed ? { standing } : { problems: problems.sorted() }
}

function read(reader: Reader, root: Tree, { registry, cwd }: Pick<StandingOptions, 'registry' | 'cwd'>): Standing | undefined {
  if (!isMap(root)) return void reader.problems.error('VALUE_INVALID', reader.entry([]).value, 'the file is neither a mapping with `targets:` nor a JSON array of proxies')
  reader.unknownKeys(Object.keys(root).filter((key) => !(KEYS as readonly string[]).includes(key)), [], KEYS)
  const section = root['targets'] ?? null
  const named = isMap(section) ? Object.keys(section) : []
  for (const name of named) if (!NAME.test(name)) reader.failKey('NAME_INVALID', ['targets', name], `"${name}" cannot be a name`)
  const draft: Draft = {
    ...EMPTY_DRAFT,
    corruption: root['corruption'] === undefined ? undefined : reader.read(oneOf(['allow'], 'Needed by rules that falsify data.'), ['corruption']),
    targets: named.map((name) => ({ name, path: ['targets', name], input: reader.read(target, ['targets', name]) })),
    alerts: readList(reader, 'alerts'),
  }
  const targets = linkTargets({ reader, draft, cwd }).filter(({ spec, demo, via }) => {
    if (demo || via) reader.fail('UPSTREAM_INVALID', ['targets', spec.name], `${spec.name}: ${demo ? 'an embedded server' : '`via`'} is for experiments, not for serving`)
    return !demo && !via
  })
  const names = new Map(named.map((name) => [name, 'target'] as const))
  const linking: Linking = { reader, draft, registry, cwd, env: {}, data: new Map(), scenarios: new Map(), names, targets: new Map(targets.map((one) => [one.spec.name, one])) }
  return { targets, toxics: toxicsOf(reader, new Set(named)), rules: rulesOf(reader, linking), alerts: linkAlerts(reader, new Set(named), draft.alerts) }
}

/** The indices of a list that is well-formed as such. */
function indicesOf(reader: Reader, key: 'toxics' | 'rules'): readonly number[] {
  const value = valueAt(reader.root, [key]) ?? null
  if (value === null) return []
  if (Array.isArray(value)) return [...value.keys()]
  reader.fail('VALUE_INVALID', [key], `${key}: expected a list`, 'each entry begins with "- "')
  return []
}

const toxicsOf = (reader: Reader, targets: ReadonlySet<string>): readonly StandingToxic[] => indicesOf(reader, 'toxics').flatMap((index) => {
  const path = ['toxics', index]
  const input = reader.read(toxic, path)
  if (input && !targets.has(input.on)) reader.fail('TARGET_UNKNOWN', [...path, 'on'], `no target is named "${input.on}"`)
  return input ? [{ ...input, place: reader.entry(path).value }] : []
})

function rulesOf(reader: Reader, linking: Linking): readonly Rule[] {
  const seen = new Set<string>()
  return indicesOf(reader, 'rules').flatMap((index) => {
    const path = ['rules', index]
    const input = reader.read(rule, path)
    if (!input) return []
    const { rule: name, ...rest } = input
    if (!NAME.test(name)) reader.fail('NAME_INVALID', [...path, 'rule'], `"${name}" cannot be a name`)
    if (seen.has(name)) reader.fail('NAME_TAKEN', [...path, 'rule'], `there is a rule named "${name}" already`)
    seen.add(name)
    if (rest.fault === undefined) reader.fail('KEY_MISSING', path, '`fault` is missing')
    if (rest.fault === undefined) return []
    return linkStep(linking, { path, input: { step: name, ...rest } }).flatMap((made) => (made.kind === 'fault' ? [{ ...made.rule, standing: true as const }] : []))
  })
}
