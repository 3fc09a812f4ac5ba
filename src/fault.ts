/** The seam: what a fault is shown, what it may ask for. Faults decide, the engine acts. */

import type { Params } from './core/params.ts'
import type { Random } from './core/random.ts'
import { ms, type Ms } from './core/units.ts'
import type { Direction, Protocol } from './protocols/codec.ts'
import type { AnyConversation, Spoken } from './protocols/spoken.ts'

/** What a fault is shown, one at a time, in stream order. */
export interface Units {
  /** The target's listener itself: it depends on no client and on no chance. */
  listen: { readonly kind: 'listen' }
  /** A client has come; the dial is due. */
  connect: { readonly kind: 'connect' }
  /** A chunk, as it came off the socket. Never written into. */
  bytes: { readonly kind: 'bytes'; readonly raw: Buffer }
  /** A message, of an operation that the rule hits; a large one comes in parts. To a fault that takes `bytes` only, a message is those. */
  message: Spoken
  /** FIN from one side. */
  end: { readonly kind: 'end' }
  /** `armed`: the rule took hold of this session. `due`: a time asked for by `every` has come. `disarm`: the rule lets go. */
  tick: { readonly kind: 'tick'; readonly why: 'armed' | 'due' | 'disarm' }
}
export type UnitKind = keyof Units
export type Unit = Units[UnitKind]

/** Bytes to forward; `gap` is the pause before them, counted from the part before. `own`: whole messages to the server of which the client knows nothing; what they are answered is shown to this fault, then swallowed. `towards`: of a tick, which way; to the server unless it says so. */
export interface Part { readonly raw: Buffer; readonly gap: Ms; readonly own?: true; readonly towards?: Direction }
export type Side = 'client' | 'server' | 'both'
export type LastWords = { readonly [D in Direction]?: Buffer }

/** What a fault wants done with a unit. */
export type Verdict = { /** For the journal: `executed`; of a pass, why what was hit must be left alone. */ readonly note?: string; /** What it holds closes the window: its source is read no more than 64 KiB ahead. */ readonly narrow?: true } & (
  | { readonly kind: 'pass' }
  | { readonly kind: 'delay'; readonly by: Ms }
  | { readonly kind: 'replace'; readonly parts: readonly Part[] }
  | { readonly kind: 'drop' }
  /** Of a client's message: it is not sent, and this is its answer, given when its turn has come. */
  | { readonly kind: 'answer'; readonly raw: Buffer }
  /** Closes one side or both; the side left over is read and discarded until the rule disarms. `last` goes out first, behind what is held; `overtakes`: what is held is lost. `cancel`: what the server works on is cancelled too, where its protocol can: it would go on. */
  | { readonly kind: 'close'; readonly how: 'end' | 'reset'; readonly side?: Side; readonly last?: LastWords; readonly after?: Ms; readonly overtakes?: true; readonly cancel?: true }
  /** Holds this unit and all behind it until the rule disarms. */
  | { readonly kind: 'stall' }
  /** `listen`: closed (ECONNREFUSED) or backlog (connects never complete). `connect`: reset. */
  | { readonly kind: 'refuse'; readonly how: 'closed' | 'backlog' | 'reset' })

export const PASS: Verdict = { kind: 'pass' }
export const DROP: Verdict = { kind: 'drop' }
export const STALL: Verdict = { kind: 'stall' }
export const inPlace = (raw: Buffer): Verdict => ({ kind: 'replace', parts: [{ raw, gap: ms(0) }] })

export interface Scene {
  readonly session: number; readonly direction: Direction
  /** Where the client came to, `HOST:PORT`; undefined of a unix socket. */
  readonly address: string | undefined
  readonly random: Random
  /** What is said in the session, where its protocol is read. */
  readonly conversation: AnyConversation | undefined
  now(): Ms; readonly armedAt: Ms
  /** Live sessions of the target, this one included. */
  connections(): number
}

/** `State`: of one session, both directions; `Shared`: of one rule and target. */
export interface Fault<P = never, State = never, Shared = never> {
  /** snake_case; the file bears the same name with dashes. */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  /** What it tests in the application, and what a correct one does: one sentence each. */
  readonly tests: string
  readonly correct: string
  readonly on: readonly UnitKind[]
  /** Empty: every protocol. */
  readonly protocols: readonly Protocol[]
  /** Which way it acts where the rule does not say. */
  readonly direction: Direction | 'both'
  readonly params: Params<P>
  /** A step of an experiment, in YAML, on a target called `cache`. */
  readonly example: string
  /** Makes two parties disagree on purpose: needs `corruption: allow`. */
  readonly corruption?: true
  /** What chance, skip, times and sequence count where the rule does not say. Absent: messages, of a fault that acts on them, which then is shown ticks only of a session that it was shown something of. */
  readonly scope?: 'connection'
  /** Whether it ever acts on this session as it is now. No other is shown ticks, ends or bytes, or drawn for at one. */
  attends?(conversation: AnyConversation | undefined): boolean
  /** How often each session is shown a `due` tick. */
  every?(params: P): Ms
  open?(params: P): Shared
  /** Whether what it shares limits the target as a whole. Then it is numbers, in objects or in none, of which processes hold 12 in common. */
  limits?(params: P): boolean
  begin?(params: P): State
  /** Whether it ever acts on the operation that this message of the client's belongs to, or on this push: nothing else is counted or drawn for. */
  concerns?(message: Spoken, params: P): boolean
  /** Sees every message of the target while the rule is armed, whomever that hits. */
  observe?(message: Spoken, shared: Shared, scene: Scene): void
  decide(unit: Unit, params: P, scene: Scene, state: State, shared: Shared): Verdict
}

/** A fault of whatever parameters and state. `any` here and nowhere else: a registry holds faults of every kind. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type AnyFault = Fault<any, any, any>
export type Registry = ReadonlyMap<string, AnyFault>

/** An identity function: it exists so that `decide` infers its types from `params`, `begin` and `open`. */
export const defineFault = <P, State = undefined, Shared = undefined>(fault: Fault<P, State, Shared>): Fault<P, State, Shared> => fault
