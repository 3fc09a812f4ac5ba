/** The middle of values, in whatever order. */

/** A package's own interpolates, and between two infinities that is no number. 0 of none. */
export function medianOf(values: readonly number[]): number {
  const ascending = [...values].sort(ascend)
  const [low = 0, high = 0] = [ascending[Math.ceil(ascending.length / 2) - 1], ascending[Math.floor(ascending.length / 2)]]
  return low === high ? low : (low + high) / 2
}

/** Differences of two infinities are no number. */
export const ascend = (x: number, y: number): number => (x < y ? -1 : x > y ? 1 : 0)
