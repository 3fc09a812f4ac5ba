/**
 * The fold: what all the armed rules together want done with one unit. The one clever thing, and the only place that knows the kinds of verdict.
 *
 * A unit begins as one piece. Each rule is shown each piece, in the order of arming (those that act on messages before those that act on
 * bytes): delays add up, a rewrite makes several pieces of one (the rules behind it see those), and the first ending wins; rules behind
 * an ending still see the pieces that go out before it.
 */

import { assertNever, ms, type Ms } from '../core/units.ts'
import type { Part, Side, Unit, Verdict } from '../fault.ts'
import { opposite, type Direction } from '../protocols/codec.ts'
import { reread, type Spoken } from '../protocols/spoken.ts'
import type { ArmedRule, Grip } from './armed.ts'

/** How long something holds a piece from its arrival; Infinity until it lets go. */
export interface Hold { readonly by: ArmedRule | object; readonly time: Ms; /** What waits for it closes the window. */ readonly narrow?: true | undefined }
export interface Piece {
  readonly unit: Unit
  readonly holds: readonly Hold[]
  /** The message that is sent with this piece: itself, or what a rule for bytes has cut. */
  readonly carries?: Spoken | undefined
  /** Whose fault sends it on its own account. */
  readonly owner?: Grip | undefined
  /** Of what a tick says: which way. */
  readonly towards?: Direction | undefined
}
export interface Closing { readonly armed: ArmedRule; readonly how: 'end' | 'reset'; readonly side: Side; readonly after: Ms; readonly overtakes?: true | undefined; /** To the side that the unit came from. */ readonly last?: Buffer | undefined; readonly cancel?: true | undefined }
export interface Did { readonly armed: ArmedRule; readonly did: string; readonly note?: string | undefined }
/** For the ledger. */
export interface Outcome {
  /** What was done and by which rule: the verdict log. */
  readonly did: readonly Did[]
  /** The first fault that threw; its verdict counted as a pass. */
  readonly broken: { readonly armed: ArmedRule; readonly problem: string } | undefined
  /** The first rule that hit it and had to leave it alone, and why. */
  readonly spared: { readonly armed: ArmedRule; readonly why: string } | undefined
}
export interface Judgement extends Outcome {
  /** What goes on, in order. */
  readonly pieces: readonly Piece[]
  readonly closing: Closing | undefined
  /** What the client is answered in the place of a server. */
  readonly answer: { readonly raw: Buffer; readonly holds: readonly Hold[] } | undefined
  /** Bytes are missing or falsified: what the stream says now is not known. */
  readonly holed: boolean
}

const FOREVER = ms(Number.POSITIVE_INFINITY)
const NO_HOLDS: readonly Hold[] = []

/** One unit on its way through the rules. */
class Fold {
  readonly direction: Direction
  pieces: Piece[]
  closing: Closing | undefined
  answer: Judgement['answer']
  readonly did: Did[] = []
  holed = false
  broken: Judgement['broken']
  spared: Judgement['spared']

  constructor(unit: Unit, direction: Direction) {
    this.direction = direction
    this.pieces = [unit.kind === 'message' ? { unit, holds: NO_HOLDS, carries: unit } : { unit, holds: NO_HOLDS }]
  }

  pass(grip: Grip): void {
    const next: Piece[] = []
    for (const piece of this.pieces) {
      const shown = taken(grip, piece.unit, this.direction)
      if (shown) this.#decide(grip, shown, piece, next)
      else next.push(piece)
      if (this.closing && this.closing.after <= 0) break
    }
    this.pieces = next
  }

  /** The first rule that is interested: what it was shown is the unit itself. */
  begin(grip: Grip, shown: Unit): void {
    const [piece] = this.pieces
    this.pieces = []
    if (piece) this.#decide(grip, shown, piece, this.pieces)
  }

