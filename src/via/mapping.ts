/** Which rules a Toxiproxy can carry out, and by which toxics. Pure; what it cannot do is said with the reason, never done by halves. */

import { isRamp } from '../core/params.ts'
import { formatDuration, ms } from '../core/units.ts'
import type { AnyFault, UnitKind } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import type { Rule } from '../rule.ts'

export type ToxicType = 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data'
export type Stream = 'upstream' | 'downstream'
export interface ToxicPlan { readonly type: ToxicType; readonly stream: Stream; readonly toxicity: number; readonly attributes: Readonly<Record<string, number>> }

export interface Mapping {
  readonly toxics: readonly ToxicPlan[]
  /** The whole proxy is switched off. */
  readonly disabled: boolean
  /** What a connection must show, once the rule holds, to count as affected. */
  readonly evidence: readonly UnitKind[]
}
/** Why not: the key of the step that is at fault, the reason, what to do. */
export interface Refusal { readonly key: readonly string[]; readonly reason: string; readonly hint: string | undefined }

type Params = Readonly<Record<string, unknown>>
interface Made { readonly type: ToxicType; readonly attributes: Readonly<Record<string, number>>; readonly evidence: readonly UnitKind[] }
type Translated = Made | { readonly disabled: true } | Refusal

const STREAMS = { 'to-server': ['upstream'], 'to-client': ['downstream'], both: ['upstream', 'downstream'] } as const satisfies Readonly<Record<Direction | 'both', readonly Stream[]>>
/** A Toxiproxy does not answer while a `reset_peer` waits: to take it off may take as long. */
const RESET_WAIT_MAX = ms(5000)
const LOCALLY = 'leave out `via` on that target: brownout\'s own proxy can'

const FAULTS: Readonly<Record<string, (params: Params) => Translated>> = {
  latency: ({ delay, jitter, distribution, correlation, shape }) =>
    only('distribution', distribution, 'uniform') ?? only('correlation', correlation, 0) ?? only('shape', shape, 'constant')
    ?? integers([['delay', delay], ['jitter', jitter]], 1) ?? toxic('latency', { latency: delay, jitter }),
  bandwidth: ({ rate, per, burst }) =>
    only('per', per, 'connection') ?? only('burst', burst, 0)
    ?? (Number(rate) % 1000 === 0 ? toxic('bandwidth', { rate: Number(rate) / 1000 }) : refuse(['params', 'rate'], 'Toxiproxy counts bandwidth in whole KB/s of 1000 bytes', `write ${Math.max(1, Math.round(Number(rate) / 1000))}KB/s`)),
  slow_close: ({ delay }) => integers([['delay', delay]], 1) ?? toxic('slow_close', { delay }, ['end']),
  timeout: ({ timeout }) => integers([['timeout', timeout]], 1) ?? toxic('timeout', { timeout }),
  reset_peer: ({ timeout }) => 
    integers([['timeout', timeout]], 1)
    ?? (Number(timeout) <= RESET_WAIT_MAX ? toxic('reset_peer', { timeout }, ['bytes', 'end']) : refuse(['params', 'timeout'], 'a Toxiproxy cannot be healed while that toxic waits', `at most ${formatDuration(RESET_WAIT_MAX)}`)),
  slicer: ({ average_size, size_variation, delay }) =>
    integers([['delay', delay]], 0.001)
    ?? (Number(size_variation) <= Number(average_size) ? toxic('slicer', { average_size, size_variation, delay: Math.round(Number(delay) * 1000) }) : refuse(['params', 'size_variation'], 'a variation above the average ends a Toxiproxy\'s process', 'at most `average_size`')),
  limit_data: ({ bytes }) => toxic('limit_data', { bytes }),
  stall: () => toxic('bandwidth', { rate: 0 }),
  partition: ({ how }) => {
    if (how === 'stall') return toxic('bandwidth', { rate: 0 })
    return how === 'reject' ? { disabled: true } : refuse(['params', 'how'], 'Toxiproxy cannot throw bytes away and break those connections at heal', 'use `how: stall` or `how: reject`')
  },
  refuse: () => refuse(['fault'], 'Toxiproxy closes the live connections too when it stops listening', 'use partition with `how: reject`, which is what it can do'),
  packet_loss: () => refuse(['fault'], 'no released Toxiproxy has that toxic', LOCALLY),
}

/** The toxics of a rule that is itself valid (parameters complete, in base units), or why there are none. */
export function mapRule(rule: Rule, { direction: usual }: Pick<AnyFault, 'direction'>): Mapping | Refusal {
  const refusal = refusedFeature(rule)
  if (refusal) return refusal
  const translated = FAULTS[rule.fault]?.(rule.params) ?? refuse(['fault'], `Toxiproxy has nothing like ${rule.fault}`, LOCALLY)
  if ('reason' in translated) return translated
  const direction = rule.direction ?? usual
  const toxicity = typeof rule.chance === 'number' ? rule.chance : 1
  if ('disabled' in translated) {
    if (direction !== 'both') return refuse(['direction'], 'Toxiproxy can only switch off a proxy as a whole', 'leave `direction` out')
    return toxicity === 1 ? { toxics: [], disabled: true, evidence: ['connect', 'bytes', 'end'] } : refuse(['chance'], 'Toxiproxy can only switch off a proxy for everybody', 'leave `chance` out')
  }
  if (direction === 'both' && toxicity < 1) return refuse(['chance'], 'Toxiproxy draws for each direction apart, so more connections would be hit than asked for, and some by half', 'name one `direction`')
  const { type, attributes, evidence } = translated
  return { toxics: STREAMS[direction].map((stream) => ({ type, stream, toxicity, attributes })), disabled: false, evidence }
}

function refusedFeature({ params, where, chance, scope, skip, times, sequence }: Rule): Refusal | undefined {
  const ramp = Object.entries(params).find(([, value]) => isRamp(value))
  if (ramp) return refuse(['params', ramp[0]], 'a toxic keeps its values: Toxiproxy has no ramps', 'write steps one after another')
  if (isRamp(chance)) return refuse(['chance'], 'a toxic keeps its toxicity: Toxiproxy has no ramps', 'write steps one after another')
  if (where?.client !== undefined || where?.from !== undefined) return refuse(['where'], 'Toxiproxy cannot tell one client from another', LOCALLY)
  if (scope === 'message') return refuse(['scope'], 'Toxiproxy draws once a connection and knows no messages', LOCALLY)
  const counted = Object.entries({ skip, times, sequence }).find(([, value]) => value !== undefined)
  return counted ? refuse([counted[0]], 'Toxiproxy does not count', LOCALLY) : undefined
}

const refuse = (key: readonly string[], reason: string, hint?: string): Refusal => ({ key, reason, hint })

const toxic = (type: ToxicType, attributes: Params, evidence: readonly UnitKind[] = ['bytes']): Made =>
  ({ type, evidence, attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, Number(value)])) })

const only = (name: string, value: unknown, able: unknown): Refusal | undefined =>
  value === able ? undefined : refuse(['params', name], `Toxiproxy knows no ${name} but ${String(able)}`, LOCALLY)

/** Attributes are whole numbers of `unit` ms. */
function integers(values: readonly (readonly [string, unknown])[], unit: number): Refusal | undefined {
  const odd = values.find(([, value]) => Math.abs(Number(value) / unit - Math.round(Number(value) / unit)) > 1e-6)
  return odd && refuse(['params', odd[0]], `Toxiproxy takes whole multiples of ${formatDuration(ms(unit))}`, undefined)
}
