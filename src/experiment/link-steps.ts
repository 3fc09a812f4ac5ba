/** The method: each step's fault, action or pause, and when it begins. */

import { BrownoutError, nearest } from '../core/errors.ts'
import { readParam, type Param } from '../core/params.ts'
import { ms } from '../core/units.ts'
import type { AnyFault } from '../fault.ts'
import { facetProblem, isClientPattern, nodeProblem, tellsApart } from '../match.ts'
import type { TargetSpec } from '../proxy/plane.ts'
import { checkRule, faultNamed, withDefaults, type Rule, type Wanted, type Where } from '../rule.ts'
import { mapRule } from '../via/mapping.ts'
import { appNames, checkReferences, type Linking } from './linking.ts'
import { quoteHint, type Listed } from './read.ts'
import type { AnyScenario } from './scenarios.ts'
import { CHANCE, type StepInput } from './schema.ts'
import type { StepDraft } from './step-times.ts'
import { valueAt, type Path } from './tree.ts'

const ACTION_TIMEOUT = ms(30_000)
const KINDS = ['fault', 'scenario', 'run', 'pause'] as const
const ALWAYS = ['step', 'at', 'after']
const KEYS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  fault: [...ALWAYS, 'every', 'until', 'fault', 'on', 'params', 'where', 'direction', 'chance', 'scope', 'skip', 'times', 'sequence', 'for'],
  scenario: [...ALWAYS, 'scenario', 'on', 'params'],
  run: [...ALWAYS, 'every', 'until', 'run', 'undo', 'timeout', 'for'],
  pause: [...ALWAYS, 'pause'],
}

/** The steps that one entry of the method makes: several for a scenario, none where it is wrong. */
export function linkStep(linking: Linking, { path, input }: Listed<StepInput>): readonly StepDraft[] {
  if (!input) return []
  const { reader } = linking
  const kinds = KINDS.filter((kind) => kind in input)
  const [kind] = kinds
  if (!kind || kinds.length > 1) {
    reader.fail('STEP_INVALID', path, kind ? `${kinds.join(' and ')} cannot go together in one step` : 'the step does nothing')
    return []
  }
  for (const key of Object.keys(input).filter((one) => !KEYS[kind].includes(one))) reader.failKey('STEP_INVALID', [...path, key], `\`${key}\` means nothing with ${kind}`, `a step with \`${kind}\` takes ${KEYS[kind].join(', ')}`)
  checkRepetition(linking, path, input)
  const { step: name, at = ms(0), after, every, until } = input
  const draft = { step: name, start: { at, after, every, until }, place: reader.entry(path).value, path }
  switch (kind) {
    case 'fault': {
      const rule = linkRule(linking, path, input)
      return rule ? [{ ...draft, kind, rule, for: input.for }] : []
    }
    case 'run':
      for (const key of ['run', 'undo'] as const) input[key]?.forEach((word, index) => { checkReferences(linking, [...path, key, index], word) })
      return [{ ...draft, kind: 'action', run: input.run ?? [], undo: input.undo, timeout: input.timeout ?? ACTION_TIMEOUT, for: input.for ?? (input.undo ? undefined : ms(0)) }]
    case 'pause': return [{ ...draft, kind, text: input.pause ?? '', for: ms(0) }]
    case 'scenario': return linkScenario(linking, path, input, draft)
  }
}

function checkRepetition({ reader }: Linking, path: Path, { at = ms(0), every, until, for: length, fault, run }: StepInput): void {
  if (every === undefined && until === undefined) return
  if (every === undefined || until === undefined) return reader.fail('STEP_INVALID', path, 'a step is repeated by `every` and `until` together')
  if (fault === undefined && run === undefined) return
  if (length === undefined) return reader.fail('STEP_INVALID', path, 'a repeated step needs `for`')
  if (length > every) return reader.fail('STEP_INVALID', [...path, 'for'], '`for` is longer than `every`: the step would begin again before it has ended')
  if (until < at + every) reader.fail('STEP_INVALID', [...path, 'until'], 'nothing is repeated before `until`', '`until` counts from where `at` does')
}

