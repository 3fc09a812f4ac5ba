/** A rule as people write it: what was armed, so that it can be armed again or stand in a file. Exact, where a short text would round. */

import { isDeepStrictEqual } from 'node:util'
import type { InjectRequest } from '../control/contract.ts'
import { formatParam, isRamp, readParam, type Param, type ParamKind } from '../core/params.ts'
import type { Ms } from '../core/units.ts'
import { CHANCE } from '../experiment/schema.ts'
import type { AnyFault, Registry } from '../fault.ts'
import type { EventOf } from '../record/events.ts'
import type { Rule } from '../rule.ts'

/** What of a rule its `rule.arming` has beside fault, target and parameters. */
export type Detail = Omit<Rule, 'id' | 'fault' | 'on' | 'params'>

export const ruleOf = ({ rule: id, fault, target: on, params, detail }: EventOf<'rule.arming'>): Rule => ({ ...((detail ?? {}) as Detail), id, fault, on, params })

/** Asks for the same again, for `length`; without one it stands. */
export function requestOf({ id: _, fault: name, on, params, ...detail }: Rule, faults: Registry, length: Ms | undefined): InjectRequest {
  const fault = faults.get(name)
  return {
    fault: name, on, ...paramsText(fault, params, (text) => text), ...detailText(detail, (text) => text),
    ...(length === undefined ? { standing: true } : { for: timeText(length) }), ...(fault?.corruption ? { corruption: 'allow' } : {}),
  }
}

/** Exactly: `63.25s`. */
export const timeText = (time: Ms): string => (time % 1000 === 0 && time % 60_000 !== 0 ? `${time / 1000}s` : time % 60_000 === 0 && time > 0 ? `${time / 60_000}m` : time < 1000 ? `${time}ms` : `${Number((time / 1000).toFixed(2))}s`)

type Literal = (text: string) => string
/** A text of a file, in which ${ begins a reference. */
const inFile: Literal = (text) => text.replaceAll('${', () => '$${')

/** Those that differ from the fault's own defaults. */
export function paramsText(fault: AnyFault | undefined, params: Readonly<Record<string, unknown>>, literal: Literal = inFile): { readonly params?: Readonly<Record<string, unknown>> } {
  const declared: Readonly<Record<string, Param<unknown>>> = fault?.params ?? {}
  const given = Object.entries(params).flatMap(([name, value]) => {
    const param = declared[name]
    return value === undefined || value === null || !param || isDeepStrictEqual(value, param.initial) ? [] : [[name, valueText(param, value, literal)] as const]
  })
  return given.length > 0 ? { params: Object.fromEntries(given) } : {}
}

/** Units in which any value of a kind can be told exactly. */
const EXACT: Readonly<Partial<Record<ParamKind, string>>> = { duration: 'ms', size: 'B', byteRate: 'B/s', rate: '/s' }

function valueText(param: Param<unknown>, value: unknown, literal: Literal): unknown {
  if (isRamp(value)) return { from: valueText(param, value.from, literal), to: valueText(param, value.to, literal), over: `${value.over}ms` }
  if (typeof value === 'string') return literal(value)
  if (typeof value !== 'number') return value
  const text = formatParam(param.kind, value)
  const read = readParam(param, text)
  if ('value' in read && read.value === value) return text
  const unit = EXACT[param.kind]
  return unit === undefined ? value : `${value}${unit}`
}

export function detailText({ where, direction, chance, scope, skip, times, sequence }: Detail, literal: Literal = inFile): Readonly<Record<string, unknown>> {
  return {
    ...(where ? { where: Object.fromEntries(Object.entries(where).map(([key, wanted]) => [key, eachText(wanted, literal)])) } : {}),
    ...(direction === undefined ? {} : { direction: direction.replace('-', '_') }), ...(chance === undefined ? {} : { chance: valueText(CHANCE, chance, literal) }),
    ...(scope ? { scope } : {}), ...(skip === undefined ? {} : { skip }), ...(times === undefined ? {} : { times }), ...(sequence ? { sequence } : {}),
  }
}

const eachText = (wanted: unknown, literal: Literal): unknown => (typeof wanted === 'string' ? literal(wanted) : Array.isArray(wanted) ? wanted.map((one) => eachText(one, literal)) : wanted)
