/** The second pass: every value through its schema, with all that is wrong put to its place. One bad entry hides no other. */

import type * as z from 'zod'
import { nearest, type ErrorCode, type Place } from '../core/errors.ts'
import type { Problems } from './problem.ts'
import { EXPERIMENT_KEYS, SECTIONS, SHARED_KEYS, VALUES, type AbortInput, type AlertInput, type AppInput, type ConditionInput, type DataInput, type ExpectationInput, type LoadInput, type ProbeInput, type ProfileInput, type StepInput, type TargetInput, type WindowsInput } from './schema.ts'
import { isMap, valueAt, type Entry, type Path, type Places, type Tree } from './tree.ts'

export interface Named<T> {
  readonly name: string
  readonly path: Path
  /** Undefined: it is there, and wrong, which has been said. */
  readonly input: T | undefined
}
export interface Listed<T> { readonly path: Path; readonly input: T | undefined }

export interface Draft {
  readonly name: string | undefined
  readonly question: string | undefined
  readonly tags: readonly string[] | undefined
  readonly seed: number | undefined
  readonly corruption: 'allow' | undefined
  readonly repeat: number | undefined
  readonly windows: WindowsInput | undefined
  readonly profile: ProfileInput | undefined
  readonly app: Named<AppInput> | undefined
  readonly apps: readonly Named<AppInput>[]
  readonly targets: readonly Named<TargetInput>[]
  readonly data: readonly Named<DataInput>[]
  readonly load: readonly Named<LoadInput>[]
  readonly probes: readonly Named<ProbeInput>[]
  readonly steady_state: readonly Listed<ConditionInput>[]
  readonly abort: readonly Listed<AbortInput>[]
  readonly alerts: readonly Listed<AlertInput>[]
  readonly method: readonly Listed<StepInput>[]
  readonly expect: readonly Listed<ExpectationInput>[]
}

/** A file's value, where its parts stand and where to say what is wrong with them. */
export class Reader {
  readonly root: Tree
  readonly places: Places
  readonly problems: Problems
  readonly #top: Place

  constructor(root: Tree, places: Places, problems: Problems, top: Place) {
    this.root = root
    this.places = places
    this.problems = problems
    this.#top = top
  }

  entry(path: Path): Entry { return this.places.find(this.root, path) ?? { key: this.#top, value: this.#top, flow: false } }

  /** `value` through `schema`; undefined when it does not fit, which has been said. */
  read<S extends z.ZodType>(schema: S, path: Path): z.output<S> | undefined {
    const value = valueAt(this.root, path)
    const result = schema.safeParse(value)
    if (result.success) return result.data
    const { issues } = result.error
    // What was misspelt is not missing as well.
    const meant = new Set(issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, nearest(key, issue.message.split(', ')) ?? key].join('.')) : [])))
    for (const issue of issues) if (issue.code === 'unrecognized_keys' || !meant.has(issue.path.join('.'))) this.#say(issue, [...path, ...issue.path])
    return undefined
  }

  /** Says what is wrong with the value at `path`. */
  fail(code: ErrorCode, path: Path, message: string, hint?: string): void {
    const { value } = this.entry(path)
    // A reference that could not be resolved has been reported; what its hole breaks is not news.
    if (!this.problems.at(value)) this.problems.error(code, value, message, hint)
  }

  /** Says what is wrong with the key at the end of `path`. */
  failKey(code: ErrorCode, path: Path, message: string, hint?: string): void { this.problems.error(code, this.entry(path).key, message, hint) }

  #say(issue: z.core.$ZodIssue, path: Path): void {
    if (issue.code === 'unrecognized_keys') return this.unknownKeys(issue.keys, path, issue.message.split(', '))
    const entry = this.entry(path)
    const value = valueAt(this.root, path)
    if (value === undefined) return this.problems.error('KEY_MISSING', path.length > 1 ? this.entry(path.slice(0, -1)).key : entry.key, `\`${String(path.at(-1))}\` is missing`)
    this.fail('VALUE_INVALID', path, `${labelOf(path)}: ${issue.message}`, hintFor(issue, value, entry))
  }

  unknownKeys(keys: readonly string[], path: Path, known: readonly string[]): void {
    for (const key of keys) {
      const { key: place, flow } = this.entry([...path, key])
      const near = nearest(key, known)
      const cut = flow && valueAt(this.root, [...path, key]) === null
      const hint = key === 'true' && known.includes('on') ? 'a YAML 1.1 tool has made `true` of the key `on`: write "on" with quotes'
        : cut ? 'text with a comma inside { } needs quotes'
          : near ? `did you mean "${near}"?`
            : known.includes('fault') ? 'parameters of a fault stand under `params:`' : `known here: ${known.join(', ')}`
      this.problems.error('KEY_UNKNOWN', place, `"${key}" means nothing here`, hint)
    }
  }
}