function linkRule(linking: Linking, path: Path, input: StepInput): Omit<Rule, 'for'> | undefined {
  const { reader, registry } = linking
  const on = oneTarget(linking, path, input)
  const fault = knownFault(linking, path, input.fault ?? '')
  if (!fault) return undefined
  const params = linkParams(linking, path, fault.name, fault.params)
  const target = on === undefined ? undefined : linking.targets.get(on)
  if (on !== undefined) checkProtocol(linking, path, fault, on)
  if (fault.corruption && linking.draft.corruption !== 'allow') reader.fail('CORRUPTION_REFUSED', [...path, 'fault'], `${fault.name} falsifies data`)
  const who = linkWho(linking, path, input, fault, target?.spec ?? { protocol: 'tcp' })
  if (!params || on === undefined) return undefined
  const { skip, times, sequence, scope } = input
  const rule = {
    id: input.step, fault: fault.name, params, on, ...who,
    ...(scope ? { scope } : {}), ...(skip === undefined ? {} : { skip }), ...(times === undefined ? {} : { times }), ...(sequence ? { sequence } : {}),
  } satisfies Omit<Rule, 'for'>
  try {
    checkRule(registry, { ...rule, for: input.for ?? ms(1) })
    return checkVia(linking, path, rule, fault) ? rule : undefined
  } catch (error) {
    if (!(error instanceof BrownoutError)) throw error
    reader.fail(error.code, path, error.message, error.hint)
    return undefined
  }
}

/** Whether a fault, of a step or of its scenario, acts on what the target `on` speaks. */
function checkProtocol({ reader, targets }: Linking, path: Path, fault: AnyFault, on: string): boolean {
  const { protocol } = targets.get(on)?.spec ?? {}
  if (!protocol || fault.protocols.length === 0 || fault.protocols.includes(protocol)) return true
  const key = [...path, 'fault']
  reader.fail('PROTOCOL_MISMATCH', valueAt(reader.root, key) === undefined ? [...path, 'scenario'] : key, `${fault.name} acts on ${fault.protocols.join(', ')}, and "${on}" speaks ${protocol}`)
  return false
}

/** Whether the Toxiproxy of a rule's target, where it has one, can carry it out. */
function checkVia({ reader, targets }: Linking, path: Path, rule: Omit<Rule, 'for'>, fault: AnyFault): boolean {
  if (!targets.get(rule.on)?.via) return true
  const mapped = mapRule(rule, fault)
  if (!('reason' in mapped)) return true
  const key = [...path, ...mapped.key]
  reader.fail('VIA_UNSUPPORTED', valueAt(reader.root, key) === undefined ? path : key, `${rule.on} goes via a Toxiproxy: ${mapped.reason}`, mapped.hint)
  return false
}

type Target = Pick<TargetSpec, 'protocol' | 'cluster'>

function linkWho(linking: Linking, path: Path, { where, direction, chance, skip, times, sequence }: StepInput, fault: AnyFault, spec: Target): Pick<Rule, 'where' | 'direction' | 'chance'> {
  const { reader } = linking
  const drawn = chance === undefined ? undefined : readParam(CHANCE, valueAt(reader.root, [...path, 'chance']))
  if (drawn && 'problem' in drawn) reader.fail('VALUE_INVALID', [...path, 'chance'], `chance: ${drawn.problem}`)
  if (fault.on.every((unit) => unit === 'listen') && (chance !== undefined || where?.['client'] !== undefined || skip !== undefined || times !== undefined || sequence)) {
    reader.fail('STEP_INVALID', path, `${fault.name} acts on the listener itself, which knows no client and no count`, 'leave out chance, where.client, skip, times and sequence')
  }
  return {
    ...(where ? { where: linkWhere(linking, [...path, 'where'], where, fault, spec) } : {}),
    ...(direction === undefined ? {} : { direction: direction === 'both' ? 'both' : direction === 'to_server' ? 'to-server' : 'to-client' }),
    ...(drawn && 'value' in drawn ? { chance: drawn.value as NonNullable<Rule['chance']> } : {}),
  }
}

function linkWhere(linking: Linking, path: Path, where: Readonly<Record<string, unknown>>, fault: AnyFault, { protocol, cluster }: Target): Where {
  const { reader } = linking
  const apps = appNames(linking.draft)
  const apart = tellsApart(fault)
  for (const [name, wanted] of Object.entries(where)) {
    const at = [...path, name]
    if (name === 'client') {
      if (typeof wanted !== 'string' || !isClientPattern(wanted)) reader.fail('VALUE_INVALID', at, `client: expected an address or a CIDR block, not "${String(wanted)}"`)
    } else if (name === 'from') {
      const near = nearest(String(wanted), apps)
      if (!apps.includes(String(wanted))) reader.fail('VALUE_INVALID', at, `from: no app is named "${String(wanted)}"`, near ? `did you mean "${near}"?` : 'name the apps under `apps:`')
    } else if (name === 'node') {
      const found = nodeProblem(wanted as Wanted, cluster === true)
      if (found) reader.fail('VALUE_INVALID', at, found.problem, found.hint)
    } else if (apart === 'connections') {
      reader.failKey('STEP_INVALID', at, `${fault.name} acts on whole connections, which have no "${name}"`, 'only `client` and `from` tell connections apart; faults of the protocol take the rest')
    } else {
      const found = facetProblem(name, wanted as Wanted, protocol, apart)
      if (found) reader.fail('VALUE_INVALID', at, found.problem, found.hint)
    }
  }
  return where as Where
}

