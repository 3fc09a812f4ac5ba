/** What is watched for in the live figures of a target. */

import type { Ms, Ratio } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'

type Numbers = { [K in keyof Tick]: Tick[K] extends number | null ? K : never }[keyof Tick]

/** Metrics by the names that signals have, and where a tick has them. Latencies in ms, rates a second, shares from 0 to 1. */
export const METRICS = {
  rate: { of: 'rate', bad: 'low', unit: 'rate' },
  errors: { of: 'errors', bad: 'high', unit: 'rate' },
  success: { of: 'success', bad: 'low', unit: 'share' },
  p50: { of: 'p50', bad: 'high', unit: 'time' },
  p95: { of: 'p95', bad: 'high', unit: 'time' },
  p99: { of: 'p99', bad: 'high', unit: 'time' },
  connections: { of: 'connections', bad: 'high', unit: 'number' },
  in_flight: { of: 'inFlight', bad: 'high', unit: 'number' },
  hit_ratio: { of: 'hitRatio', bad: 'low', unit: 'share' },
  resets: { of: 'resets', bad: 'high', unit: 'number' },
  failed_dials: { of: 'failedDials', bad: 'high', unit: 'number' },
  setup_p95: { of: 'setupP95', bad: 'high', unit: 'time' },
  messages: { of: 'messages', bad: 'low', unit: 'rate' },
} as const satisfies Readonly<Record<string, { readonly of: Numbers; readonly bad: 'low' | 'high'; readonly unit: 'time' | 'rate' | 'share' | 'number' }>>
export type Metric = keyof typeof METRICS
export const isMetric = (word: string): word is Metric => Object.hasOwn(METRICS, word)

export interface TickSignal { readonly target: string; readonly metric: Metric }

/** One alert. Each is raised and resolved by the figures of one target. */
export type Pattern =
  /** The comparison has held for that long; resolved once it has not for as long. */
  | { readonly kind: 'threshold'; readonly signal: TickSignal; readonly comparison: 'above' | 'below'; readonly limit: number; readonly for: Ms }
  /** Errors use up their budget (1 - objective) so many times as fast as it lasts, over both windows: the long one says that it matters, the short one that it goes on. */
  | { readonly kind: 'burn'; readonly target: string; readonly objective: Ratio; readonly times: number; readonly long: Ms; readonly short: Ms }
  /** Within the window the signal has changed for good, by that share of what it was. */
  | { readonly kind: 'change'; readonly signal: TickSignal; readonly by: number; readonly window: Ms }
  /** So long after the last fault on the target was cleared, the signal is not as it was before the first. */
  | { readonly kind: 'overdue'; readonly signal: TickSignal; readonly within: Ms }
export interface AlertSpec { readonly name: string; readonly pattern: Pattern; /** As the file has it. */ readonly text: string }

export type AlertState = 'firing' | 'resolved' | 'recovered'
/** `recovered`: it is back in time, and no alert was ever raised. `at` in ms since 1970. */
export interface AlertChange { readonly alert: string; readonly state: AlertState; readonly at: number; /** What was seen, in a sentence. */ readonly text: string }

/** What a watcher says after a tick: whether it is so now, and what it saw; undefined where nothing can be said. */
export interface Seen { readonly raised: boolean; readonly text: string }

export const seenIn = (tick: Tick, metric: Metric): number | null => tick[METRICS[metric].of]
