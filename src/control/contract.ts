/** What a running brownout lets itself be asked and told, and what it tells: by people at a terminal, by the dashboard, by other programs. JSON over HTTP, docs/control.md. */

import type { ParamKind } from '../core/params.ts'
import type { Protocol } from '../protocols/codec.ts'
import type { JournalEvent } from '../record/events.ts'

export type Mode = 'serve' | 'wrap' | 'gameday' | 'run'

/** A fault, or a scenario in its place, as a step of an experiment has it: values as people write them, with units. */
export interface InjectRequest {
  readonly fault?: string | undefined
  readonly scenario?: string | undefined
  /** Several for a scenario. */
  readonly on: string | readonly string[]
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly where?: Readonly<Record<string, unknown>> | undefined
  readonly direction?: string | undefined
  readonly chance?: unknown
  readonly scope?: string | undefined
  readonly skip?: number | undefined
  readonly times?: number | undefined
  readonly sequence?: { readonly fail: number; readonly pass: number } | undefined
  /** How long it lasts, `30s`; or it stands until it is cleared. A scenario has its times in its parameters. */
  readonly for?: string | undefined
  readonly standing?: boolean | undefined
  /** Made unless given; unique among what is injected. */
  readonly id?: string | undefined
  /** A lease of who injects it: it is healed as soon as that is not renewed. */
  readonly lease?: string | undefined
  /** Faults that falsify data need it. */
  readonly corruption?: 'allow' | undefined
}
/** Parameters and chance that are given take the place of what was; `for` counts from now, `extend` from where it would have ended. */
export interface ChangeRequest {
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly chance?: unknown
  readonly for?: string | undefined
  readonly extend?: string | undefined
}

/** A fault that is armed, or part of a scenario that is under way. Times are of the wall clock, in ms since 1970. */
export interface Injection {
  readonly id: string
  readonly fault: string
  readonly scenario?: string | undefined
  readonly on: string
  /** Of each parameter, as people write it. */
  readonly params: Readonly<Record<string, string>>
  /** `where`, `chance`, `direction` and so on, as far as given, as people write them. */
  readonly detail: Readonly<Record<string, string>>
  /** All of it in a line, as `inject` takes it: `latency cache delay=300ms chance=20% for=30s`. */
  readonly text: string
  readonly by: string
  readonly since: number
  /** Null: until it is cleared. */
  readonly until: number | null
  readonly lease?: string | undefined
  readonly matched: number
  readonly altered: number
}
/** Everything is healed, and nothing new is armed until somebody resumes. */
export interface Halt { readonly by: string; readonly at: number; readonly reason: string }
export interface PolicyInEffect { readonly file: string; readonly hash: string; /** A line a limit, as people read it. */ readonly limits: readonly string[] }

/** Of one target in one bucket; what is not known of it is null. Times in ms, `rate`, `errors` and bytes a second, shares from 0 to 1. */
export interface Tick {
  readonly target: string
  /** Where the bucket begins, in ms since 1970, and how long it is. */
  readonly at: number
  readonly width: number
  /** Operations that were answered well, a second. Of a target whose messages are not read: null. */
  readonly rate: number | null
  readonly errors: number | null
  readonly success: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly connections: number
  readonly accepted: number
  readonly inFlight: number | null
  readonly hitRatio: number | null
  /** What rules held back together, ms a second. */
  readonly held: number | null
  readonly bytesToServer: number
  readonly bytesToClient: number
  readonly resets: number
  readonly failedDials: number
  /** Of WebSockets. */
  readonly setupP95: number | null
  readonly messages: number | null
}
/** Of a wrapped process tree or a server in one bucket: `cpu` in cores, `memory` in bytes, and whatever else is known, by metric. */
export interface ResourceTick { readonly name: string; readonly at: number; readonly width: number; readonly values: Readonly<Record<string, number>> }

