/** What the analysis is told and what it answers. docs/timing.md has the definitions; every figure here is one of them. */

import type { Ms } from '../core/units.ts'

/** What of a signal is judged. A bucket that is bad on success is bad on latency too. */
export type Measure =
  | { readonly kind: 'latency'; readonly q: number }
  | { readonly kind: 'success' }
  | { readonly kind: 'rate' }

export interface Tolerance { readonly abs: Ms; readonly rel: number }

/** Event times on the monotonic clock. */
export interface Times {
  readonly baselineFrom: Ms
  readonly baselineTo: Ms
  /** Undefined: nothing was armed. */
  readonly armed?: Ms | undefined
  /** The first operation really altered; undefined: not_exercised. */
  readonly effect?: Ms | undefined
  /** Undefined: still armed at the end of the observation. */
  readonly clear?: Ms | undefined
  /** End of the observation. */
  readonly end: Ms
}

export interface Options {
  readonly measure: Measure
  readonly times: Times
  /** Known buckets without two consecutive bad ones that end an episode. */
  readonly hold: Ms
  readonly minSamples: number
  /** Defaults: 5 ms and 20 %. */
  readonly tolerance?: Tolerance | undefined
  /** An absolute objective of the experiment: success below it is bad whatever the baseline was. */
  readonly successAtLeast?: number | undefined
}

export type TimingStatus = 'not_degraded' | 'recovered_during_fault' | 'recovered' | 'not_recovered' | 'metastable' | 'insufficient_data' | 'not_exercised'
/** What a bucket is found to be. Unknown: too little completed in it to say. */
export type Label = 'good' | 'bad' | 'unknown'
/** A stretch of bad buckets: `to` is where the hold began that ended it, or the end of the observation. */
export interface Episode { readonly from: Ms; readonly to: Ms }

export interface Timing {
  readonly status: TimingStatus
  /** W as it was judged: widened (doubled) where the rate was too low for the quantile. Every time is +/- this. */
  readonly width: Ms
  readonly widened: boolean
  readonly baseline: { readonly centre: number; readonly spread: number; readonly buckets: number; readonly samples: number; readonly badAbove?: number | undefined; readonly badBelow?: number | undefined } | undefined
  readonly onset?: Ms | undefined
  readonly lateOnset: boolean
  readonly recovered?: Ms | undefined
  /** Since t_clear; undefined when it did not recover (censored at `observed`) or there was nothing to recover from. */
  readonly recovery?: Ms | undefined
  /** How long was watched after t_clear: `not recovered (> observed)`. */
  readonly observed?: Ms | undefined
  readonly sinceFault?: Ms | undefined
  readonly degraded: Ms
  readonly depth: number
  /** Equivalent full-outage time. */
  readonly area: Ms
  readonly lost: number
  readonly flaps: number
  readonly blips: number
  readonly episodes: readonly Episode[]
  /** When judged bucket 0 begins: at the first whole bucket of the baseline. */
  readonly start: Ms
  /** One a judged bucket, for the chart; empty where there was too little to judge by. */
  readonly buckets: readonly Label[]
}
