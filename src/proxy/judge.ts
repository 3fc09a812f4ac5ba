/**
 * The fold: what all the armed rules together want done with one unit. The one clever thing, and the only place that knows the kinds of verdict.
 *
 * A unit begins as one piece. Each rule is shown each piece, in the order of arming: delays add up, a rewrite makes several pieces of one
 * (the rules behind it see those), and the first ending wins; rules behind an ending still see the pieces that go out before it.
 */

import { assertNever, ms, type Ms } from '../core/units.ts'
import type { Side, Unit } from '../fault.ts'
import type { Direction } from '../protocols/codec.ts'
import type { ArmedRule, Grip } from './armed.ts'

/** How long one rule holds a piece from its arrival; Infinity until it is disarmed. */
export interface Hold { readonly armed: ArmedRule; readonly by: Ms }
export interface Piece { readonly unit: Unit; readonly holds: readonly Hold[] }
export interface Closing { readonly armed: ArmedRule; readonly how: 'end' | 'reset'; readonly side: Side; readonly after: Ms }
export interface Judgement {
  /** What goes on, in order. */
  readonly pieces: readonly Piece[]
  readonly closing: Closing | undefined
  /** What was done and by which rule: the verdict log. */
  readonly did: readonly { readonly armed: ArmedRule; readonly did: string }[]
  /** The first fault that threw; its verdict counted as a pass. */
  readonly broken: { readonly armed: ArmedRule; readonly problem: string } | undefined
}

const FOREVER = ms(Number.POSITIVE_INFINITY)
const NO_HOLDS: readonly Hold[] = []

export function judge(grips: readonly Grip[], unit: Unit, direction: Direction): Judgement {
  let pieces: readonly Piece[] = [{ unit, holds: NO_HOLDS }]
  let closing: Closing | undefined
  let broken: Judgement['broken']
  const did: { armed: ArmedRule; did: string }[] = []
  for (const grip of grips) {
    if (!grip.sees(unit.kind, direction)) continue
    const { armed } = grip
    const next: Piece[] = []
    for (const piece of pieces) {
      if (!grip.takes(piece.unit)) { next.push(piece); continue }
      const verdict = decideSafely(grip, piece.unit, direction)
      if (verdict instanceof Error) {
        broken ??= { armed, problem: verdict.message }
        next.push(piece)
        continue
      }
      if (verdict.kind === 'pass' || (verdict.kind === 'delay' && !(verdict.by > 0))) { next.push(piece); continue }
      // A close that is only planned is told when it comes: it may be cancelled.
      if (verdict.kind !== 'close' || !verdict.after) did.push({ armed, did: verdict.kind })
      switch (verdict.kind) {
        case 'delay': next.push(held(piece, armed, verdict.by)); break
        case 'stall': next.push(held(piece, armed, FOREVER)); break
        case 'replace': {
          let gap = 0
          for (const part of verdict.parts) {
            gap += part.gap
            const raw: Piece = { unit: { kind: 'bytes', raw: part.raw }, holds: piece.holds }
            next.push(gap > 0 ? held(raw, armed, ms(gap)) : raw)
          }
          break
        }
        case 'drop': break
        case 'refuse': closing ??= { armed, how: 'reset', side: 'both', after: ms(0) }; break
        case 'close':
          if (verdict.last) next.push({ unit: { kind: 'bytes', raw: verdict.last }, holds: piece.holds })
          else if (verdict.after !== undefined && verdict.after > 0) next.push(piece)
          closing ??= { armed, how: verdict.how, side: verdict.side ?? 'both', after: verdict.after ?? ms(0) }
          break
        default: assertNever(verdict)
      }
      if (closing && closing.after <= 0) break
    }
    pieces = next
  }
  return { pieces, closing, did, broken }
}

const held = (piece: Piece, armed: ArmedRule, by: Ms): Piece => ({ unit: piece.unit, holds: [...piece.holds, { armed, by }] })

/** A fault that throws must not take its connection along: the error is a value here. */
function decideSafely(grip: Grip, unit: Unit, direction: Direction): ReturnType<Grip['decide']> | Error {
  try {
    return grip.decide(unit, direction)
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause))
  }
}
