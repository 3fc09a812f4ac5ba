/** Which figures there are of what, and limits on them. */

import { nearest } from '../core/errors.ts'
import { parseByteRate, parseDuration, parseRate, parseRatio, parseSize } from '../core/units.ts'
import type { Protocol } from '../protocols/codec.ts'
import { Routes } from '../protocols/http/routes.ts'
import type { TargetSpec } from '../proxy/plane.ts'
import type { Source } from '../record/buckets.ts'
import { resourcesOf } from '../record/resources.ts'
import { BESIDE_FIGURES } from '../report/figures.ts'
import { unitOf } from './limit.ts'
import type { Comparison, Limit, Signal, TimingFigure } from './plan.ts'

/** Share of operations below a quantile. */
export const QUANTILES: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 }
const LATENCIES = [...Object.keys(QUANTILES), 'max', 'mean']
const FIRST_BYTES = BESIDE_FIGURES.map((figure) => `first_byte_${figure}`)
const SOCKETS = (['setup', 'ping', 'resume'] as const).flatMap((of) => BESIDE_FIGURES.map((figure) => `${of}_${figure}`))
const MESSAGES = ['messages', 'messages_lost', 'delivered']
const SERVERS = (['redis', 'postgres'] as const).map((protocol) => [protocol, resourcesOf(protocol)] as const)
const OF_SERVER = [...new Set(SERVERS.flatMap(([, metrics]) => metrics))]

export const METRICS: Readonly<Record<Source, readonly string[]>> = {
  load: [...LATENCIES, 'rate', 'success', 'errors', 'in_flight', 'connections', 'setup_p95', 'delivered', 'reconnects', 'messages_lost', 'messages_doubled'],
  target: [...LATENCIES, 'rate', 'success', 'errors', 'connections', 'in_flight', 'attempts', 'accepted', 'resets', 'failed_dials', 'bytes_to_server', 'bytes_to_client', 'hit_ratio', 'transactions', 'rollbacks', 'rollback_ratio', ...FIRST_BYTES, ...SOCKETS, ...MESSAGES, ...OF_SERVER],
  probe: ['value', 'success', 'errors', ...LATENCIES],
  app: resourcesOf('app'),
}

const HTTP: readonly Protocol[] = ['http', 'websocket']
const each = (metrics: readonly string[], protocols: readonly Protocol[]) => Object.fromEntries(metrics.map((metric) => [metric, protocols]))
/** Metrics that only targets of some protocols have; what is of WebSockets an HTTP target may have too. */
const OF_PROTOCOL: Readonly<Record<string, readonly Protocol[]>> = { ...each(['hit_ratio'], ['redis']), ...each(['transactions', 'rollbacks', 'rollback_ratio'], ['postgres']), ...each([...FIRST_BYTES, ...SOCKETS, ...MESSAGES], HTTP), ...Object.fromEntries(OF_SERVER.map((metric) => [metric, SERVERS.flatMap(([protocol, metrics]) => (metrics.includes(metric) ? [protocol] : []))])) }
/** By what a signal of a target can be narrowed, and what can be told of some of its operations. */
const LABELS: Readonly<Partial<Record<Protocol, readonly string[]>>> = {
  redis: ['command', 'key'], postgres: ['table', 'tag'], http: ['method', 'route', 'direction', 'opcode'], websocket: ['method', 'route', 'direction', 'opcode'],
}
const NARROWED: readonly string[] = [...LATENCIES, 'rate', 'success', 'errors', 'hit_ratio', ...FIRST_BYTES, ...SOCKETS.filter((metric) => metric.startsWith('ping_')), ...MESSAGES]
/** Those of the target as a whole are counted of any protocol. */
const NARROWED_OF_HTTP: readonly string[] = ['bytes_to_server', 'bytes_to_client']

/** Metrics of websocket loads alone. */
const OF_WEBSOCKET: readonly string[] = ['connections', 'setup_p95', 'delivered', 'reconnects', 'messages_lost', 'messages_doubled']
/** Of those, what rests on connections and gaps: few operations do not make it doubtful. */
export const OF_CONNECTIONS: ReadonlySet<string> = new Set(['connections', 'setup_p95', 'reconnects', 'messages_lost', 'messages_doubled'])

/** What is wrong with a metric of a load; undefined where nothing is. `expect`: of a websocket load. */
export function loadMetricProblem(metric: string, expect: 'echo' | 'messages' | undefined): { readonly wrong: string; readonly hint: string } | undefined {
  if (expect === undefined) {
    return OF_WEBSOCKET.includes(metric) ? { wrong: `${metric} is of a websocket load`, hint: `others have ${METRICS.load.filter((one) => !OF_WEBSOCKET.includes(one)).join(', ')}` } : undefined
  }
  const missing = expect === 'messages' ? [...LATENCIES, 'in_flight'] : ['messages_doubled']
  return missing.includes(metric) ? { wrong: `with expect: ${expect} there is no ${metric}`, hint: `there are ${METRICS.load.filter((one) => !missing.includes(one)).join(', ')}` } : undefined
}

