/** Are the values of one set greater than those of another? Mann and Whitney's test, and Gehan's where some values are censored: without any they are the same. */

import { order, type Observation } from './observation.ts'
import { tailsOf } from './permutation.ts'

export interface RankTest {
  /** Of all pairs, in how many `b` is known to be greater than `a`, ties by half: Mann and Whitney's U of `b`. */
  readonly u: number
  /** One-sided p that `b` is greater, and that it is less. */
  readonly greater: number
  readonly less: number
  /** The least p that sets of these sizes, with these ties, could have had. */
  readonly least: number
}

/**
 * Each value is scored by how many of all it is known to exceed less how many exceed it (Gehan, Biometrika 52, 1965); the sum of one
 * set's scores is held against all ways to deal them out (Mann and Whitney, 1947; exact with ties, and normal from 60 values on).
 * With no values on one side every p is 1.
 */
export function rankTest(a: readonly Observation[], b: readonly Observation[]): RankTest {
  const all = [...a, ...b]
  const scores = all.map((one) => all.reduce((sum, other) => sum + order(one, other), 0))
  const drawn = scores.slice(a.length).reduce((sum, score) => sum + score, 0)
  const u = (drawn + a.length * b.length) / 2
  if (a.length === 0 || b.length === 0) return { u, greater: 1, less: 1, least: 1 }
  return { u, ...tailsOf(scores, b.length, drawn) }
}
