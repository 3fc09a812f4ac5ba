/** What a sweep turns: a number of one step's fault, or of one load. */

import { BrownoutError, nearest } from '../core/errors.ts'
import { formatParam, integer, isRamp, rate, readParam, share, type Param } from '../core/params.ts'
import { ms, perSecond, ratio } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { LoadSpec } from '../load/spec.ts'
import { faultNamed, withDefaults, type Rule } from '../rule.ts'
import type { Range } from '../sweep/scale.ts'
import type { Plan, Step } from './plan.ts'

export interface Knob {
  /** As it was named: `slow.delay`, `load.checkout.rate`. */
  readonly name: string
  readonly param: Param<unknown>
  readonly range: Range
  readonly turns:
    | { readonly what: 'rule'; rule(value: number): Rule }
    | { readonly what: 'load'; readonly load: string; readonly of: LoadKnob; change(spec: LoadSpec, value: number): LoadSpec }
}

const LOAD_KNOBS = {
  rate: { param: rate('Operations a second.'), change: (spec: LoadSpec, value: number): LoadSpec => ({ ...spec, rate: perSecond(value), profile: undefined, inFlightMax: Math.max(spec.inFlightMax, inFlightFor(spec, value)) }) },
  users: { param: integer('Users of a closed loop.', undefined, { min: '1' }), change: (spec: LoadSpec, value: number): LoadSpec => ({ ...spec, users: { count: value, think: spec.users?.think ?? ms(0) }, inFlightMax: Math.max(spec.inFlightMax, value), connections: Math.max(spec.connections, spec.send.kind === 'redis' || spec.send.kind === 'postgres' ? value : 0) }) },
  connections: { param: integer('Connections.', undefined, { min: '1' }), change: (spec: LoadSpec, value: number): LoadSpec => ({ ...spec, connections: value }) },
} as const
type LoadKnob = keyof typeof LOAD_KNOBS

/** Our own limit must not be what breaks: as many as can be under way before they are late. */
const inFlightFor = ({ timeout }: LoadSpec, perSecondWanted: number): number => Math.ceil((perSecondWanted * timeout) / 1000) + 1

/** With the digits that tell a value from the next that is tried. */
export const formatKnob = ({ param }: Knob, value: number): string => (param.kind === 'rate' ? `${Number(value.toPrecision(4))}/s` : formatParam(param.kind, value))

/** `STEP.PARAM=a..b`, `STEP.chance=a..b`, `load.NAME.rate=a..b`. Throws SWEEP_INVALID. */
export function parseKnob(text: string, plan: Plan, registry: Registry): Knob {
  const found = /^([^=]+)=(.+?)\.\.(.+)$/.exec(text)
  const [, name = '', from = '', to = ''] = found ?? []
  if (!found) throw invalid(`"${text}" names no range`, 'write STEP.PARAM=a..b, such as slow.delay=0ms..2s, or load.NAME.rate=100/s..5000/s')
  const turned = turnedBy(name, plan, registry)
  const range = { ...rangeOf(name, turned.param, from, to), whole: turned.param.kind === 'integer' }
  return { name, ...turned, range }
}

function turnedBy(name: string, plan: Plan, registry: Registry): Pick<Knob, 'param' | 'turns'> {
  const at = name.lastIndexOf('.')
  const [owner, key] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)]
  if (owner.startsWith('load.')) return ofLoad(plan, owner.slice('load.'.length), key)
  const steps = plan.method.filter((step): step is Extract<Step, { kind: 'fault' }> => step.kind === 'fault')
  const step = steps.find((one) => one.step === owner)
  if (!step) {
    const near = nearest(owner, [...steps.map((one) => one.step), ...plan.loads.map((load) => `load.${load.name}`)])
    throw invalid(`no step with a fault is named "${owner}"`, near ? `did you mean "${near}"?` : `there are ${[...steps.map((one) => one.step), ...plan.loads.map((load) => `load.${load.name}`)].join(', ') || 'none'}`)
  }
  const { rule } = step
  const { params } = faultNamed(registry, rule.fault)
  if (key === 'chance') return { param: share('The share that is hit.'), turns: { what: 'rule', rule: (value) => ({ ...rule, chance: ratio(value) }) } }
  const param = Object.hasOwn(params, key) ? params[key] : undefined
  const numbers = Object.entries(params).filter(([, one]) => !UNTURNABLE.has(one.kind) && !one.shape).map(([one]) => one)
  if (!param || !numbers.includes(key)) {
    const near = nearest(key, numbers)
    throw invalid(`${rule.fault} has no number "${key}"`, near ? `did you mean "${owner}.${near}"?` : `it has ${['chance', ...numbers].join(', ')}`)
  }
  return { param, turns: { what: 'rule', rule: (value) => ({ ...rule, params: { ...rule.params, [key]: value } }) } }
}