/** What is wrong with a metric of a target of that protocol; undefined where nothing is. */
export function metricProblem(metric: string, protocol: Protocol, narrowed: boolean): { readonly wrong: string; readonly hint: string } | undefined {
  const has = (one: string): boolean => OF_PROTOCOL[one]?.includes(protocol) ?? true
  if (!has(metric)) return { wrong: `${metric} is of a ${OF_PROTOCOL[metric]?.join(' or ') ?? ''} target, and this one speaks ${protocol}`, hint: `${protocol} has ${METRICS.target.filter(has).join(', ')}` }
  const some = [...NARROWED.filter(has), ...(HTTP.includes(protocol) ? NARROWED_OF_HTTP : [])]
  return narrowed && !some.includes(metric) ? { wrong: `${metric} is of a target as a whole`, hint: `with \`where\` there are ${some.join(', ')}` } : undefined
}

/** What is wrong with one entry of a signal's `where`. */
export function narrowingProblem(label: string, wanted: string, { protocol, routes = [] }: Pick<TargetSpec, 'protocol' | 'routes'>): { readonly wrong: string; readonly hint: string; readonly key?: true } | undefined {
  const known = LABELS[protocol] ?? []
  if (!known.includes(label)) {
    const near = nearest(label, known)
    const hint = near ? `did you mean "${near}"?` : known.length ? `a signal of ${protocol} is narrowed by ${known.join(' or ')}` : `no messages of ${protocol} are read that could be told apart`
    return { wrong: `"${label}" narrows no signal of ${protocol}`, hint, key: true }
  }
  if (label === 'key' && /\d/.test(wanted)) return { wrong: `key: figures are kept by patterns of keys, without what varies: "${wanted}" is none`, hint: `write "${wanted.replace(/\d+/g, '*')}"` }
  const route = label === 'route' && wanted.startsWith('/') && !wanted.includes('*') ? new Routes(routes).of(wanted) : wanted
  return route === wanted ? undefined : { wrong: `route: figures are kept by routes, and "${wanted}" is of ${route}`, hint: `write "${route}"` }
}

/** What the names of an experiment stand for. */
export type Names = ReadonlyMap<string, Source | 'step'>

/** `checkout.p95`, or what is wrong with it. */
export function parseSignal(text: string, names: Names): { readonly signal: Signal; readonly source: Source } | { readonly wrong: string; readonly hint: string | undefined } {
  const [name = '', metric = '', ...more] = text.split('.')
  if (!name || !metric || more.length) return { wrong: `"${text}" is no signal`, hint: 'a signal is NAME.METRIC, such as checkout.p95' }
  const source = names.get(name)
  if (source === undefined || source === 'step') {
    const known = [...names].filter(([, kind]) => kind !== 'step').map(([one]) => one)
    const near = nearest(name, known)
    return { wrong: `no load, target, probe or app is named "${name}"`, hint: near ? `did you mean "${near}.${metric}"?` : known.length ? `known here: ${known.join(', ')}` : undefined }
  }
  if (METRICS[source].includes(metric)) return { signal: { name, metric }, source }
  const near = nearest(metric, METRICS[source])
  return { wrong: `a ${source} has no metric "${metric}"`, hint: near ? `did you mean "${name}.${near}"?` : `a ${source} has ${METRICS[source].join(', ')}` }
}

export const COMPARISONS = ['at_most', 'at_least', 'below', 'above', 'equals'] as const satisfies readonly Comparison[]

const WRITTEN: Readonly<Record<Exclude<Limit['unit'], 'x'>, string>> = { ms: 'a time such as 100ms', ratio: 'a share such as 99.9%', '/s': 'a rate such as 50/s', bytes: 'a size such as 64MiB', 'bytes/s': 'a throughput such as 64KiB/s', number: 'a number' }
/** What each figure of the timing is counted in. */
const FIGURES: Readonly<Record<TimingFigure, Limit['unit']>> = {
  recovery: 'ms', outage: 'ms', detect: 'ms', degraded: 'ms', refill: 'ms', depth: 'ratio', lost: 'number', flaps: 'number', retries: 'x', storm: 'x',
}

/** A limit on a metric, in base units, or what was expected. Any may be a multiple of the baseline: `3x`. */
export const parseLimit = (written: string | number, metric: string): Limit | { readonly expected: string } => read(written, unitOf(metric), metric.startsWith('bytes_'), true)

/** A limit on a figure of the timing. */
export function parseFigureLimit(written: string | number, figure: TimingFigure): Limit | { readonly expected: string } {
  const unit = FIGURES[figure]
  if (unit !== 'x') return read(written, unit, false, false)
  return times(String(written)) ?? { expected: 'a multiple such as 3x' }
}

function read(written: string | number, unit: Exclude<Limit['unit'], 'x'>, sized: boolean, relative: boolean): Limit | { readonly expected: string } {
  const text = String(written)
  const multiple = relative ? times(text) : undefined
  if (multiple) return multiple
  const value = READERS[unit](text) ?? (sized ? parseSize(text) : undefined)
  return value === undefined ? { expected: `${WRITTEN[unit]}${relative ? ', or a multiple of the baseline such as 3x' : ''}` } : { value, unit, text }
}

const READERS: Readonly<Record<Exclude<Limit['unit'], 'x'>, (text: string) => number | undefined>> = {
  ms: parseDuration, ratio: parseRatio, '/s': parseRate, bytes: parseSize, 'bytes/s': parseByteRate,
  number: (text) => (/^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : undefined),
}

function times(text: string): Limit | undefined {
  const found = /^(\d{1,9}(?:\.\d{1,9})?)x$/.exec(text)
  return found ? { value: Number(found[1]), unit: 'x', text } : undefined
}
