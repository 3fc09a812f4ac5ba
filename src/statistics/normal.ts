/** The normal distribution, as far as tests on many runs need it. */

import { errorFunction } from 'simple-statistics'

/** P(Z > z), exact to about 1e-7. */
export const normalTail = (z: number): number => (1 - errorFunction(z / Math.SQRT2)) / 2

/** The z above which a share `tail` of (0, 0.5] lies; exact to about 1e-5 down to a tail of 1e-4. */
export function normalAbove(tail: number): number {
  let [low, high] = [0, 8]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (normalTail(middle) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}
