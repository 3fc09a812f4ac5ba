/** What could be done about what was measured: each piece with what was seen, what to do, and what that would bring at most. */

import type { Seen } from './seen.ts'

/** What was seen, where and how often: figures in a sentence, and statements, plan lines or the like under it. */
export interface Evidence { readonly text: string; readonly lines?: readonly string[] }

/** One thing to do; `code` is what to run or to set, as it is. */
export interface Action { readonly text: string; readonly code?: string }

export interface Gain {
  /** Of the time of the target, or of what the text says, 0 to 1, at most; absent where it is no share. Advice is in this order. */
  readonly share?: number
  readonly text: string
  /** How that was estimated; absent where it was not. */
  readonly how?: string
}

/** high: what was seen leaves hardly another explanation. medium: it has others, and they are less likely. low: worth a look. */
export type Confidence = 'high' | 'medium' | 'low'

export interface Advice {
  /** Of its rule: `postgres.index_missing`. */
  readonly id: string
  readonly target?: string
  readonly title: string
  readonly evidence: readonly Evidence[]
  readonly actions: readonly Action[]
  readonly gain: Gain
  readonly confidence: Confidence
  /** What it does not know. */
  readonly limits: readonly string[]
}

/** One rule, one file. Pure; none without evidence in the record. */
export type AdviceRule = (seen: Seen) => readonly Advice[]
