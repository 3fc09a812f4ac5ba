/** How a fault declares its parameters: one declaration gives parsing, bounds, help, JSON Schema and docs. */

import {
  formatByteRate, formatDuration, formatRate, formatRatio, formatSize, parseByteRate, parseDuration, parseRate, parseRatio, parseSize,
  byteRate, bytes, ms, perSecond, ratio, type ByteRate, type Bytes, type Ms, type PerSecond, type Ratio,
} from './units.ts'

export type ParamKind = 'duration' | 'size' | 'byteRate' | 'rate' | 'ratio' | 'number' | 'integer' | 'choice' | 'text' | 'boolean'

/** A parameter. `value` and bounds are in base units: ms, bytes, bytes/s, /s, 0..1. */
export interface Param<T> {
  readonly kind: ParamKind
  /** One sentence with a full stop. */
  readonly doc: string
  /** Undefined: the parameter must be given. */
  readonly initial: T | undefined
  readonly min: number
  readonly max: number
  readonly choices: readonly string[]
  /** Of a text, or of a number that has gaps: what it must look like as text, and how that is said. */
  readonly shape?: Shape
}
export interface Shape { readonly pattern: RegExp; readonly says: string }
export type Params<P> = { readonly [K in keyof P]: Param<P[K]> }

/** A numeric value that moves linearly over time from when its rule is armed, then stays. In base units. */
export interface Ramp { readonly from: number; readonly to: number; readonly over: Ms }
export const isRamp = (value: unknown): value is Ramp =>
  typeof value === 'object' && value !== null && 'from' in value && 'to' in value && 'over' in value
export const rampAt = ({ from, to, over }: Ramp, elapsed: Ms): number =>
  over <= 0 || elapsed >= over ? to : from + ((to - from) * Math.max(0, elapsed)) / over

interface Bounds<V> { readonly min?: V; readonly max?: V }
type NumericKind = Exclude<ParamKind, 'choice' | 'text' | 'boolean'>

const READ: Readonly<Record<NumericKind, (text: string) => number | undefined>> = {
  duration: parseDuration, size: parseSize, byteRate: parseByteRate, rate: parseRate, ratio: parseRatio,
  number: (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
  integer: (text) => (/^-?\d+$/.test(text) ? Number(text) : undefined),
}
const WRITTEN: Readonly<Record<ParamKind, string>> = {
  duration: 'a duration such as 250ms, 10s or 1m30s', size: 'a size such as 512B, 64KiB or 1MB', byteRate: 'a rate such as 64KiB/s',
  rate: 'a rate such as 100/s', ratio: 'a share such as 20% or 0.2', number: 'a number', integer: 'a whole number',
  choice: 'one of a list', text: 'text', boolean: 'true or false',
}
/** The largest duration, a week: anything longer is a slip of the pen. */
const DURATION_MAX = 7 * 24 * 3_600_000
const MOST: Readonly<Record<NumericKind, number>> = {
  duration: DURATION_MAX, size: 2 ** 40, byteRate: 2 ** 40, rate: 1e7, ratio: 1, number: 1e12, integer: 2 ** 31,
}

function numeric<T extends number>(kind: NumericKind, doc: string, initial?: string, { min, max }: Bounds<string> = {}): Param<T> {
  const read = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : READ[kind](text) ?? Number.NaN)
  return {
    kind, doc, initial: initial === undefined ? undefined : (read(initial, 0) as T),
    min: read(min, 0), max: read(max, MOST[kind]), choices: [],
  }
}

/** Declarations take their default and bounds as people write them: `duration('Time to hold.', '0ms', { max: '1m' })`. */
export const duration = (doc: string, initial?: string, bounds?: Bounds<string>): Param<Ms> => numeric('duration', doc, initial, bounds)
export const size = (doc: string, initial?: string, bounds?: Bounds<string>): Param<Bytes> => numeric('size', doc, initial, bounds)
export const throughput = (doc: string, initial?: string, bounds?: Bounds<string>): Param<ByteRate> => numeric('byteRate', doc, initial, bounds)
export const rate = (doc: string, initial?: string, bounds?: Bounds<string>): Param<PerSecond> => numeric('rate', doc, initial, bounds)
export const share = (doc: string, initial?: string, bounds?: Bounds<string>): Param<Ratio> => numeric('ratio', doc, initial, bounds)
export const number = (doc: string, initial?: string, bounds?: Bounds<string>): Param<number> => numeric('number', doc, initial, bounds)
/** With a `shape` it moves along no ramp: between two values there may be none. */
export const integer = (doc: string, initial?: string, bounds?: Bounds<string>, shape?: Shape): Param<number> => ({ ...numeric('integer', doc, initial, bounds), ...(shape ? { shape } : {}) })
export const choice = <const C extends string>(doc: string, choices: readonly C[], initial?: C): Param<C> =>
  ({ kind: 'choice', doc, initial, min: 0, max: 0, choices })
export const text = (doc: string, initial?: string, shape?: Shape): Param<string> =>
  ({ kind: 'text', doc, initial, min: 0, max: 0, choices: [], ...(shape ? { shape } : {}) })
