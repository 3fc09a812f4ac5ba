/** Counters and a histogram for a stretch of time: what a signal is measured in. Buckets of one signal merge by addition. */

import { createRequire } from 'node:module'
import type { Histogram, JsHistogram } from 'hdr-histogram-js'
import { ms, type Ms } from '../core/units.ts'
import type { CellCounts } from './cells.ts'

/** What became of operations. `offered` counts at the intended send (load) or at the first byte (passive), the rest when it is known. */
export interface Counts { offered: number; ok: number; error: number; timeout: number; indeterminate: number; dropped: number }
export const COUNTS = ['offered', 'ok', 'error', 'timeout', 'indeterminate', 'dropped'] as const satisfies readonly (keyof Counts)[]
export const noCounts = (): Counts => ({ offered: 0, ok: 0, error: 0, timeout: 0, indeterminate: 0, dropped: 0 })

export type Source = 'load' | 'target' | 'app' | 'probe'

/** A bucket as it is journalled and as processes send it to one another. `start` is on the machine's monotonic clock. */
export interface BucketRecord {
  readonly source: Source
  readonly name: string
  readonly start: Ms
  readonly width: Ms
  readonly counts: Counts
  /** Latency in microseconds, base64 of HDR V2 compressed; absent when nothing completed. */
  readonly latency?: string
  /** The same of how long connections took to be set up. */
  readonly setup?: string
  /** Latency in cells, of a bucket that was made from figures by name; and other times that are known of it, by what they are of: `first_byte`. */
  readonly cells?: CellCounts
  readonly beside?: Readonly<Record<string, CellCounts>>
  /** Gauges and extra counters by metric: connections, attempts, resets, bytes_to_server, cpu, memory, service_p99 … */
  readonly extra?: Readonly<Record<string, number>>
}

/** The library, at the first histogram: it is forty modules, and most commands that know of buckets make none. */
let library: typeof import('hdr-histogram-js') | undefined
const hdr = (): typeof import('hdr-histogram-js') => {
  library ??= createRequire(import.meta.url)('hdr-histogram-js') as typeof import('hdr-histogram-js')
  return library
}

/** 1 us to 10 minutes, 3 significant digits. */
const LATENCY_MAX_US = 600_000_000
export function newHistogram(): Histogram {
  const histogram = hdr().build({ lowestDiscernibleValue: 1, highestTrackableValue: LATENCY_MAX_US, numberOfSignificantValueDigits: 3, bitBucketSize: 32 })
  // The library's own takes a logarithm and two powers for each value.
  return Object.assign(histogram, { countsArrayIndex: cellOf })
}

/** Where HDR with three digits counts a whole number below 2^31: the first 2048 apart, then 1024 cells an octave. */
function cellOf(value: number): number {
  const octave = Math.max(0, 21 - Math.clz32(value))
  return (octave << 10) + (value >>> octave)
}

/** Records a latency; what is longer than ten minutes counts as ten, and never NaN (which the histogram takes silently). */
export function recordLatency(histogram: Histogram, latency: Ms): void {
  const us = Math.round(latency * 1000)
  if (us >= 0) histogram.recordValue(Math.min(us, LATENCY_MAX_US))
}

export const encodeHistogram = (histogram: Histogram): string => hdr().encodeIntoCompressedBase64(histogram)
/** Throws where it is none. */
export function decodeHistogram(text: string): JsHistogram {
  // 32-bit counts: the packed form takes 2 ms to decode and as long again for each quantile.
  const histogram = hdr().decodeFromCompressedBase64(text, 32, false)
  if (!(histogram instanceof hdr().JsHistogram)) throw new TypeError('a histogram of another kind')
  return histogram
}
/** The quantile `q` (0..1) in ms; undefined when the histogram is empty. */
export const quantile = (histogram: Histogram, q: number): Ms | undefined =>
  histogram.totalCount === 0 ? undefined : ms(histogram.getValueAtPercentile(q * 100) / 1000)
