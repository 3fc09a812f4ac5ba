/** What passed through a target by name, and what clients did after a fault: as it is journalled. */

import { fitsGlob } from '../core/glob.ts'
import type { Ms } from '../core/units.ts'
import type { CellCounts } from './cells.ts'

/**
 * What a part of a target's traffic is told by: Redis `{ command, key }` with the key's pattern, Postgres `{ statement, tag, table }`
 * with the fingerprint, HTTP `{ method, route }`, frames `{ direction, opcode }`. No values in it.
 */
export type Labels = Readonly<Record<string, string>>

/** Whether a part is meant by `where`: every label is there and the same, whatever its capitals; `*` stands for any characters. */
export const isMeant = (of: Labels, where: Labels): boolean =>
  Object.entries(where).every(([label, wanted]) => Object.hasOwn(of, label) && fitsGlob(wanted.toLowerCase(), (of[label] ?? '').toLowerCase()))

/** Operations of one name in one bucket; what is absent is none. */
export interface PartRecord {
  readonly of: Labels
  /** Begun, by their first byte. */
  readonly offered: number
  /** Answered, by the last byte of the answer: well, or by an error. */
  readonly ok: number
  readonly errors?: Readonly<Record<string, number>>
  /** Of those answered well, as the client saw them: what we held back is in it. Commands that wait for data are not. */
  readonly latency?: CellCounts
  /** The same without what we held back, where that is not the same. */
  readonly server?: CellCounts
  /** Of HTTP answers that are no errors, until their head went on; and the same without what we held back, where that is not the same. */
  readonly firstByte?: CellCounts
  readonly serverFirstByte?: CellCounts
  /** Answers by the class of their status: `2xx`. */
  readonly statuses?: Readonly<Record<string, number>>
  /** Of HTTP messages and of frames, heads and framing included: as they came from the client, and as they went on to it. */
  readonly bytesToServer?: number
  readonly bytesToClient?: number
  /** Of HTTP requests, with an Idempotency-Key. */
  readonly keyed?: number
  /** What rules held back, together. */
  readonly heldMs?: number
  /** Of reads of a cache: there, and not there. */
  readonly hits?: number
  readonly misses?: number
  /** Of statements: those that came on their connection within 20 ms of the answer to one of the same name, or ahead of it; and those that the server had to parse, for they were not prepared before. */
  readonly again?: number
  readonly parsed?: number
  /** The most at once. */
  readonly inFlight?: number
}

/** Of one target in one bucket. */
export interface FiguresRecord {
  readonly target: string
  readonly start: Ms
  readonly width: Ms
  readonly parts: readonly PartRecord[]
  /** The most at once, whatever their names. */
  readonly inFlight: number
  /** Transactions that ended, how many of them were rolled back, and how long they took. */
  readonly transactions?: { readonly ended: number; readonly rolledBack: number; readonly length: CellCounts }
  /** Names in it that are shown cut, each the first time, and what they are whole. */
  readonly wholes?: Readonly<Record<string, string>>
  /** WebSockets: how long their set-up took, from the first byte of the request to the 101; those that rules cut; and how long it took their clients from then until they had another. */
  readonly sockets?: { readonly setup?: CellCounts; readonly cut: number; readonly resume?: CellCounts }
}

/** `retry`: the same request again. `reconnect`: its connection closed, and the client opened another. `went-on`: something else. `gave-up`: nothing, as long as was watched. */
export type NextMove = 'retry' | 'reconnect' | 'went-on' | 'gave-up'
export const NEXT_MOVES = ['retry', 'reconnect', 'went-on', 'gave-up'] as const satisfies readonly NextMove[]

/** What a client did after an operation of its had been altered. */
export interface ReactionRecord {
  readonly rule: string
  readonly session: number
  /** Its name, without values; empty where a connection was altered and no operation of its. */
  readonly operation: string
  /** What was done to it first. */
  readonly did: string
  readonly alteredAt: Ms
  readonly next: NextMove
  /** From the alteration until then; absent when it gave up. */
  readonly afterMs?: number
  /** A retry came over another connection. */
  readonly elsewhere?: true
  /** How often the request was made while it was watched, the first time included. */
  readonly attempts: number
}

/** Operations that were watched, by what came next. */
export interface ReactionCounts {
  readonly watched: number
  readonly attempts: number
  readonly moves: Readonly<Record<NextMove, number>>
}

/** All reactions to one rule so far: the latest one counts. */
export interface ReactionTotals {
  readonly rule: string
  readonly altered: ReactionCounts
  /** Altered operations that were not watched: too many at once. */
  readonly unwatched: number
  /** Operations of the same target while nothing was altered there: what comes next without a fault. */
  readonly control: ReactionCounts
}
