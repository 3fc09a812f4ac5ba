/** What the parent and the generator's process say to each other. Plain JSON. */

import type { Ms } from '../core/units.ts'
import type { Part, PartFigures } from './merge.ts'
import type { LoadSpec } from './spec.ts'

/** Holds secrets (in the URLs of `specs`): goes over the pipe and nowhere else. */
export interface Orders {
  readonly specs: readonly LoadSpec[]
  readonly origin: Ms
  readonly width: Ms
  /** Rates begin to change so long after the load begins. */
  readonly warmup: Ms
  readonly seed: number
  /** The number of this process among those of the run. */
  readonly process: number
}

export type ToGenerator = { readonly kind: 'open'; readonly orders: Orders } | { readonly kind: 'begin'; readonly at: Ms } | { readonly kind: 'stop' }
export type FromGenerator =
  | { readonly kind: 'ready' }
  | { readonly kind: 'begun' }
  | ({ readonly kind: 'bucket' } & Part)
  | { readonly kind: 'stopped'; readonly parts: readonly PartFigures[] }
  | { readonly kind: 'crashed'; readonly text: string }
