/** Limits that leave room for what was seen: a figure that holds today must not refuse tomorrow's baseline. Pure. */

import { ms, type Ms } from '../core/units.ts'

/** Three times what was seen, and never less than 20 ms above it: small figures vary most. */
const TIMES = 3
const ABOVE: Ms = ms(20)

/** 1, 2, 5, 10, 20, 50 … ms: the next one up. */
export function roundUp(time: number): Ms {
  const scale = 10 ** Math.floor(Math.log10(Math.max(1, time)))
  return ms([1, 2, 5, 10].map((step) => step * scale).find((step) => step >= time - 1e-9) ?? time)
}

/** For a quantile of which that was seen. */
export const latencyLimit = (seen: Ms): Ms => roundUp(Math.max(TIMES * seen, seen + ABOVE))

const SHARES = [0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5] as const

/** For a share of which that was seen: twice the loss is allowed, and at least one of `operations`. Undefined where half would be too much to ask. */
export function shareLimit(seen: number, operations: number): number | undefined {
  const most = 1 - Math.max(2 * (1 - seen), 0.01)
  return SHARES.find((share) => share <= most + 1e-9 && (1 - share) * operations >= 1 - 1e-9)
}

/** A delay that is felt beside what an operation takes: ten times that, from `least` to `most`. */
export const delayFor = (seen: Ms | undefined, least: Ms, most: Ms): Ms => ms(Math.min(most, roundUp(Math.max(least, 10 * (seen ?? 0)))))
