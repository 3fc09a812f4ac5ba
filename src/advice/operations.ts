/** What passed through a target over a stretch of a run, as the rules add it up. */

import type { Ms } from '../core/units.ts'
import type { FiguresRecord, Labels, PartRecord } from '../record/figures.ts'
import { mergeLatencies, readCells, type Latencies } from '../record/latencies.ts'
import { bucketsBetween } from '../report/figures.ts'
import type { RunRecord } from '../report/fold.ts'
import { errorsOf } from '../report/parts.ts'
import { countWords } from '../report/words.ts'

/** From, included, to, excluded. */
export interface Between { readonly from: Ms; readonly to: Ms }

export const targetsOf = ({ started }: RunRecord, ...protocols: readonly string[]): readonly string[] =>
  (started?.targets ?? []).flatMap(({ name, protocol }) => (protocols.includes(protocol) ? [name] : []))

/** The buckets of a target whose middle lies in the stretch. */
export const bucketsOf = ({ figures }: RunRecord, target: string, { from, to }: Between): readonly FiguresRecord[] =>
  bucketsBetween(figures, from, to).filter((one) => one.target === target)

export interface Sum {
  readonly offered: number
  readonly ok: number
  readonly failed: number
  /** Of HTTP, with an Idempotency-Key. */
  readonly keyed: number
  readonly hits: number
  readonly misses: number
  /** As clients saw it, and without what rules held back. */
  readonly seen: Latencies
  readonly server: Latencies
  readonly bytesToClient: number
}

export function sumOf(buckets: readonly FiguresRecord[], meant: (of: Labels) => boolean = () => true): Sum {
  const parts = buckets.flatMap((one) => one.parts.filter(({ of }) => meant(of)))
  const total = (figure: (part: PartRecord) => number | undefined): number => parts.reduce((sum, part) => sum + (figure(part) ?? 0), 0)
  return {
    offered: total(({ offered }) => offered), ok: total(({ ok }) => ok), failed: total(errorsOf), keyed: total(({ keyed }) => keyed), hits: total(({ hits }) => hits), misses: total(({ misses }) => misses),
    seen: mergeLatencies(parts.map(({ latency }) => readCells(latency ?? []))), server: mergeLatencies(parts.map(({ server, latency }) => readCells(server ?? latency ?? []))),
    bytesToClient: total((part) => part.bytesToClient),
  }
}

/** Every name in the buckets, once. */
export const namesIn = (buckets: readonly FiguresRecord[]): readonly Labels[] =>
  [...new Map(buckets.flatMap(({ parts }) => parts.map(({ of }) => [JSON.stringify(of), of] as const))).values()]

export const isSame = (a: Labels) => (b: Labels): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The patterns of keys that a cache was read by. */
export const patternsIn = (buckets: readonly FiguresRecord[]): readonly string[] =>
  [...new Set(buckets.flatMap(({ parts }) => parts.flatMap(({ of, hits = 0, misses = 0 }) => (hits + misses > 0 ? of['key'] ?? [] : []))))]

/** `once`, `3.4 times`. */
export const timesWords = (times: number): string => (Math.abs(times - 1) < 0.05 ? 'once' : `${countWords(times)} times`)

/** Only asks: a SELECT, a GET. */
export const isRead = ({ tag, method }: Labels): boolean => tag === 'SELECT' || method === 'GET'
/** How people know it. */
export const nameOf = ({ statement, method, route, command, key }: Labels): string => statement ?? [method ?? command, route ?? key].filter((word) => word !== undefined).join(' ')
