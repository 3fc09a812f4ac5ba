/** Lets the bytes of a stream go at a rate, in small pieces. */

import { ms, type ByteRate, type Ms } from '../../core/units.ts'

/** When all that came before will have gone. */
export interface Drip { goneAt: number }
export const newDrip = (): Drip => ({ goneAt: Number.NEGATIVE_INFINITY })

/** `raw` in pieces, each with the pause before it: one goes when it would have come through at that rate. Above 0 a rate never holds for ever. */
export function drip(raw: Buffer, rate: ByteRate, piece: number, now: Ms, stream: Drip): { readonly raw: Buffer; readonly gap: Ms }[] {
  const parts: { readonly raw: Buffer; readonly gap: Ms }[] = []
  let before: number = now
  for (let at = 0; at < raw.length; at += piece) {
    const one = raw.subarray(at, at + piece)
    stream.goneAt = Math.max(now, stream.goneAt) + (one.length * 1000) / rate
    parts.push({ raw: one, gap: ms(stream.goneAt - before) })
    before = stream.goneAt
  }
  return parts
}