export function readDraft(reader: Reader): Draft | undefined {
  const { root, problems } = reader
  if (!isMap(root)) {
    problems.error('VALUE_INVALID', reader.entry([]).value, 'the file is not a mapping of keys to values')
    return undefined
  }
  reader.unknownKeys(Object.keys(root).filter((key) => !EXPERIMENT_KEYS.includes(key)), [], EXPERIMENT_KEYS)
  const value = <K extends keyof typeof VALUES>(key: K): z.output<(typeof VALUES)[K]> | undefined => reader.read(VALUES[key], [key]) as z.output<(typeof VALUES)[K]> | undefined
  const app = isPresent(root['app']) ? { name: '', path: ['app'], input: value('app') } : undefined
  return {
    name: value('name'), question: value('question'), tags: value('tags'), seed: value('seed'), corruption: value('corruption'), repeat: value('repeat'), windows: value('windows'), profile: value('profile'),
    app,
    apps: readMap(reader, 'apps'), targets: readMap(reader, 'targets'), data: readMap(reader, 'data'), load: readMap(reader, 'load'), probes: readMap(reader, 'probes'),
    steady_state: readList(reader, 'steady_state'), abort: readList(reader, 'abort'), alerts: readList(reader, 'alerts'), method: readList(reader, 'method'), expect: readList(reader, 'expect'),
  }
}

/** Keys of brownout.yaml that belong elsewhere. */
export function checkShared(reader: Reader): void {
  if (!isMap(reader.root)) return
  for (const key of Object.keys(reader.root).filter((one) => !SHARED_KEYS.includes(one))) {
    const place = reader.entry([key]).key
    if (EXPERIMENT_KEYS.includes(key)) reader.problems.error('KEY_UNKNOWN', place, `"${key}" belongs in an experiment, not in brownout.yaml`, `brownout.yaml may hold ${SHARED_KEYS.join(', ')}`)
    else reader.unknownKeys([key], [], SHARED_KEYS)
  }
}

type MapKey = 'data' | 'apps' | 'targets' | 'load' | 'probes'
function readMap<K extends MapKey>(reader: Reader, key: K): readonly Named<z.output<(typeof SECTIONS)[K]['item']>>[] {
  const value = valueAt(reader.root, [key])
  if (!isPresent(value)) return []
  if (!isMap(value)) {
    reader.problems.error('VALUE_INVALID', reader.entry([key]).value, `${key}: expected a mapping of names`)
    return []
  }
  return Object.keys(value).map((name) => ({ name, path: [key, name], input: reader.read(SECTIONS[key].item, [key, name]) as z.output<(typeof SECTIONS)[K]['item']> | undefined }))
}

type ListKey = 'steady_state' | 'abort' | 'alerts' | 'method' | 'expect'
export function readList<K extends ListKey>(reader: Reader, key: K): readonly Listed<z.output<(typeof SECTIONS)[K]['item']>>[] {
  const value = valueAt(reader.root, [key])
  if (!isPresent(value)) return []
  if (!Array.isArray(value)) {
    reader.problems.error('VALUE_INVALID', reader.entry([key]).value, `${key}: expected a list`, 'each entry begins with "- "')
    return []
  }
  if (value.length > 1000) reader.problems.error('VALUE_INVALID', reader.entry([key]).value, `${key}: more than 1,000 entries`)
  return value.slice(0, 1000).map((_, index) => ({ path: [key, index], input: reader.read(SECTIONS[key].item, [key, index]) as z.output<(typeof SECTIONS)[K]['item']> | undefined }))
}

/** A key with nothing behind it is as good as absent. */
const isPresent = (value: Tree | undefined): boolean => value !== undefined && value !== null

/** The innermost key, for the head of a message. */
const labelOf = (path: Path): string => String([...path].reverse().find((key) => typeof key === 'string' && Number.isNaN(Number(key))) ?? 'value')

function hintFor(issue: z.core.$ZodIssue, value: Tree, entry: Entry): string | undefined {
  if (issue.code === 'invalid_value') {
    const near = nearest(String(value), issue.values.map(String))
    return near && `did you mean "${near}"?`
  }
  return issue.code !== 'custom' && (typeof value === 'number' || typeof value === 'boolean') ? quoteHint(value, entry) : undefined
}

/** What to do where text was meant and YAML read something else: `08006` is the number 8006. */
export function quoteHint(value: Tree, { written }: Pick<Entry, 'written'>): string {
  const text = written ?? String(value)
  return `YAML reads ${text} as ${typeof value === 'number' ? `the number ${value}` : String(value)}: for text write "${text}" with quotes`
}