  #decide(grip: Grip, shown: Unit, piece: Piece, next: Piece[]): void {
    const verdict = decideSafely(grip, shown, this.direction)
    if (verdict instanceof Error) {
      this.broken ??= { armed: grip.armed, problem: verdict.message }
      next.push(piece)
    } else this.#apply(verdict, piece, grip, next)
  }

  #apply(verdict: Verdict, piece: Piece, grip: Grip, next: Piece[]): void {
    const { armed } = grip
    if (verdict.kind === 'pass' && verdict.note !== undefined) this.spared ??= { armed, why: verdict.note }
    if (verdict.kind === 'pass' || (verdict.kind === 'delay' && !(verdict.by > 0))) return void next.push(piece)
    // A close that is only planned is told when it comes: it may be cancelled.
    if (verdict.kind !== 'close' || !verdict.after) this.did.push(verdict.note === undefined ? { armed, did: verdict.kind } : { armed, did: verdict.kind, note: verdict.note })
    if ('raw' in piece.unit && armed.fault.corruption && !grip.readsMessages) this.holed = true
    switch (verdict.kind) {
      case 'delay': next.push(held(piece, armed, verdict.by, verdict.narrow)); break
      case 'stall': next.push(held(piece, armed, FOREVER, verdict.narrow)); break
      case 'replace': this.#replace(verdict, piece, grip, next); break
      case 'drop': if (piece.unit.kind !== 'end' && !grip.readsMessages) this.holed = true; break
      case 'answer': this.answer ??= { raw: verdict.raw, holds: piece.holds }; break
      case 'refuse': this.closing ??= { armed, how: 'reset', side: 'both', after: ms(0) }; break
      case 'close': {
        const { last = {}, after = ms(0), overtakes, cancel } = verdict
        const ahead = last[this.direction]
        if (ahead) next.push(...lastWords(piece, ahead))
        else if (after > 0) next.push(piece)
        this.closing ??= { armed, how: verdict.how, side: verdict.side ?? 'both', after, overtakes, last: last[opposite(this.direction)], cancel }
        break
      }
      default: assertNever(verdict)
    }
  }

  #replace({ parts, narrow }: { readonly parts: readonly Part[]; readonly narrow?: true }, piece: Piece, grip: Grip, next: Piece[]): void {
    let gap = 0
    const final = parts.findLast(({ own }) => !own)
    let { carries } = piece
    for (const part of parts) {
      gap += part.gap
      const hold = (made: Piece): Piece => (gap > 0 ? held(made, grip.armed, ms(gap), narrow) : made)
      if (piece.unit.kind !== 'message' || !grip.readsMessages) {
        // Cut, not changed: the message is sent with its first part.
        next.push(hold({ unit: { kind: 'bytes', raw: part.raw }, holds: piece.holds, carries, towards: part.towards }))
        carries = undefined
        continue
      }
      const units = reread(piece.unit, part.raw, part.own === true)
      if (units.length === 0) this.holed = true
      if (units.length === 0) next.push(hold({ unit: { kind: 'bytes', raw: part.raw }, holds: piece.holds }))
      units.forEach((unit, n) => next.push(hold({ unit, holds: piece.holds, carries: part === final && n === units.length - 1 ? unit : unfinished(unit), owner: part.own ? grip : undefined })))
    }
  }
}

/** Undefined where no rule is interested: the unit goes on as it is. */
export function judge(grips: readonly Grip[], unit: Unit, direction: Direction): Judgement | undefined {
  let fold: Fold | undefined
  for (const grip of grips) {
    if (fold) fold.pass(grip)
    else {
      const shown = taken(grip, unit, direction)
      if (!shown) continue
      fold = new Fold(unit, direction)
      fold.begin(grip, shown)
    }
    if (fold.pieces.length === 0) break
  }
  return fold
}

/** What a rule is shown of a unit that it hits; undefined where it does not. Rules for messages see messages, and none that a fault sent on its own account; the others see bytes. */
function taken(grip: Grip, unit: Unit, direction: Direction): Unit | undefined {
  if (unit.kind === 'message' && grip.readsMessages) return !unit.own && grip.takes(unit) ? unit : undefined
  const kind = unit.kind === 'message' ? 'bytes' : unit.kind
  if (!grip.sees(kind, direction)) return undefined
  const shown: Unit = unit.kind === 'message' ? { kind: 'bytes', raw: unit.raw } : unit
  return grip.takes(shown) ? shown : undefined
}

const held = (piece: Piece, by: ArmedRule, time: Ms, narrow?: true): Piece => ({ ...piece, holds: [...piece.holds, { by, time, narrow }] })
/** What goes out before a close: the message itself, or one of HTTP in its place, is an answer like any other; all else is bytes. */
function lastWords({ unit, holds }: Piece, raw: Buffer): Piece[] {
  const said = unit.kind !== 'message' || unit.protocol !== 'http' ? [] : raw === unit.raw ? [unit] : unit.message.part === 'whole' ? reread(unit, raw, false) : []
  return said.length === 1 ? said.map((one) => ({ unit: one, holds, carries: one })) : [{ unit: { kind: 'bytes', raw }, holds }]
}

/** More of what it is a part of comes behind it. */
const unfinished = (unit: Spoken): Spoken => (unit.last ? { ...unit, last: false } : unit)

/** A fault that throws must not take its connection along: the error is a value here. */
function decideSafely(grip: Grip, unit: Unit, direction: Direction): ReturnType<Grip['decide']> | Error {
  try {
    return grip.decide(unit, direction)
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}