const UNTURNABLE: ReadonlySet<string> = new Set(['choice', 'text', 'boolean'])

function ofLoad(plan: Plan, name: string, key: string): Pick<Knob, 'param' | 'turns'> {
  const spec = plan.loads.find((load) => load.name === name)
  if (!spec) {
    const near = nearest(name, plan.loads.map((load) => load.name))
    throw invalid(`no load is named "${name}"`, near ? `did you mean "load.${near}.${key}"?` : `there are ${plan.loads.map((load) => load.name).join(', ') || 'none'}`)
  }
  if (!isLoadKnob(key)) throw invalid(`a load has no number "${key}"`, `it has ${Object.keys(LOAD_KNOBS).join(', ')}`)
  if (spec.send.kind === 'driven') throw invalid(`${name} is made by ${spec.send.driver}, which sets its own pace`, 'sweep a parameter of a step, or a load that brownout makes')
  if (key === 'rate' && spec.rate === 0 && !spec.users) throw invalid(`${name} sends nothing of its own accord`, `sweep load.${name}.connections`)
  if (key === 'rate' && spec.users) throw invalid(`${name} has users and no rate`, `sweep load.${name}.users`)
  if (key === 'connections' && spec.send.kind !== 'websocket' && spec.send.kind !== 'redis' && spec.send.kind !== 'postgres') throw invalid(`${name} keeps no fixed number of connections`, `sweep load.${name}.rate or load.${name}.users`)
  const { param, change } = LOAD_KNOBS[key]
  return { param, turns: { what: 'load', load: name, of: key, change } }
}

const isLoadKnob = (key: string): key is LoadKnob => Object.hasOwn(LOAD_KNOBS, key)

function rangeOf(name: string, param: Param<unknown>, from: string, to: string): { readonly from: number; readonly to: number } {
  const unit = /[a-zA-Z%/]+$/.exec(to)?.[0] ?? ''
  const read = (text: string): number => {
    const bare = /^\d+(\.\d+)?$/.test(text) ? readParam(param, `${text}${unit}`) : undefined
    const result = bare && 'value' in bare ? bare : readParam(param, text)
    if ('problem' in result) throw invalid(`${name}: ${result.problem}`, 'both ends are written with their unit: 0ms..2s, 1%..50%, 100/s..5000/s')
    if (typeof result.value !== 'number' || isRamp(result.value)) throw invalid(`${name}: "${text}" is no number`, undefined)
    return result.value
  }
  const [low, high] = [read(from), read(to)]
  if (low === high) throw invalid(`${name}: the range has one value only`, 'give two different ends')
  return { from: low, to: high }
}

const invalid = (message: string, hint: string | undefined): BrownoutError => new BrownoutError('SWEEP_INVALID', { message, hint })

/** How long a target's answers may be held back, and whether it may be cut off for good. */
export function tolerancesOf({ targets }: Plan, registry: Registry): readonly { readonly target: string; readonly latency: Knob; readonly gone: Rule }[] {
  const [latency, partition] = [faultNamed(registry, 'latency'), faultNamed(registry, 'partition')]
  const delay = latency.params['delay']
  if (!delay) return []
  return targets.map(({ spec: { name } }) => ({
    target: name,
    latency: {
      name: `${name}.latency`, param: delay, range: { from: 0, to: 2000, whole: false },
      turns: { what: 'rule', rule: (value) => ({ id: `${name}-latency`, fault: 'latency', on: name, params: withDefaults(latency, { delay: value }) }) },
    },
    gone: { id: `${name}-gone`, fault: 'partition', on: name, params: withDefaults(partition, { how: 'reject' }) },
  }))
}