function linkScenario(linking: Linking, path: Path, input: StepInput, draft: Pick<StepDraft, 'step' | 'start' | 'place' | 'path'>): readonly StepDraft[] {
  const { reader, scenarios } = linking
  const scenario: AnyScenario | undefined = scenarios.get(input.scenario ?? '')
  const targets = (Array.isArray(input.on) ? input.on : [input.on]).filter((name) => checkTarget(linking, path, name))
  if (!scenario) {
    const near = nearest(input.scenario ?? '', scenarios.keys())
    reader.fail('SCENARIO_UNKNOWN', [...path, 'scenario'], `no scenario is named "${input.scenario}"`, near ? `did you mean "${near}"?` : `there is ${[...scenarios.keys()].join(', ') || 'none'}`)
    return []
  }
  const params = linkParams(linking, path, scenario.name, scenario.params)
  if (!params || !targets.length) return []
  return scenario.steps(params, targets).flatMap((one): readonly StepDraft[] => {
    const fault = knownFault(linking, path, one.fault)
    const read = fault && readParams(fault.params, one.params)
    if (!fault || !read) return []
    const name = `${draft.step}-${one.name}`
    const rule = { id: name, fault: one.fault, params: withDefaults(fault, read), on: one.on, ...one.who }
    if (!checkProtocol(linking, path, fault, one.on) || !checkVia(linking, path, rule, fault)) return []
    return [{
      ...draft, step: name, scenario: draft.step, start: { ...draft.start, at: ms(draft.start.at + one.at) },
      kind: 'fault', for: one.for, rule,
    }]
  })
}

function knownFault({ reader, registry }: Linking, path: Path, name: string): AnyFault | undefined {
  try {
    return faultNamed(registry, name)
  } catch (error) {
    if (!(error instanceof BrownoutError)) throw error
    reader.fail(error.code, [...path, 'fault'], error.message, error.hint)
    return undefined
  }
}

function oneTarget(linking: Linking, path: Path, { on }: StepInput): string | undefined {
  if (!Array.isArray(on)) return checkTarget(linking, path, on) ? on : undefined
  linking.reader.fail('STEP_INVALID', [...path, 'on'], 'a fault acts on one target', 'write a step for each, or a scenario')
  return undefined
}

function checkTarget({ reader, names }: Linking, path: Path, name: string | undefined): name is string {
  if (name === undefined) {
    reader.fail('KEY_MISSING', path, '`on` is missing: the target')
    return false
  }
  if (names.get(name) === 'target') return true
  const known = [...names].filter(([, kind]) => kind === 'target').map(([one]) => one)
  const near = nearest(name, known)
  reader.fail('TARGET_UNKNOWN', [...path, 'on'], `no target is named "${name}"`, near ? `did you mean "${near}"?` : known.length ? `targets here: ${known.join(', ')}` : undefined)
  return false
}

type Declared = Readonly<Record<string, Param<unknown>>>

/** The step's `params:` in base units with every default, or undefined when one is wrong, which has been said. */
function linkParams({ reader }: Linking, path: Path, owner: string, declared: Declared): Record<string, unknown> | undefined {
  const at = [...path, 'params']
  const given = valueAt(reader.root, at)
  const written = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}
  let wrong = false
  for (const key of Object.keys(written).filter((one) => !Object.hasOwn(declared, one))) {
    const near = nearest(key, Object.keys(declared))
    reader.failKey('PARAM_UNKNOWN', [...at, key], `${owner} has no parameter "${key}"`, near ? `did you mean "${near}"?` : `${owner} has ${Object.keys(declared).join(', ') || 'none'}`)
    wrong = true
  }
  const values = Object.entries(declared).map(([name, param]): readonly [string, unknown] => {
    const value = written[name]
    if (value === undefined && param.initial !== undefined) return [name, param.initial]
    const read = readParam(param, value)
    if ('value' in read) return [name, read.value]
    wrong = true
    if (value === undefined) reader.fail('PARAM_MISSING', given === undefined ? path : at, `${owner} needs the parameter "${name}": ${param.doc}`)
    else reader.fail('PARAM_INVALID', [...at, name], `${owner}.${name}: ${read.problem}`, param.kind === 'text' && typeof value === 'number' ? quoteHint(value, reader.entry([...at, name])) : undefined)
    return [name, undefined]
  })
  return wrong ? undefined : Object.fromEntries(values)
}

/** A scenario's own values for a fault, in base units; undefined when they do not fit it. */
function readParams(declared: Declared, written: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const values = Object.entries(written).map(([name, value]) => {
    const param = declared[name]
    return [name, param && readParam(param, value)] as const
  })
  return values.every(([, read]) => read && 'value' in read) ? Object.fromEntries(values.map(([name, read]) => [name, read && 'value' in read ? read.value : undefined])) : undefined
}
