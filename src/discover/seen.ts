/** What was seen of each target and each load while nothing was injected: a fold over a run's record. Pure. */

import { ms, type Ms } from '../core/units.ts'
import { COMMANDS } from '../protocols/redis/commands.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { Labels, PartRecord } from '../record/figures.ts'
import { latencyQuantile, mergeLatencies, readCells, type Latencies } from '../record/latencies.ts'
import { bucketFigure, bucketsBetween, figure, samples } from '../report/figures.ts'
import { phaseOf, signalOf, type RunRecord } from '../report/fold.ts'
import { errorsOf } from '../report/parts.ts'

export interface Span { readonly from: Ms; readonly to: Ms }

/** Operations that a rule's `where` and a signal's can mean together, both in these words. */
export interface Operation {
  readonly of: Labels
  /** As people say it: `GET user:*`. */
  readonly words: string
  /** Of Postgres: the commonest of its statements, without values. */
  readonly statement: string | undefined
  readonly count: number
  /** Begun, each second. */
  readonly rate: number
  readonly errors: number
  readonly p95: Ms | undefined
  /** Of reads of a cache: the share that was there. */
  readonly hitRatio: number | undefined
}

export interface SeenTarget {
  readonly name: string
  readonly protocol: Protocol
  readonly count: number
  /** Operations a second; of what cannot be read, exchanges of bytes. */
  readonly rate: number
  readonly connections: number
  readonly success: number | undefined
  readonly p95: Ms | undefined
  /** The hottest first; what no rule could mean by a name (logins, housekeeping, commands that wait for data) is not among them. */
  readonly operations: readonly Operation[]
  /** Of Postgres, a second: commits that a statement asked for, and transactions that ended. */
  readonly commits: number
  readonly transactions: number
  /** Messages of WebSockets a second, to the client and to the server. */
  readonly messages: { readonly toClient: number; readonly toServer: number }
}

export interface SeenLoad {
  readonly name: string
  readonly count: number
  readonly rate: number
  readonly success: number | undefined
  readonly p95: Ms | undefined
  /** Of a websocket load: the share of messages that arrived. */
  readonly delivered: number | undefined
}

export interface Seen {
  readonly span: Span
  readonly seconds: number
  /** The busiest first. */
  readonly targets: readonly SeenTarget[]
  readonly loads: readonly SeenLoad[]
}

/** What the baseline of a run shows, or of a session that has none, the time before anything was done; undefined where there was no such. */
export function seenIn(record: RunRecord): Seen | undefined {
  const span = phaseOf(record, 'baseline') ?? untouched(record)
  if (!(span.to > span.from)) return undefined
  const seconds = (span.to - span.from) / 1000
  const targets = (record.started?.targets ?? []).map(({ name, protocol }) => targetSeen(record, name, protocol, span, seconds))
  const loads = record.signals.filter(({ source }) => source === 'load').map(({ name }) => loadSeen(record, name, span, seconds))
  return { span, seconds, targets: targets.sort((a, b) => b.rate - a.rate), loads: loads.sort((a, b) => b.rate - a.rate) }
}

/** From the first figures to the first fault. */
function untouched({ figures, rules, actions, from, to }: RunRecord): Span {
  const first = figures.reduce<number>((least, { start }) => Math.min(least, start), to)
  const touched = [...rules.flatMap(({ armed }) => armed ?? []), ...actions.map((one) => one.from)]
  return { from: ms(Math.max(from, first)), to: ms(Math.min(to, ...touched)) }
}

function targetSeen(record: RunRecord, name: string, protocol: Protocol, span: Span, seconds: number): SeenTarget {
  const whole = bucketsBetween(signalOf(record, { name })?.buckets ?? [], span.from, span.to)
  const inSpan = bucketsBetween(record.figures, span.from, span.to).filter(({ target }) => target === name)
  const parts = inSpan.flatMap((one) => one.parts)
  const count = whole.reduce((sum, { counts: { offered, ok } }) => sum + Math.max(offered, ok), 0)
  const rateOf = (some: readonly PartRecord[]): number => some.reduce((sum, part) => sum + begun(part), 0) / seconds
  const frames = parts.filter(({ of }) => of['opcode'] === 'text' || of['opcode'] === 'binary')
  return {
    name, protocol, count, rate: count / seconds,
    connections: bucketFigure(whole, 'connections') ?? 0,
    success: figure(record, { name, metric: 'success' }, span.from, span.to),
    p95: latencyMs(figure(record, { name, metric: 'p95' }, span.from, span.to)),
    operations: operationsOf(parts, protocol, seconds),
    commits: rateOf(parts.filter(({ of }) => of['tag'] === 'COMMIT' || of['tag'] === 'END')),
    transactions: inSpan.reduce((sum, { transactions }) => sum + (transactions?.ended ?? 0), 0) / seconds,
    messages: { toClient: rateOf(frames.filter(({ of }) => of['direction'] === 'to-client')), toServer: rateOf(frames.filter(({ of }) => of['direction'] !== 'to-client')) },
  }
}

