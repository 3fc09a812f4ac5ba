/** A signal over time, cut into tumbling buckets of one width: what the analysis works on. */

import type { Ms } from '../core/units.ts'

export interface BucketCounts { readonly offered: number; readonly ok: number; readonly error: number; readonly timeout: number; readonly indeterminate: number; readonly dropped: number }

export interface Series {
  /** Width W of a bucket. */
  readonly width: Ms
  /** When bucket 0 begins, on the monotonic clock; bucket i covers [start + i W, start + (i + 1) W). */
  readonly start: Ms
  /** One a bucket; a bucket in which nothing happened has zeros. */
  readonly counts: readonly BucketCounts[]
  /** The quantile q (0..1) of latency in ms over buckets [from, to), merged, never averaged: ok operations, and timeouts at the timeout's value. Undefined when there were none. */
  latency(q: number, from: number, to: number): Ms | undefined
}
