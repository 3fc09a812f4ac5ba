/** What the parent and the generator's process say to each other. Plain JSON. */

import type { Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { LoadSpec } from './spec.ts'
import type { LoadVerdict } from './verdict.ts'

/** Holds secrets (in the URLs of `specs`): goes over the pipe and nowhere else. */
export interface Orders { readonly specs: readonly LoadSpec[]; readonly origin: Ms; readonly width: Ms; readonly seed: number }

export type ToGenerator = { readonly kind: 'open'; readonly orders: Orders } | { readonly kind: 'begin' } | { readonly kind: 'stop' }
export type FromGenerator =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun'; readonly at: Ms }
  | { readonly kind: 'bucket'; readonly bucket: BucketRecord }
  | { readonly kind: 'stopped'; readonly verdicts: readonly LoadVerdict[] }
  | { readonly kind: 'crashed'; readonly text: string }
