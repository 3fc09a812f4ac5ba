/** What the control plane talks to, whether the proxies run in this process or in many. */

import type { Ms } from '../core/units.ts'
import type { Direction, Protocol } from '../protocols/codec.ts'
import type { ClearReason } from '../record/events.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { FiguresRecord, Labels, ReactionRecord, ReactionTotals } from '../record/figures.ts'
import type { Rule } from '../rule.ts'

/** A TCP address (IPv6 without brackets) or the path of a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

export interface TlsOptions {
  /** terminate: the client speaks TLS to us. */
  readonly client: 'terminate' | 'passthrough'
  /** require: we speak TLS to the server. prefer: where it has TLS; of those who negotiate (Postgres). */
  readonly upstream: 'require' | 'prefer' | 'off'
  /** PEM files for `terminate`; a throw-away certificate unless given. */
  readonly cert?: string
  readonly key?: string
  /** PEM text of the throw-away certificate, where several processes have to show the same. */
  readonly made?: { readonly cert: string; readonly key: string }
  /** Trust in the upstream's certificate; verified by the system's authorities unless told otherwise. */
  readonly ca?: string
  readonly verify: boolean
}

export interface TargetSpec {
  readonly name: string
  readonly protocol: Protocol
  readonly upstream: Address
  /** One listener or more; `from` labels those that were made for one app instance. Port 0 picks a free one. */
  readonly listen: readonly { readonly from?: string | undefined; readonly address: Address }[]
  readonly tls: TlsOptions
  readonly dialTimeout: Ms
  /** Of http and websocket: the Host that the server is asked for. Requests are sent anew, by a gateway that says so (src/gateway). */
  readonly host?: string
  /** Of Redis: `upstream` is one of several servers. Those that its replies name are rewritten to listeners of this target. */
  readonly cluster?: true
  /** Of HTTP: patterns such as `/orders/:id`, by which paths are named. */
  readonly routes?: readonly string[]
}
export interface OpenTarget { readonly name: string; readonly listen: readonly { readonly from?: string | undefined; readonly address: Address }[] }

export interface Cleared { readonly rule: string; readonly reason: ClearReason; readonly at: Ms; readonly matched: number; readonly altered: number; /** Operations that it altered are not over; `drained` tells when they are. */ readonly draining?: true }

/** What the data plane tells of its own accord. */
export type PlaneEvent =
  | { readonly kind: 'altered'; readonly rule: string; readonly session: number; readonly direction: Direction; readonly did: string; /** What is known of what came of it: `executed`. */ readonly note?: string; readonly at: Ms }
  | ({ readonly kind: 'cleared' } & Cleared)
  | { readonly kind: 'drained'; readonly rule: string; readonly at: Ms }
  /** A session whose messages are not read (any more): rules for messages do not reach it. The first for each reason. */
  | { readonly kind: 'opaque'; readonly target: string; readonly session: number; readonly why: string; readonly at: Ms }
  /** A message that a rule hit and had to leave alone. The first for each reason. */
  | { readonly kind: 'spared'; readonly rule: string; readonly session: number; readonly why: string; readonly at: Ms }
  /** The server behind a gateway could not be reached, or is not who it should be: clients are answered 502. The first for each reason. */
  | { readonly kind: 'unreached'; readonly target: string; readonly why: string; readonly at: Ms }
  /** A worker process has ended, and its connections with it. `replaced`: another takes its place, with the rules that are armed; without, it ended too often. */
  | { readonly kind: 'lost'; readonly connections: number; readonly why: string; readonly replaced: boolean; readonly at: Ms }
  /** A process that serves the target has as many connections as fit (src/proxy/limits.ts): clients are reset, and counted as accepted and as failed dials. The first. */
  | { readonly kind: 'full'; readonly target: string; readonly room: number; readonly at: Ms }
  /** An upstream was not connected to because it may not be. */
  | { readonly kind: 'denied'; readonly target: string; readonly to: string; readonly why: string; readonly at: Ms }
  /** A server of a target that is several was named: clients find it at `listen`. */
  | { readonly kind: 'node'; readonly target: string; readonly node: Address; readonly listen: Address; readonly from?: string | undefined; readonly at: Ms }
  /** The process did not run for `stall`. */
  | { readonly kind: 'suspect'; readonly stall: Ms; readonly at: Ms }
  /** A fault threw; its rule is cleared, its connection goes on untouched or is closed. */
  | { readonly kind: 'broken'; readonly rule: string; readonly session: number; readonly problem: string; readonly at: Ms }

