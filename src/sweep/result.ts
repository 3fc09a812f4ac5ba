/** What a sweep came to, as data: reports and journal are made of it. */

import type { Exit } from '../core/exit.ts'
import type { Demand } from './demand.ts'
import type { Edge } from './edge.ts'
import type { Capacity } from './usl.ts'

/** By which kind of figure a steady state broke. */
export type Break = 'latency' | 'errors' | 'throughput' | 'other'

export interface Broken { readonly kind: Break; /** `checkout.p95`. */ readonly signal: string; /** The condition as the file has it. */ readonly text: string; readonly measured: string }

/** Of the load that is watched, over the window of a point. Latencies in ms, rates a second, success from 0 to 1. */
export interface PointFigures {
  readonly p50?: number | undefined
  readonly p95?: number | undefined
  readonly p99?: number | undefined
  readonly mean?: number | undefined
  readonly success?: number | undefined
  /** Operations that ended well. */
  readonly goodput?: number | undefined
  readonly offered?: number | undefined
  /** How many operations found the limit of those under way reached. */
  readonly dropped?: number | undefined
}

export interface Point {
  readonly knob: string
  /** Counted from 1 in each knob. */
  readonly number: number
  readonly value: number
  /** The value as people write it. */
  readonly shown: string
  readonly why: 'step' | 'halve' | 'repeat'
  readonly held: boolean
  readonly broken: readonly Broken[]
  readonly figures: PointFigures
  /** Shares of resources, by signal: `shop.cpu`. */
  readonly used: Readonly<Record<string, number>>
  /** How long after the point steady state was back; null: not within the time that the experiment allows for recovery. */
  readonly backAfterMs: number | null
  /** Operations that the fault altered; absent where the knob is of a load. */
  readonly altered?: number | undefined
  /** Why its figures are not to be trusted: it counts for nothing. */
  readonly invalid?: string | undefined
}

export interface Swept {
  readonly knob: string
  /** How its values are written. */
  readonly unit: string
  readonly range: readonly [string, string]
  /** The load whose figures the points have. */
  readonly load: string
  readonly edge: Edge | undefined
  /** `holds`, `breaks` and the interval's ends as people write them. */
  readonly words: Readonly<Record<'holds' | 'breaks' | 'low' | 'high', string>> | undefined
  /** What broke first at the edge; absent where nothing did. */
  readonly how?: Broken | undefined
  /** The search came to no end, and why, in a sentence. */
  readonly unfinished?: string | undefined
  readonly points: readonly Point[]
  readonly capacity?: Capacity | undefined
  readonly demands?: readonly Demand[] | undefined
}

/** One row of what a system bears of each of its dependencies. */
export interface Tolerance { readonly target: string; /** The largest delay of its answers that holds. */ readonly latency: string; /** Whether steady state holds without it. */ readonly gone: string }

export interface SweepResult {
  readonly name: string
  readonly file: string
  readonly seed: number
  readonly outcome: 'PASS' | 'INCONCLUSIVE' | 'ERROR' | 'ABORTED'
  readonly exit: Exit
  readonly why: string
  readonly steadyState: readonly string[]
  readonly windowMs: number
  readonly tookMs: number
  readonly swept: readonly Swept[]
  readonly tolerance?: readonly Tolerance[] | undefined
}
