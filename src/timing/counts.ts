/** What the counts of a bucket amount to. */

import type { BucketCounts } from './series.ts'

export const NO_COUNTS: BucketCounts = { offered: 0, ok: 0, error: 0, timeout: 0, indeterminate: 0, dropped: 0 }

/** Operations whose outcome is known, good or not. */
export const completed = ({ ok, error, timeout, indeterminate, dropped }: BucketCounts): number => ok + error + timeout + indeterminate + dropped
/** Everything that is known not to have been served: for a caller a dropped operation is no better than a failed one. */
export const failed = (counts: BucketCounts): number => completed(counts) - counts.ok
/** Operations in the latency histogram. */
export const timed = ({ ok, timeout }: BucketCounts): number => ok + timeout

export const add = (a: BucketCounts, b: BucketCounts): BucketCounts => ({
  offered: a.offered + b.offered, ok: a.ok + b.ok, error: a.error + b.error, timeout: a.timeout + b.timeout,
  indeterminate: a.indeterminate + b.indeterminate, dropped: a.dropped + b.dropped,
})