export interface TargetStatus { readonly name: string; readonly protocol: Protocol; readonly upstream: string; readonly listen: readonly string[]; readonly connections: number; readonly accepted: number; readonly failedDials: number; readonly resets: number; readonly last?: Tick | undefined }
/** An experiment under way. */
export interface RunStatus { readonly name: string; readonly question: string; readonly phase: string; readonly expectations: readonly { readonly text: string; readonly outcome?: string | undefined; readonly measured?: string | undefined }[] }
export interface Status {
  readonly version: string
  readonly pid: number
  readonly mode: Mode
  /** Where it was started, the program it wraps or the file it runs. */
  readonly cwd: string
  readonly about: string
  readonly since: number
  /** Of the admin API and of the dashboard, where there are such. */
  readonly url?: string | undefined
  readonly seed: number
  readonly halted: Halt | null
  readonly policy: PolicyInEffect | null
  readonly targets: readonly TargetStatus[]
  readonly injections: readonly Injection[]
  readonly run?: RunStatus | undefined
}

/** The catalogue, for forms and completion. */
export interface FaultEntry {
  readonly name: string
  readonly summary: string
  /** Empty: any. */
  readonly protocols: readonly Protocol[]
  readonly corruption: boolean
  readonly example: string
  readonly params: readonly ParamEntry[]
}
export interface ParamEntry {
  readonly name: string
  readonly kind: ParamKind
  readonly doc: string
  /** As people write it; absent: it must be given. */
  readonly initial?: string | undefined
  /** `a duration such as 250ms, 10s or 1m30s, from 0ms to 7d` */
  readonly accepts: string
  readonly choices: readonly string[]
}

export interface Lease { readonly lease: string; readonly who: string; /** ms; it ends so long after it was last renewed. */ readonly ttl: number }
export type Mark = 'detected' | 'mitigated'

/** What is told to those who listen, and over /api/v1/stream as server-sent events of these names. */
export type Told =
  | { readonly kind: 'ticks'; readonly ticks: readonly Tick[] }
  | { readonly kind: 'resources'; readonly resources: readonly ResourceTick[] }
  /** All of the journal but its buckets and figures. */
  | { readonly kind: 'event'; readonly event: JournalEvent }
  /** Anything of the status that is no figure has changed. */
  | { readonly kind: 'status'; readonly status: Status }

/** In the process that holds the proxies. Each of these throws BrownoutError for what cannot be done: the codes of the error table. `who` is written down. */
export interface Control {
  status(): Promise<Status>
  catalogue(): readonly FaultEntry[]
  /** FAULT_UNKNOWN, TARGET_UNKNOWN, PARAM_*, RULE_INVALID, HALTED, POLICY_DENIED, LEASE_LOST. A scenario is several; those that come later are not armed yet. */
  inject(request: InjectRequest, who: string): Promise<readonly Injection[]>
  change(id: string, request: ChangeRequest, who: string): Promise<Injection>
  /** One, those of a target, or all. Resolves with what was cleared. INJECTION_UNKNOWN where an id is none. */
  clear(which: { readonly id?: string | undefined; readonly on?: string | undefined }, who: string): Promise<readonly Injection[]>
  /** Heals everything, standing rules and toxics too, and refuses new ones until `resume`. */
  halt(who: string, reason: string): Promise<void>
  resume(who: string, reason: string): Promise<void>
  grant(who: string, ttl: number): Lease
  /** LEASE_LOST. */
  renew(lease: string): Lease
  /** Heals what it holds at once. */
  release(lease: string): Promise<void>
  note(text: string, who: string, mark?: Mark): void
  /** Of the last minutes: those of five minutes as they came, older ones (an hour) joined to one for ten seconds. */
  ticks(): readonly Tick[]
  /** The last events, a thousand at most. */
  events(): readonly JournalEvent[]
  /** The answer stops hearing. */
  on(hear: (told: Told) => void): () => void
}