function loadSeen(record: RunRecord, name: string, { from, to }: Span, seconds: number): SeenLoad {
  const of = (metric: string): number | undefined => figure(record, { name, metric }, from, to)
  const count = samples(record, { name }, from, to)
  return { name, count, rate: count / seconds, success: of('success'), p95: latencyMs(of('p95')), delivered: of('delivered') }
}

const latencyMs = (value: number | undefined): Ms | undefined => (value === undefined ? undefined : ms(value))
const begun = ({ offered, ok }: PartRecord): number => Math.max(offered, ok)

/** The hottest first, those of one name together. */
function operationsOf(parts: readonly PartRecord[], protocol: Protocol, seconds: number): readonly Operation[] {
  const groups = new Map<string, { of: Labels; parts: PartRecord[] }>()
  for (const part of parts) {
    const of = nameable(part.of, protocol)
    if (!of) continue
    const key = JSON.stringify(Object.entries(of))
    const group = groups.get(key) ?? { of, parts: [] }
    groups.set(key, group)
    group.parts.push(part)
  }
  return [...groups.values()].map(({ of, parts: own }) => operationOf(of, own, seconds)).sort((a, b) => b.count - a.count)
}

function operationOf(of: Labels, parts: readonly PartRecord[], seconds: number): Operation {
  const sum = (each: (part: PartRecord) => number): number => parts.reduce((total, part) => total + each(part), 0)
  const [count, hits, misses] = [sum(begun), sum((part) => part.hits ?? 0), sum((part) => part.misses ?? 0)]
  const latencies: Latencies = mergeLatencies(parts.flatMap(({ latency }) => (latency ? [readCells(latency)] : [])))
  return {
    of, words: Object.values(of).join(' '), statement: commonest(parts), count, rate: count / seconds, errors: sum(errorsOf),
    p95: latencyQuantile(latencies, 0.95), hitRatio: hits + misses > 0 ? hits / (hits + misses) : undefined,
  }
}

function commonest(parts: readonly PartRecord[]): string | undefined {
  const counts = new Map<string, number>()
  for (const part of parts) {
    const { statement } = part.of
    if (statement !== undefined) counts.set(statement, (counts.get(statement) ?? 0) + begun(part))
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0]
}

/** Commands that keep a connection and do nothing for the application. */
const HOUSEKEEPING = /^(PING|HELLO|AUTH|SELECT|QUIT|RESET|INFO|ECHO|TIME|WAIT|READONLY|READWRITE|ASKING|MONITOR|(CLIENT|COMMAND|CONFIG|CLUSTER|ACL|SLOWLOG|LATENCY|MEMORY|SCRIPT|FUNCTION)( .*)?|MULTI|EXEC|DISCARD|WATCH|UNWATCH|[PS]?(UN)?SUBSCRIBE|unknown command|other)$/

/** The labels by which `where` can mean a part; undefined where it cannot, or where nobody would want to. */
function nameable(of: Labels, protocol: Protocol): Labels | undefined {
  const { command, key, table, tag, method, route } = of
  switch (protocol) {
    case 'redis': {
      if (command === undefined || HOUSEKEEPING.test(command) || COMMANDS.get(command)?.blocking || key === 'other') return undefined
      const pattern = key === undefined ? undefined : patternOf(key)
      return pattern === undefined ? (key === undefined ? { command } : undefined) : { command, key: pattern }
    }
    case 'postgres': return table !== undefined && tag !== undefined && isPlain(table) ? { tag, table } : undefined
    case 'http': case 'websocket': return method !== undefined && method !== 'other' && route?.startsWith('/') && isPlain(route) ? { method, route } : undefined
    default: return undefined
  }
}

/** What `where` would take for a pattern, or for a regular expression between slashes, is no name. */
const isPlain = (text: string): boolean => !/[*?]/.test(text) && !/^\/.*\/i?$/s.test(text)

/** A pattern of keys that was cut goes on with anything; one that looks like a regular expression cannot be written. */
function patternOf(key: string): string | undefined {
  const pattern = key.replace(/…$/, '*').replace(/\*+/g, '*')
  return /^\/.*\/i?$/s.test(pattern) || pattern === '' || /[?\d]/.test(pattern) ? undefined : pattern
}
