/** Toxics as rules: one table says which fault each type is, what its attributes are and which values make sense. */

import { ms, ratio } from '../core/units.ts'
import type { Direction } from '../protocols/codec.ts'
import type { Rule } from '../rule.ts'
import { Refusal } from './refusal.ts'

export interface Attribute {
  readonly name: string
  readonly kind: 'int64' | 'float64'
  /** What it counts, for messages. */
  readonly unit: string
  readonly min: number
  readonly max: number
}
export type Attributes = Readonly<Record<string, number>>

export interface ToxicType {
  /** Go's name of its struct: it stands in messages. */
  readonly struct: string
  readonly attributes: readonly Attribute[]
  /** What is wrong with values that are each within bounds. */
  check?(values: Attributes): string | undefined
  /** Undefined: it does nothing. */
  rule(values: Attributes): { readonly fault: string; readonly params: Readonly<Record<string, unknown>> } | undefined
}

const HOUR_MS = 3_600_000
const TIB = 2 ** 40
const int = (name: string, unit: string, max: number, min = 0): Attribute => ({ name, kind: 'int64', unit, min, max })
const share = (name: string): Attribute => ({ name, kind: 'float64', unit: '', min: 0, max: 1 })
const of = (values: Attributes, name: string): number => values[name] ?? 0

export const TOXIC_TYPES: ReadonlyMap<string, ToxicType> = new Map<string, ToxicType>([
  ['latency', {
    struct: 'LatencyToxic', attributes: [int('latency', 'ms', HOUR_MS), int('jitter', 'ms', HOUR_MS)],
    rule: (values) => ({ fault: 'latency', params: { delay: ms(of(values, 'latency')), jitter: ms(of(values, 'jitter')) } }),
  }],
  ['bandwidth', {
    struct: 'BandwidthToxic', attributes: [int('rate', 'KB/s', Math.floor(TIB / 1000))],
    rule: (values) => ({ fault: 'bandwidth', params: { rate: of(values, 'rate') * 1000 } }),
  }],
  ['slow_close', {
    struct: 'SlowCloseToxic', attributes: [int('delay', 'ms', HOUR_MS)],
    rule: (values) => ({ fault: 'slow_close', params: { delay: ms(of(values, 'delay')) } }),
  }],
  ['timeout', {
    struct: 'TimeoutToxic', attributes: [int('timeout', 'ms', HOUR_MS)],
    rule: (values) => ({ fault: 'timeout', params: { timeout: ms(of(values, 'timeout')), ending: 'all' } }),
  }],
  ['reset_peer', {
    struct: 'ResetToxic', attributes: [int('timeout', 'ms', HOUR_MS)],
    rule: (values) => ({ fault: 'reset_peer', params: { timeout: ms(of(values, 'timeout')) } }),
  }],
  ['slicer', {
    struct: 'SlicerToxic', attributes: [int('average_size', 'bytes', 2 ** 30, 1), int('size_variation', 'bytes', 2 ** 30), int('delay', 'us', 60_000_000)],
    check: (values) => (of(values, 'size_variation') > of(values, 'average_size') ? 'size_variation must not be above average_size' : undefined),
    rule: (values) => ({ fault: 'slicer', params: { average_size: of(values, 'average_size'), size_variation: of(values, 'size_variation'), delay: ms(of(values, 'delay') / 1000) } }),
  }],
  ['limit_data', {
    struct: 'LimitDataToxic', attributes: [int('bytes', 'bytes', TIB)],
    rule: (values) => ({ fault: 'limit_data', params: { bytes: of(values, 'bytes') } }),
  }],
  ['noop', { struct: 'NoopToxic', attributes: [], rule: () => undefined }],
  ['packet_loss', {
    struct: 'PacketLossToxic', attributes: [share('loss_rate'), share('correlation')],
    rule: (values) => ({ fault: 'drop_chunks', params: { loss: ratio(of(values, 'loss_rate')), correlation: ratio(of(values, 'correlation')) } }),
  }],
])

/** A toxic as the API shows it. `stream` is kept as it was written. */
export interface Toxic {
  readonly name: string
  readonly type: string
  readonly stream: string
  readonly toxicity: number
  readonly attributes: Attributes
}

/** 400, with what is allowed, unless every value makes sense. */
export function checkToxic({ type, toxicity, attributes }: Toxic): void {
  const known = TOXIC_TYPES.get(type)
  if (!known) throw new Refusal(400, 'invalid toxic type')
  for (const { name, unit, min, max } of known.attributes) {
    const value = of(attributes, name)
    if (!(value >= min && value <= max)) throw new Refusal(400, `attribute ${name} of ${type} must be from ${min} to ${max}${unit ? ` ${unit}` : ''}, not ${value}`)
  }
  const wrong = known.check?.(attributes)
  if (wrong) throw new Refusal(400, wrong)
  if (!(toxicity >= 0 && toxicity <= 1)) throw new Refusal(400, `toxicity must be from 0 to 1, not ${toxicity}`)
}

/** Upstream is what goes to the server. Upper and lower case do not matter. */
export const directionOf = (stream: string): Direction | undefined =>
  ({ upstream: 'to-server', downstream: 'to-client' } as const)[stream.toLowerCase() as 'upstream' | 'downstream']

/** Unique for any two names, whatever characters they have. */
export const ruleId = (proxy: string, toxic: string): string => `${encodeURIComponent(proxy)}/${encodeURIComponent(toxic)}`

/** The standing rule that a toxic is; undefined for one that does nothing. */
export function ruleOf(proxy: string, { name, type, stream, toxicity, attributes }: Toxic, withDefaults: (fault: string, params: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>): Rule | undefined {
  const made = TOXIC_TYPES.get(type)?.rule(attributes)
  if (!made) return undefined
  return {
    id: ruleId(proxy, name), fault: made.fault, params: withDefaults(made.fault, made.params), on: proxy,
    direction: directionOf(stream) ?? 'to-client', chance: ratio(toxicity), scope: 'connection', standing: true,
  }
}
