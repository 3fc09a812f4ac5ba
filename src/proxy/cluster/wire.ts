/** What the primary and its workers say to one another. A socket travels beside a message, everything else within. */

import type { BrownoutError } from '../../core/errors.ts'
import type { Ms } from '../../core/units.ts'
import type { NodeAddress } from '../../protocols/redis/topology-text.ts'
import type { BucketRecord } from '../../record/buckets.ts'
import type { ClearReason } from '../../record/events.ts'
import type { Rule } from '../../rule.ts'
import type { Word } from '../accounts/reactions.ts'
import type { Way } from '../front.ts'
import type { Address, PlaneEvent, PlaneFigures, PlaneSnapshot, TakenRecords, TargetSpec } from '../plane.ts'

/** A target as workers have it: its listeners are open elsewhere, at the addresses that it says. `index` is its place among the numbers in common. */
export interface HandedTarget { readonly spec: TargetSpec; readonly index: number }
/** A rule, when all workers were told of it, and where its numbers stand. */
export interface HandedRule { readonly rule: Rule; readonly at: Ms; readonly slot: number }

/** What a worker is made of. */
export interface WorkerSetup { readonly worker: number; readonly seed: number; /** Where the numbers in common are. */ readonly numbers: string; readonly facts: unknown }

/** Orders that are answered, each by what it has brought about. */
export interface Orders {
  begin: { readonly order: WorkerSetup; readonly answer: boolean }
  open: { readonly order: readonly HandedTarget[]; readonly answer: boolean }
  change: { readonly order: HandedTarget; readonly answer: boolean }
  shut: { readonly order: readonly string[]; readonly answer: boolean }
  arm: { readonly order: readonly HandedRule[]; readonly answer: Ms }
  disarm: { readonly order: { readonly ids: readonly string[]; readonly reason: ClearReason }; readonly answer: boolean }
  measure: { readonly order: { readonly origin: Ms; readonly width: Ms }; readonly answer: boolean }
  snapshot: { readonly order: true; readonly answer: PlaneSnapshot }
  figures: { readonly order: true; readonly answer: PlaneFigures }
  buckets: { readonly order: true; readonly answer: readonly BucketRecord[] }
  records: { readonly order: true; readonly answer: TakenRecords }
  /** Ends all connections; it is as before `begin` then. Answers what it has counted and nobody has taken. */
  close: { readonly order: true; readonly answer: LastFigures }
}
export type OrderName = keyof Orders
export interface LastFigures { readonly figures: PlaneFigures; readonly buckets: readonly BucketRecord[]; readonly records: TakenRecords }

/** An error as it travels. */
export type ErrorText = Pick<BrownoutError, 'code' | 'message' | 'hint'>

export type ToWorker =
  | { readonly kind: 'order'; readonly id: number; readonly name: OrderName; readonly order: unknown }
  /** A client; its socket comes beside it. */
  | { readonly kind: 'client'; readonly target: string; readonly session: number; readonly way: Way }
  | Reaction
  /** What the permission to dial is judged by. */
  | { readonly kind: 'facts'; readonly facts: unknown }
  /** A server of a target that is several has a listener, here or, by `id`, as was asked for; none where it cannot. */
  | { readonly kind: 'node'; readonly id: number; readonly address: Address | undefined }

/** Of the clients of a target: what one worker tells the others, by way of the primary. */
export interface Reaction { readonly kind: 'reaction'; readonly target: string; readonly word: Word }

export type FromWorker =
  | Reaction
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorText }
  | { readonly kind: 'event'; readonly event: PlaneEvent }
  /** The client that was sent last has arrived: another may follow. */
  | { readonly kind: 'taken' }
  /** How many connections it has. Told now and then. */
  | { readonly kind: 'alive'; readonly connections: number }
  | { readonly kind: 'node'; readonly id: number; readonly target: string; readonly node: NodeAddress; readonly from: string | undefined }
