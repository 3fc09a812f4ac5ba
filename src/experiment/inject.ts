/** A fault or a scenario that somebody injects by hand, read as a step of an experiment is. */

import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { TargetSpec } from '../proxy/plane.ts'
import type { Rule } from '../rule.ts'
import { linkStep } from './link-steps.ts'
import type { Linking } from './linking.ts'
import { Problems } from './problem.ts'
import { Reader } from './read.ts'
import { EMPTY_DRAFT } from './standing.ts'
import { scenarios } from './scenarios.ts'
import { step } from './schema.ts'
import { Places, type Tree, type TreeMap } from './tree.ts'

export interface InjectScene {
  readonly registry: Registry
  /** Those that are open now. */
  readonly targets: readonly TargetSpec[]
  readonly cwd: string
}
/** A rule, and how long after the injection it is armed. */
export interface PlannedInjection { readonly at: Ms; readonly rule: Rule; readonly scenario?: string | undefined }

const KEYS = ['fault', 'scenario', 'on', 'params', 'where', 'direction', 'chance', 'scope', 'skip', 'times', 'sequence', 'for'] as const

/** Throws the first thing that is wrong, as the loader of experiments words it: FAULT_UNKNOWN, TARGET_UNKNOWN, PARAM_*, PROTOCOL_MISMATCH, VALUE_INVALID, KEY_UNKNOWN, STEP_INVALID and so on. */
export function readInjection(request: Readonly<Record<string, unknown>>, id: string, { registry, targets, cwd }: InjectScene): readonly PlannedInjection[] {
  const { corruption, standing, ...rest } = request
  const entry: TreeMap = { step: id }
  for (const key of KEYS) if (rest[key] !== undefined) entry[key] = rest[key] as Tree
  const problems = new Problems()
  const reader = new Reader({ injection: entry }, new Places(), problems, { file: 'injection', line: 1, column: 1 })
  const unknown = Object.keys(rest).filter((key) => !(KEYS as readonly string[]).includes(key) && rest[key] !== undefined)
  reader.unknownKeys(unknown, ['injection'], [...KEYS, 'standing', 'id', 'lease', 'corruption'])
  const input = reader.read(step, ['injection'])
  const draft = { ...EMPTY_DRAFT, corruption: corruption === 'allow' ? 'allow' as const : undefined }
  const known = new Map(targets.map((spec) => [spec.name, { spec, url: new URL('tcp://localhost'), demo: undefined, app: undefined }]))
  const names = new Map(targets.map(({ name }) => [name, 'target'] as const))
  const linking: Linking = { reader, draft, registry, cwd, env: {}, data: new Map(), scenarios, names, targets: known }
  const steps = input ? linkStep(linking, { path: ['injection'], input }) : []
  const [wrong, ...more] = problems.sorted().filter(({ severity }) => severity === 'error')
  if (wrong) throw new BrownoutError(wrong.code, { message: [wrong, ...more].map(({ message }) => message).join('; '), hint: wrong.hint })
  const scenario = typeof rest['scenario'] === 'string' ? rest['scenario'] : undefined
  checkEnd(request, scenario)
  return steps.flatMap((made): PlannedInjection[] => {
    if (made.kind !== 'fault') return []
    const ending = made.for === undefined ? { standing: true as const } : { for: made.for }
    return [{ at: made.start.at ?? ms(0), rule: { ...made.rule, ...ending }, ...(scenario === undefined ? {} : { scenario }) }]
  })
}

/** What is injected by hand says when it ends, or that it does not. */
function checkEnd({ for: length, standing }: Readonly<Record<string, unknown>>, scenario: string | undefined): void {
  if (scenario !== undefined) {
    if (standing === true) throw new BrownoutError('STEP_INVALID', { message: 'a scenario ends by itself: it cannot be standing', hint: 'leave out `standing`' })
    return
  }
  if (length === undefined && standing !== true) throw new BrownoutError('STEP_INVALID', { message: 'when does it end?', hint: 'give `for`, as 30s, or `standing`: until it is cleared' })
  if (length !== undefined && standing === true) throw new BrownoutError('STEP_INVALID', { message: '`for` and `standing` contradict each other' })
}