export const flag = (doc: string, initial?: boolean): Param<boolean> => ({ kind: 'boolean', doc, initial, min: 0, max: 0, choices: [] })

const isNumeric = (kind: ParamKind): kind is NumericKind => kind in READ

/** A parameter's value as people write it. */
export function formatParam(kind: ParamKind, value: unknown): string {
  if (isRamp(value)) return `${formatParam(kind, value.from)} to ${formatParam(kind, value.to)} over ${formatDuration(value.over)}`
  if (typeof value !== 'number') return String(value)
  switch (kind) {
    case 'duration': return formatDuration(ms(value))
    case 'size': return formatSize(bytes(value))
    case 'byteRate': return formatByteRate(byteRate(value))
    case 'rate': return formatRate(perSecond(value))
    case 'ratio': return formatRatio(ratio(value))
    default: return String(value)
  }
}

/** What a parameter accepts, for messages and help: `a duration such as 250ms …, from 0ms to 1m`. */
export function describeParam({ kind, min, max, choices, shape }: Param<unknown>): string {
  if (shape) return shape.says
  if (kind === 'choice') return `one of ${choices.join(', ')}`
  return isNumeric(kind) ? `${WRITTEN[kind]}, from ${formatParam(kind, min)} to ${formatParam(kind, max)}` : WRITTEN[kind]
}

/** The value in base units, or what is wrong with it. Takes what YAML gives: text with a unit, a number where the kind has no unit, or a ramp. */
export function readParam(param: Param<unknown>, written: unknown): { readonly value: unknown } | { readonly problem: string } {
  const problem = { problem: `expected ${describeParam(param)}, not ${JSON.stringify(written) ?? 'nothing'}` }
  const { kind } = param
  if (kind === 'choice') return param.choices.includes(String(written)) ? { value: String(written) } : problem
  if (kind === 'boolean') return typeof written === 'boolean' ? { value: written } : problem
  if (kind === 'text') return isText(param, written) ? { value: written } : problem
  if (isRamp(written)) return param.shape ? problem : readRamp(param, written)
  const unitless = kind === 'ratio' || kind === 'number' || kind === 'integer'
  if (typeof written !== 'string' && !(typeof written === 'number' && unitless)) return problem
  const value = READ[kind](String(written))
  return value !== undefined && value >= param.min && value <= param.max && fitsShape(param, value) ? { value } : problem
}

const fitsShape = ({ shape }: Param<unknown>, value: string | number): boolean => shape?.pattern.test(String(value)) ?? true
const isText = (param: Param<unknown>, value: unknown): value is string => typeof value === 'string' && fitsShape(param, value)

function readRamp(param: Param<unknown>, { from, to, over }: { from: unknown; to: unknown; over: unknown }): ReturnType<typeof readParam> {
  const [first, last] = [readParam(param, from), readParam(param, to)]
  if ('problem' in first) return first
  if ('problem' in last) return last
  const length = typeof over === 'string' ? parseDuration(over) : undefined
  if (length === undefined || isRamp(from) || isRamp(to)) return { problem: 'a ramp is { from: VALUE, to: VALUE, over: DURATION }' }
  return { value: { from: first.value, to: last.value, over: length } }
}

/** What is wrong with a value that is in base units already (the admin API, a rule from another process); undefined when nothing is. */
export function checkParam(param: Param<unknown>, value: unknown): string | undefined {
  const wrong = `expected ${describeParam(param)}, not ${JSON.stringify(value) ?? 'nothing'}`
  switch (param.kind) {
    case 'choice': return param.choices.includes(String(value)) ? undefined : wrong
    case 'boolean': return typeof value === 'boolean' ? undefined : wrong
    case 'text': return isText(param, value) ? undefined : wrong
    default: {
      const fits = (one: unknown): boolean => typeof one === 'number' && one >= param.min && one <= param.max && (param.kind !== 'integer' || Number.isInteger(one)) && fitsShape(param, one)
      const ok = isRamp(value) ? !param.shape && fits(value.from) && fits(value.to) && value.over >= 0 : fits(value)
      return ok ? undefined : wrong
    }
  }
}

/** JSON Schema of what may be written for a parameter. */
export function paramSchema({ kind, doc, choices, initial, shape }: Param<unknown>): Record<string, unknown> {
  const about = { description: doc, ...(initial === undefined ? {} : { default: isNumeric(kind) ? formatParam(kind, initial) : initial }) }
  if (kind === 'choice') return { ...about, enum: choices }
  if (kind === 'boolean') return { ...about, type: 'boolean' }
  if (kind === 'text') return { ...about, type: 'string', ...(shape ? { pattern: shape.pattern.source } : {}) }
  const one = kind === 'ratio' || kind === 'number' || kind === 'integer' ? { type: ['number', 'string'] } : { type: 'string' }
  if (shape) return { ...about, ...one, pattern: shape.pattern.source }
  return { ...about, anyOf: [one, { type: 'object', required: ['from', 'to', 'over'], additionalProperties: false, properties: { from: one, to: one, over: { type: 'string' } } }] }
}