export interface TargetGauges { readonly connections: number; readonly accepted: number; readonly failedDials: number; readonly resets: number; readonly bytesToServer: number; readonly bytesToClient: number }
export interface PlaneSnapshot { readonly targets: Readonly<Record<string, TargetGauges>>; readonly armed: readonly string[] }

export interface TakenRecords { readonly figures: readonly FiguresRecord[]; readonly reactions: readonly ReactionRecord[]; readonly totals: readonly ReactionTotals[] }
export const NO_RECORDS: TakenRecords = { figures: [], reactions: [], totals: [] }

export interface Plane {
  /** Opens the listeners of all targets or of none: PORT_IN_USE, LISTEN_FAILED, TLS_INVALID. */
  open(targets: readonly TargetSpec[]): Promise<readonly OpenTarget[]>
  /** Arms rules, after those already armed and in their order; a rule whose id is armed already is changed in place. Resolves with the time at which they hold. */
  arm(rules: readonly Rule[]): Promise<Ms>
  /** Disarms rules (all when absent); unknown ids are passed over. Held bytes go out at once, in order. */
  disarm(ids?: readonly string[], reason?: ClearReason): Promise<readonly Cleared[]>
  snapshot(): Promise<PlaneSnapshot>
  /** Begins to cut buckets: bucket i covers [origin + i width, …). What came before is in the totals only. */
  measure(origin: Ms, width: Ms): void
  /** The finished buckets of every target since the last call. */
  takeBuckets(): Promise<readonly BucketRecord[]>
  /** What passed through every target by name, and how clients reacted, since the last call. Cut as the buckets are. */
  takeRecords(): Promise<TakenRecords>
  on(listener: (event: PlaneEvent) => void): void
  /** Disarms, closes listeners, waits up to `drain` for connections to end, then closes them. Idempotent. */
  close(drain?: Ms): Promise<void>
}

/** How long chunks were held back by rules: `counts[i]` of them at most `bounds[i]`, the last past all bounds. Not cumulative. */
export interface HeldTimes { readonly bounds: readonly Ms[]; readonly counts: readonly number[]; readonly sum: Ms }
/** Totals since the target was opened. `bytesFrom…` were read, `bytesTo…` written: what lies between is held or lost. */
export interface TargetFigures extends TargetGauges { readonly bytesFromClient: number; readonly bytesFromServer: number; readonly held: HeldTimes }
export interface RuleFigures { readonly rule: string; readonly on: string; readonly fault: string; readonly matched: number; readonly altered: number }
/** Totals of what passed under one name. `durations` are of what was answered well, as clients saw it, `firstBytes` until the head of the answer. */
export interface NamedFigures {
  readonly of: Labels; readonly inFlight: number; readonly offered: number; readonly ok: number; readonly errors: Readonly<Record<string, number>>
  readonly hits: number; readonly misses: number; readonly held: Ms; readonly durations: HeldTimes
  /** Answers by the class of their status. */
  readonly statuses: Readonly<Record<string, number>>; readonly firstBytes?: HeldTimes; readonly bytesToServer: number; readonly bytesToClient: number
}
/** Of WebSockets: how long set-up took, and how long clients took from a cut by a rule until they had another. */
export interface SocketFigures { readonly setup: HeldTimes; readonly resume: HeldTimes; readonly cut: number }
export interface OperationFigures { readonly named: readonly NamedFigures[]; readonly transactions: number; readonly rolledBack: number; readonly sockets?: SocketFigures | undefined }
export interface PlaneFigures { readonly targets: Readonly<Record<string, TargetFigures>>; readonly rules: readonly RuleFigures[]; readonly operations: Readonly<Record<string, OperationFigures>> }

/** A plane whose targets come, change and go while it runs. `open` may be called again and again. */
export interface DynamicPlane extends Plane {
  /** Closes the listeners of targets, ends all their connections (FIN to both sides) and forgets their rules. Unknown names are passed over. */
  shut(names: readonly string[]): Promise<void>
  /** Gives the target of that name another spec; its rules stay armed. All connections end (FIN to both sides). On an error (as `open`) all is as before. */
  change(target: TargetSpec): Promise<OpenTarget>
  figures(): Promise<PlaneFigures>
}
