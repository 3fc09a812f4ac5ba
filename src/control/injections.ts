/** What is injected now: by hand, by a method, by the API of Toxiproxy. A fold over what is written down, with what only the desk knows of its own. */

import { wallOf } from '../core/clock.ts'
import { formatParam, isRamp } from '../core/params.ts'
import { formatDuration, formatRatio, ms, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { EventOf, JournalEvent } from '../record/events.ts'
import type { Rule } from '../rule.ts'
import type { Injection, InjectRequest } from './contract.ts'

/** What the desk knows of one that it made. */
export interface Made { readonly by: string; readonly lease?: string | undefined; readonly scenario?: string | undefined; readonly request: InjectRequest }

type Listed = Omit<Injection, 'matched' | 'altered'>

export class Injections {
  readonly #registry: Registry
  readonly #armed = new Map<string, Listed>()
  readonly #made = new Map<string, Made>()

  constructor(registry: Registry) { this.#registry = registry }

  list(): readonly Listed[] { return [...this.#armed.values()] }
  get(id: string): Listed | undefined { return this.#armed.get(id) }
  made(id: string): Made | undefined { return this.#made.get(id) }
  ids(of: (one: Listed) => boolean): readonly string[] { return this.list().filter(of).map(({ id }) => id) }

  /** Before it is armed. One that is armed `later` is listed from now on. */
  make(rule: Rule, made: Made, later?: { readonly armed: Ms }): Listed {
    this.#made.set(rule.id, made)
    const listed = this.#listed(rule, made, later?.armed)
    if (later) this.#armed.set(rule.id, listed)
    return listed
  }

  forget(id: string): Listed | undefined {
    const known = this.#armed.get(id)
    this.#armed.delete(id)
    this.#made.delete(id)
    return known
  }

  /** True where the list is another now. */
  hear(event: JournalEvent): boolean {
    switch (event.kind) {
      case 'rule.arming': {
        this.#armed.set(event.rule, this.#listed(ruleOf(event), this.#made.get(event.rule), event.at, this.#armed.get(event.rule), event.step))
        return false
      }
      case 'rule.armed': return true
      case 'rule.cleared': return this.forget(event.rule) !== undefined
      default: return false
    }
  }

  #listed(rule: Rule, made: Made | undefined, armed: Ms | undefined, before?: Listed, step?: string): Listed {
    const at = armed === undefined ? undefined : wallOf(armed)
    const params = this.#words(rule)
    const detail = detailOf(rule)
    const length = rule.for === undefined ? 'standing' : `for=${formatDuration(rule.for)}`
    return {
      id: rule.id, fault: rule.fault, scenario: made?.scenario, on: rule.on, params, detail,
      text: [rule.fault, rule.on, ...Object.entries({ ...params, ...detail }).map(([key, value]) => `${key}=${/\s/.test(value) ? JSON.stringify(value) : value}`), length].join(' '),
      by: made?.by ?? before?.by ?? step ?? 'the API', lease: made?.lease, since: before?.since ?? at ?? wallOf(ms(0)),
      until: rule.for === undefined || at === undefined ? null : at + rule.for,
    }
  }

  /** Those that are not as they would be anyway. */
  #words({ fault, params }: Rule): Readonly<Record<string, string>> {
    const declared: AnyParams = this.#registry.get(fault)?.params ?? {}
    return Object.fromEntries(Object.entries(params).flatMap(([name, value]) => {
      const param = declared[name]
      return !param || value === param.initial || value === undefined ? [] : [[name, formatParam(param.kind, value)]]
    }))
  }
}

type AnyParams = NonNullable<ReturnType<Registry['get']>>['params']

const ruleOf = ({ rule: id, fault, target: on, params, detail }: EventOf<'rule.arming'>): Rule =>
  ({ ...(typeof detail === 'object' && detail !== null ? detail : {}), id, fault, on, params })

function detailOf({ where = {}, direction, chance, scope, skip, times, sequence }: Rule): Readonly<Record<string, string>> {
  const words: Record<string, string> = {}
  for (const [key, value] of Object.entries(where)) words[`where.${key}`] = Array.isArray(value) ? value.join(',') : String(value)
  if (direction !== undefined) words['direction'] = direction.replace('-', '_')
  if (chance !== undefined) words['chance'] = isRamp(chance) ? formatParam('ratio', chance) : formatRatio(chance)
  if (scope !== undefined) words['scope'] = scope
  if (skip !== undefined) words['skip'] = String(skip)
  if (times !== undefined) words['times'] = String(times)
  if (sequence) words['sequence'] = `${sequence.fail}/${sequence.pass}`
  return words
}
