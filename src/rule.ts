/** A rule: which fault, on which target, for whom, how often, how long. Plain JSON: it travels between processes and over the admin API. */

import { BrownoutError, nearest } from './core/errors.ts'
import { checkParam, isRamp, type Ramp } from './core/params.ts'
import type { Ms, Ratio } from './core/units.ts'
import type { AnyFault, Registry } from './fault.ts'
import type { Direction } from './protocols/codec.ts'

/** A value that a facet must have, or one of several. */
export type Wanted = string | number | boolean | readonly (string | number | boolean)[]
/**
 * What a connection or a message must be like for a rule to concern it. `from` names an app instance, `client` is an address or a CIDR
 * block, `node` is one of a target's servers as HOST:PORT, or several; everything else is a facet of the target's protocol: `command`, `key`, `sql`, `table` …
 */
export interface Where { readonly client?: string; readonly from?: string; readonly [facet: string]: Wanted | undefined }

export interface Rule {
  /** Unique among the armed; names the rule in the journal and its random streams. */
  readonly id: string
  readonly fault: string
  /** In base units; complete: every default is filled in. A numeric one may be a ramp. */
  readonly params: Readonly<Record<string, unknown>>
  /** A target's name. */
  readonly on: string
  readonly where?: Where
  /** Absent: as the fault says. */
  readonly direction?: Direction | 'both'
  /** The share of connections (or of units, by scope) that are hit. Absent: all. */
  readonly chance?: Ratio | Ramp
  /** What chance, times, skip and sequence count. Absent: connection; of a fault that acts on messages, message, unless the fault says otherwise. */
  readonly scope?: 'connection' | 'message'
  /** The first `skip` matches pass; after `times` hits it is over; `sequence` repeats fail, pass, fail, pass. */
  readonly skip?: number
  readonly times?: number
  readonly sequence?: { readonly fail: number; readonly pass: number }
  /** How long it lasts from arming; or it stands until it is taken away. */
  readonly for?: Ms
  readonly standing?: true
}

/** Keys of a rule. No parameter of a fault may bear one of these names. */
export const RULE_KEYS = ['id', 'step', 'fault', 'scenario', 'params', 'on', 'where', 'direction', 'chance', 'scope', 'skip', 'times', 'sequence', 'for', 'standing', 'at', 'after', 'every', 'until'] as const

/** The fault of that name, or FAULT_UNKNOWN with the nearest. */
export function faultNamed(registry: Registry, name: string): AnyFault {
  const fault = registry.get(name)
  if (fault) return fault
  const near = nearest(name, registry.keys())
  throw new BrownoutError('FAULT_UNKNOWN', {
    message: `no fault is named "${name}"`,
    hint: near ? `did you mean "${near}"? \`brownout faults\` lists all` : undefined,
  })
}

/** Throws RULE_INVALID, FAULT_UNKNOWN, PARAM_* unless the engine can run the rule as it stands. */
export function checkRule(registry: Registry, rule: Rule): void {
  const { params, on } = faultNamed(registry, rule.fault)
  for (const name of Object.keys(rule.params)) {
    if (!Object.hasOwn(params, name)) throw new BrownoutError('PARAM_UNKNOWN', { message: `${rule.fault} has no parameter "${name}"` })
  }
  for (const [name, param] of Object.entries(params)) {
    const problem = checkParam(param, rule.params[name])
    if (problem) throw new BrownoutError(rule.params[name] === undefined ? 'PARAM_MISSING' : 'PARAM_INVALID', { message: `${rule.fault}.${name}: ${problem}` })
  }
  const invalid = (message: string): never => { throw new BrownoutError('RULE_INVALID', { message: `${rule.id}: ${message}` }) }
  if ((rule.for === undefined) === (rule.standing === undefined)) invalid('give either `for` or `standing`')
  if (rule.for !== undefined && !(rule.for > 0)) invalid('`for` must be above 0')
  for (const key of ['skip', 'times'] as const) {
    const count = rule[key]
    if (count !== undefined && !(Number.isInteger(count) && count >= 0)) invalid(`\`${key}\` must be a whole number`)
  }
  const { sequence, chance } = rule
  if (sequence && !(sequence.fail >= 1 && sequence.pass >= 1)) invalid('`sequence` needs fail and pass of at least 1')
  const shares = chance === undefined ? [] : isRamp(chance) ? [chance.from, chance.to] : [chance]
  if (!shares.every((one) => one >= 0 && one <= 1)) invalid('`chance` must be from 0 to 1')
  const choosy = shares.some((one) => one > 0 && one < 1) || isRamp(chance) || rule.where?.client !== undefined
  if (choosy && on.every((kind) => kind === 'listen')) invalid(`${rule.fault} hits the listener itself: it takes neither \`chance\` nor \`where.client\``)
}

/** A rule's parameters with every default filled in. */
export const withDefaults = (fault: AnyFault, given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries([...Object.entries(fault.params).map(([name, param]) => [name, (param as { initial: unknown }).initial] as const), ...Object.entries(given)])
