/** An experiment after its three passes (parse, read, link): everything resolved, in base units, nothing left to doubt. */

import type { AlertSpec } from '../alerts/alert.ts'
import type { Place } from '../core/errors.ts'
import type { Ms } from '../core/units.ts'
import type { LoadSpec } from '../load/spec.ts'
import type { ProbeSpec } from '../probes/spec.ts'
import type { TargetSpec } from '../proxy/plane.ts'
import type { Rule } from '../rule.ts'
import type { ViaRoute } from '../via/route.ts'
import type { Problem } from './problem.ts'
import type { ProfileSpec } from './profile-spec.ts'
import type { DemoKind } from './upstream.ts'

export interface Windows { readonly warmup: Ms; readonly baseline: Ms; readonly recovery: Ms; readonly bucket: Ms; readonly hold: Ms; readonly minSamples: number }

/** `checkout.p95`: the source's name and the metric. `where` narrows a target to the operations that bear these names. */
export interface Signal { readonly name: string; readonly metric: string; readonly where?: Readonly<Record<string, string>> | undefined }
/** In base units (ms, ratio, /s, bytes, bytes/s or a bare number); `x` is a multiple of the baseline's figure. */
export interface Limit { readonly value: number; readonly unit: 'ms' | 'ratio' | '/s' | 'bytes' | 'bytes/s' | 'number' | 'x'; readonly text: string }
export type Comparison = 'at_most' | 'at_least' | 'below' | 'above' | 'equals'

export interface SteadyState { readonly signal: Signal; readonly comparison: Comparison; readonly limit: Limit; readonly text: string; readonly place: Place }
export interface AbortCondition extends SteadyState { readonly for: Ms }

export const TIMING_FIGURES = ['recovery', 'outage', 'detect', 'degraded', 'refill', 'depth', 'lost', 'flaps', 'retries', 'storm'] as const
export type TimingFigure = (typeof TIMING_FIGURES)[number]
export type Expectation =
  | { readonly kind: 'signal'; readonly signal: Signal; readonly comparison: Comparison; readonly limit: Limit
      /** baseline, fault, recovery, all, or a step's name. */
      readonly during: string; readonly text: string; readonly place: Place }
  /** `recovery: checkout.p95, within: 5s` and its like. `of` is a signal, or a bare name for retries, storm, refill, detect. */
  | { readonly kind: 'timing'; readonly figure: TimingFigure; readonly of: { readonly name: string; readonly metric?: string | undefined; readonly where?: Signal['where'] }; readonly limit: Limit
      readonly step?: string | undefined; readonly text: string; readonly place: Place }

/** When a step begins: `at` after the method's start, or after the step `after` has cleared. `every` repeats it until `until`. */
export interface Start { readonly at: Ms; readonly after?: string | undefined; readonly every?: Ms | undefined; readonly until?: Ms | undefined }
export type Step = { readonly step: string; readonly start: Start; readonly place: Place } & (
  /** `rule.for` is always set: a step without one got the rest of the method, at most 60 s. Its id is the step's name. */
  | { readonly kind: 'fault'; readonly rule: Rule }
  /** A real action. `undo` always runs. */
  | { readonly kind: 'action'; readonly run: readonly string[]; readonly undo?: readonly string[] | undefined; readonly timeout: Ms; readonly for: Ms }
  | { readonly kind: 'pause'; readonly text: string }
)

export interface AppSpec {
  /** Empty for the single `app:`. */
  readonly name: string
  readonly command: readonly string[]
  /** Before the listeners are open, `${targets.NAME.url}` and its like still stand in the values. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly ready?: { readonly http?: string | undefined; readonly tcp?: string | undefined; readonly within: Ms } | undefined
}

export interface PlannedTarget {
  readonly spec: TargetSpec
  /** As written, with its secrets: only for the application's environment, never for eyes. */
  readonly url: URL
  /** The upstream stands for a server that is started for the run; address and url are placeholders until then. */
  readonly demo?: DemoKind | undefined
  /** The upstream is that application of the run, the single one where empty; its port is a placeholder until it has one. */
  readonly app?: string | undefined
  /** Its faults are injected by a Toxiproxy there. */
  readonly via?: ViaRoute | undefined
  /** The server itself is not asked how it is. */
  readonly unobserved?: true | undefined
}

export interface Plan {
  readonly name: string
  readonly question: string
  readonly file: string
  readonly hash: string
  readonly tags: readonly string[]
  readonly seed: number
  readonly corruption: boolean
  readonly targets: readonly PlannedTarget[]
  readonly apps: readonly AppSpec[]
  readonly loads: readonly LoadSpec[]
  readonly probes: readonly ProbeSpec[]
  readonly windows: Windows
  readonly steadyState: readonly SteadyState[]
  readonly abort: readonly AbortCondition[]
  readonly alerts: readonly AlertSpec[]
  readonly method: readonly Step[]
  readonly expect: readonly Expectation[]
  readonly repeat: number
  /** The application whose processor time is looked at; absent: none. */
  readonly profile?: ProfileSpec | undefined
  /** Nothing but its load: the baseline is all that is measured, and no baseline to anything. */
  readonly only?: 'load' | undefined
  /** Values that must never reach journal, report, log or error text. */
  readonly secrets: readonly string[]
  readonly warnings: readonly Problem[]
}
