/** What happened, as data: every line of a journal is one of these. Report, live view and exit code are folds over them. */

import type { Ms } from '../core/units.ts'
import type { Direction, Protocol } from '../protocols/codec.ts'
import type { Point, SweepResult } from '../sweep/result.ts'
import type { BucketRecord } from './buckets.ts'
import type { ProfileRecord } from './profiles.ts'
import type { FiguresRecord, ReactionRecord, ReactionTotals } from './figures.ts'
import type { SurveyRecord } from './surveys.ts'

/** Why a rule is no longer armed. */
export type ClearReason = 'deadline' | 'method-end' | 'abort' | 'signal' | 'error' | 'request' | 'lease' | 'journal'
export type Outcome = 'PASS' | 'FAIL' | 'INCONCLUSIVE' | 'ERROR' | 'ABORTED'
export type Phase = 'start' | 'warmup' | 'baseline' | 'method' | 'recovery' | 'end'

export interface TargetRecord { readonly name: string; readonly protocol: Protocol; readonly upstream: string; readonly listen: readonly { readonly from?: string | undefined; readonly address: string }[] }

/** Bodies of events by kind. Times named `…At` and `at` are on the machine's monotonic clock, in ms. */
export interface EventBodies {
  /** `plan` is the linked experiment as JSON and `source` its file's text, secrets hidden in both. */
  'run.started': { readonly run: string; readonly name: string; readonly question: string; readonly file: string; readonly hash: string; readonly seed: number
    readonly versions: Readonly<Record<string, string>>; readonly targets: readonly TargetRecord[]; readonly plan: unknown; readonly source?: string | undefined
    /** The OpenTelemetry trace that it is told as, and the span that it was started by. */
    readonly trace?: { readonly id: string; readonly parent?: string | undefined } | undefined }
  phase: { readonly phase: Phase }
  /** Written before the rule is applied. */
  'rule.arming': { readonly rule: string; readonly step: string; readonly fault: string; readonly target: string; readonly params: Readonly<Record<string, unknown>>; readonly detail: unknown }
  /** The data plane has acknowledged. `effectiveAt` is its own time. */
  'rule.armed': { readonly rule: string; readonly step: string; readonly effectiveAt: Ms }
  'rule.cleared': { readonly rule: string; readonly step: string; readonly reason: ClearReason; readonly effectiveAt: Ms; readonly matched: number; readonly altered: number }
  /** The first operations that a rule altered; the rest is counted by rule.cleared. */
  altered: { readonly rule: string; readonly session: number; readonly direction: Direction; readonly did: string; readonly note?: string | undefined; readonly effectiveAt: Ms }
  /** The last held byte of a rule's has gone, or its connection has closed. */
  drained: { readonly rule: string; readonly effectiveAt: Ms }
  bucket: { readonly bucket: BucketRecord }
  /** What passed through a target by name; a bucket in which nothing did has none. */
  figures: { readonly figures: FiguresRecord }
  /** The first reactions to a rule; all of them are counted by `reactions`. */
  reaction: ReactionRecord
  reactions: ReactionTotals
  probe: { readonly name: string; readonly ok: boolean; readonly tookMs: number; readonly value?: number | undefined; readonly problem?: string | undefined }
  action: { readonly step: string; readonly event: 'run' | 'undo'; readonly argv: readonly string[]; readonly exit: number | null; readonly tookMs: number }
  app: { readonly app: string; readonly event: 'starting' | 'ready' | 'exited' | 'stopped'; readonly detail?: string | undefined }
  /** The load generator could not keep to its plan: figures are not to be trusted. */
  load: {
    readonly name: string; readonly valid: boolean; readonly why?: string | undefined; readonly latenessP99Ms: number; readonly cpu: number; readonly droppedShare: number
    /** How often operations failed, by reason, and how often connections were closed, by code. */
    readonly errors?: Readonly<Record<string, number>> | undefined; readonly closes?: Readonly<Record<string, number>> | undefined
  }
  /** After healing: does a fresh connection answer as before? */
  heal: { readonly target: string; readonly ok: boolean; readonly before: string; readonly after: string }
  /** A session of that target whose messages are not read (any more): faults and figures by message do not reach it. The first for each reason. */
  opaque: { readonly target: string; readonly session: number; readonly why: string }
  /** The process did not run for that long: what was measured then is not to be trusted. */
  suspect: { readonly stallMs: number }
  /** One point of a sweep, and in the end what it came to. */
  point: { readonly point: Point }
  sweep: { readonly result: SweepResult }
  /** What an application's processor time went to, before and under the fault. */
  profile: { readonly profile: ProfileRecord }
  /** What the server behind a target said of itself when everything had been measured. */
  survey: { readonly target: string; readonly survey: SurveyRecord }
  note: { readonly text: string }
  /** What a person (or a program for one) did by hand, before it is done. `rule` where it concerns one. */
  operator: { readonly who: string; readonly did: 'inject' | 'change' | 'clear' | 'halt' | 'resume' | 'pause' | 'note' | 'detected' | 'mitigated' | 'lost'; readonly text: string; readonly rule?: string | undefined }
  /** A pattern in the live figures. `recovered`: what it waited for came in time, and it was never raised. */
  alert: { readonly alert: string; readonly state: 'firing' | 'resolved' | 'recovered'; readonly text: string }
  problem: { readonly code: string; readonly text: string }
  verdict: { readonly outcome: Outcome; readonly why: string; readonly expectations: readonly ExpectationRecord[] }
  'run.ended': { readonly exit: number; readonly outcome: Outcome }
}
export interface ExpectationRecord {
  /** As the file has it. */
  readonly text: string
  readonly outcome: Outcome
  /** What was measured, as people read it; `not recovered (> 30s)` where there is no number. */
  readonly measured: string
  readonly limit: string
  /** How far inside (positive) or outside the limit, as people read it; absent where there is no number. */
  readonly margin?: string | undefined
  /** Where the file has it, from 1. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly hint?: string | undefined
}

export type EventKind = keyof EventBodies
export type EventBody = { [K in EventKind]: { readonly kind: K } & EventBodies[K] }[EventKind]
/** `seq` counts from 0 without gaps, `at` is monotonic, `wall` is for people. */
export type JournalEvent = { readonly seq: number; readonly at: Ms; readonly wall: string } & EventBody
export type EventOf<K extends EventKind> = Extract<JournalEvent, { kind: K }>
