/** The form by which a fault is injected: what it offers, and what is asked of the server. The rules themselves are the server's. */

import type { FaultEntry, InjectRequest, ParamEntry } from '../control/contract.ts'
import type { Protocol } from '../protocols/codec.ts'

/** What is written in the form; parameters and the rest by name. */
export interface Draft {
  readonly target: string
  readonly fault: string
  readonly params: Readonly<Record<string, string>>
  readonly chance: string
  readonly lasts: string
  readonly standing: boolean
  readonly direction: string
  /** A condition a line: `command: GET`. */
  readonly where: string
  readonly times: string
  readonly corruption: boolean
}
export const EMPTY: Draft = { target: '', fault: '', params: {}, chance: '', lasts: '30s', standing: false, direction: '', where: '', times: '', corruption: false }

/** What a target of that protocol can be hit by. WebSockets begin as HTTP, and HTTP may become one. */
export const fits = ({ protocols }: FaultEntry, protocol: Protocol): boolean => protocols.length === 0 || protocols.includes(protocol)

/** In groups, those for any protocol first. */
export function grouped(faults: readonly FaultEntry[], protocol: Protocol): readonly { readonly group: string; readonly faults: readonly FaultEntry[] }[] {
  const groups = new Map<string, FaultEntry[]>()
  for (const entry of faults) {
    if (!fits(entry, protocol)) continue
    const [first = ''] = entry.name.split('.')
    const group = entry.name.includes('.') ? first : 'connections and bytes'
    groups.set(group, [...(groups.get(group) ?? []), entry])
  }
  return [...groups].map(([group, own]) => ({ group, faults: own })).sort((a, b) => Number(a.group === protocol) - Number(b.group === protocol))
}

/** Only what was written: what is left empty is the server's to choose. */
export function requestOf({ target, fault, params, chance, lasts, standing, direction, where, times, corruption }: Draft, entry: FaultEntry | undefined): InjectRequest {
  const own = Object.fromEntries((entry?.params ?? []).flatMap((param): [string, unknown][] => {
    const written = params[param.name]?.trim() ?? ''
    return written === '' ? [] : [[param.name, sent(param, written)]]
  }))
  const conditions = conditionsIn(where)
  return {
    fault, on: target,
    ...(Object.keys(own).length > 0 ? { params: own } : {}),
    ...(chance.trim() === '' ? {} : { chance: chance.trim() }),
    ...(standing ? { standing: true } : { for: lasts.trim() }),
    ...(direction === '' ? {} : { direction }),
    ...(Object.keys(conditions).length > 0 ? { where: conditions } : {}),
    ...(times.trim() === '' ? {} : { times: Number(times) }),
    ...(corruption && entry?.corruption ? { corruption: 'allow' } : {}),
  }
}

const sent = ({ kind }: ParamEntry, written: string): unknown => (kind === 'boolean' && (written === 'true' || written === 'false') ? written === 'true' : written)

/** `command: GET` a line; several values of one condition stand in brackets: `command: [GET, MGET]`. */
export function conditionsIn(text: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(text.split('\n').flatMap((line): [string, unknown][] => {
    const found = /^\s*([^:=\s]+)\s*[:=]\s*(.*?)\s*$/.exec(line)
    if (!found) return line.trim() === '' ? [] : [[line.trim(), '']]
    const [, key = '', value = ''] = found
    const list = /^\[(.*)\]$/.exec(value)
    return [[key, list ? (list[1] ?? '').split(',').map((one) => scalar(one.trim())) : scalar(value)]]
  }))
}

/** As YAML would read it. */
function scalar(text: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  return /^(['"])(.*)\1$/.exec(text)?.[2] ?? text
}

/** As it is typed at a terminal. */
export function commandOf({ fault, on, params = {}, where = {}, chance, direction, times, for: lasts, standing, corruption }: InjectRequest): string {
  const pairs = [
    ...Object.entries(params), ...(direction === undefined ? [] : [['direction', direction]]), ...(chance === undefined ? [] : [['chance', chance]]), ...(times === undefined ? [] : [['times', times]]), ...(corruption === undefined ? [] : [['corruption', corruption]]),
    ...Object.entries(where).map(([key, value]) => [`where.${key}`, Array.isArray(value) ? value.join(',') : value]),
  ].map(([key, value]) => `${key}=${quoted(String(value))}`)
  return ['brownout inject', fault, on, ...pairs, standing ? 'standing' : `for=${quoted(lasts ?? '')}`].join(' ')
}
const quoted = (text: string): string => (/^[\w.,:%/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** Which field of the form a refusal speaks of; undefined where it is none of them, or not clear which. */
export function fieldOf(message: string, entry: FaultEntry | undefined): string | undefined {
  const names = [...(entry?.params ?? []).map(({ name }) => name), 'chance', 'for', 'where', 'direction', 'times']
  const named = names.filter((name) => new RegExp(`(^|[^\\w-])${name.replaceAll(/\W/g, '\\$&')}([^\\w-]|$)`).test(message))
  return named.length === 1 ? named[0] : undefined
}
