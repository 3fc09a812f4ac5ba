/** A rate over time, and when so many operations are due by it. Pure. */

import { ms, perSecond, type Ms, type PerSecond } from '../core/units.ts'

/** The rate goes evenly from one value to the other. */
export interface Stretch { readonly over: Ms; readonly from: PerSecond; readonly to: PerSecond }

/** How many operations are due in a stretch. */
const countIn = ({ over, from, to }: Stretch): number => ((from + to) / 2) * (over / 1000)

export class Curve {
  readonly #stretches: readonly Stretch[]
  readonly #last: PerSecond

  /** After the last stretch the rate stays where it is; with none it is `last` all along. */
  constructor(stretches: readonly Stretch[], last: PerSecond) {
    this.#stretches = stretches
    this.#last = stretches.at(-1)?.to ?? last
  }

  /** After how long `count` operations, a fraction too, have been due; Infinity where they never are. */
  timeOf(count: number): Ms {
    let [left, at] = [count, 0]
    for (const stretch of this.#stretches) {
      const held = countIn(stretch)
      if (left < held) return ms(at + 1000 * within(stretch, left))
      left -= held
      at += stretch.over
    }
    return ms(this.#last > 0 ? at + (left * 1000) / this.#last : Number.POSITIVE_INFINITY)
  }
}

/** Seconds into a stretch after which `count` are due: the root of from t + slope t^2 / 2, in the form that loses no digits. */
function within({ over, from, to }: Stretch, count: number): number {
  const slope = (to - from) / (over / 1000)
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * count))
  return from + root > 0 ? (2 * count) / (from + root) : 0
}

/** The same curve after `wait`, until which the rate is what it begins with. */
export const waiting = (stretches: readonly Stretch[], wait: Ms): readonly Stretch[] => {
  const [first] = stretches
  return first && wait > 0 ? [{ over: wait, from: first.from, to: first.from }, ...stretches] : stretches
}

export const lengthOf = (stretches: readonly Stretch[]): Ms => ms(stretches.reduce((sum, { over }) => sum + over, 0))
export const peakOf = (stretches: readonly Stretch[]): PerSecond => perSecond(Math.max(0, ...stretches.flatMap(({ from, to }) => [from, to])))
