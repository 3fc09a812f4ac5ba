/** The values that a knob goes through, from the easy end of its range to the hard one: by equal steps, or by equal factors where the range spans decades. */

/** Either end may be the larger: less bandwidth is harder than more. */
export interface Range {
  readonly from: number
  readonly to: number
  /** Between whole numbers there is nothing. */
  readonly whole: boolean
}

/** Ends that differ by this factor are stepped through by factors. */
const DECADE = 10
/** Where an end is zero, factors begin at this share of the other end. */
const FLOOR_SHARE = 1e-3
/** Values are rounded to so many digits: 93.42ms, not 93.4217443ms. */
const DIGITS = 4

export class Scale {
  readonly geometric: boolean
  readonly #range: Range
  /** As `from` and `to`, but never zero where steps are factors. */
  readonly #ends: { readonly from: number; readonly to: number }

  constructor(range: Range) {
    const { from, to, whole } = range
    const floor = (end: number): number => (end > 0 ? end : Math.max(from, to) * FLOOR_SHARE)
    const ends = { from: whole ? Math.max(1, floor(from)) : floor(from), to: whole ? Math.max(1, floor(to)) : floor(to) }
    this.#range = range
    this.geometric = Math.min(from, to) >= 0 && Math.max(ends.from, ends.to) >= DECADE * Math.min(ends.from, ends.to)
    this.#ends = this.geometric ? ends : { from, to }
  }

  /** The value at `position`, which goes from 0 (easy) to 1 (hard); as it can be set. */
  at(position: number): number {
    const exact = this.exactAt(position)
    if (this.#range.whole) return Math.round(exact)
    return position <= 0 ? this.#ends.from : position >= 1 ? this.#ends.to : Number(exact.toPrecision(DIGITS))
  }

  exactAt(position: number): number {
    const { from, to } = this.#ends
    return this.geometric ? from * (to / from) ** position : from + (to - from) * position
  }

  positionOf(value: number): number {
    const { from, to } = this.#ends
    if (from === to) return 0
    return this.geometric ? Math.log(Math.max(value, Number.MIN_VALUE) / from) / Math.log(to / from) : (value - from) / (to - from)
  }

  /** The values of `count` steps from one end to the other, both of them included; fewer where whole numbers run out. */
  steps(count: number): readonly number[] {
    return [...new Set(Array.from({ length: count }, (_, i) => this.at(count > 1 ? i / (count - 1) : 0)))]
  }

  /** A value between two others, half way; undefined where there is none. */
  between(easy: number, hard: number): number | undefined {
    const value = this.at((this.positionOf(easy) + this.positionOf(hard)) / 2)
    return value !== easy && value !== hard ? value : undefined
  }
}
