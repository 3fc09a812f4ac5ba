/** Did a series change once, and where? Pettitt's test on ranks (Applied Statistics 28, 1979): a single wild value does not move it. */

import type { Random } from '../core/random.ts'
import { order } from './observation.ts'
import { shuffled } from './shuffle.ts'

export interface Pettitt {
  /** The index at which something else begins. */
  readonly at: number
  /** The greatest of |U|. */
  readonly k: number
  /** That so great a K comes about where nothing changed, by shuffling. */
  readonly p: number
}

export function pettitt(values: readonly number[], shuffles: number, random: Random): Pettitt {
  const scores = values.map((value) => values.reduce((sum, other) => sum + order({ value, censored: false }, { value: other, censored: false }), 0))
  const { at, k } = greatest(scores)
  let atLeast = 1
  for (let i = 0; i < shuffles; i++) if (greatest(shuffled(scores, random)).k >= k) atLeast++
  return { at, k, p: atLeast / (shuffles + 1) }
}

/** U at each place is the sum of the scores before it: how often those before exceed those after, less how often they are exceeded. */
function greatest(scores: readonly number[]): { readonly at: number; readonly k: number } {
  let [sum, at, k] = [0, 0, 0]
  for (const [i, score] of scores.entries()) {
    sum += score
    if (Math.abs(sum) > k) [at, k] = [i + 1, Math.abs(sum)]
  }
  return { at, k }
}
