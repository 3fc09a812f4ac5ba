/** How many runs would be enough. A guess from a few runs: it is as good as their scatter. */

import { normalAbove } from './normal.ts'
import type { Observation } from './observation.ts'

/** Ranks see a normal shift as well as means do with 95.5 % of the runs (Hodges and Lehmann, 1956). */
const EFFICIENCY = 3 / Math.PI
/** The chance of a finding that is aimed at. */
const POWER = 0.8
/** No more is said than that it takes more than this. */
export const RUNS_MAX = 100

export interface Open {
  readonly a: readonly Observation[]
  readonly b: readonly Observation[]
  readonly shift: number
  /** The least shift that counts. */
  readonly floor: number
  /** One-sided, of one of several tests: the level of all by their number. */
  readonly level: number
  /** Of the interval on either side. */
  readonly tail: number
}

/** Runs in each set until it is found out, or known to be less than the floor; above RUNS_MAX where that is far. */
export function runsNeeded({ a, b, shift, floor, level, tail }: Open): number {
  const size = Math.abs(shift)
  const deviation = scatter(a, b)
  const wide = size >= floor ? (normalAbove(level) + normalAbove(1 - POWER)) / size : normalAbove(tail) / (floor - size)
  const enough = deviation === 0 ? 0 : (2 * (deviation * wide) ** 2) / EFFICIENCY
  return Math.min(RUNS_MAX + 1, Math.max(leastRuns(level), Math.ceil(enough)))
}

/** The fewest runs a set of which a test can reach that level at all. */
export function leastRuns(level: number): number {
  let [runs, ways] = [1, 2]
  while (1 / ways > level + 1e-12) {
    runs++
    ways = (ways * (2 * runs) * (2 * runs - 1)) / (runs * runs)
  }
  return runs
}

/** Standard deviation within the sets, together; 0 where each has but one run. */
function scatter(a: readonly Observation[], b: readonly Observation[]): number {
  const squares = [a, b].reduce((sum, set) => {
    const mean = set.reduce((total, { value }) => total + value, 0) / set.length
    return sum + set.reduce((total, { value }) => total + (value - mean) ** 2, 0)
  }, 0)
  const freedom = a.length + b.length - 2
  return freedom > 0 ? Math.sqrt(squares / freedom) : 0
}
