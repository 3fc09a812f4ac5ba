/** Simulated sets of runs of one system, of which it is known whether it got slower. */

import { randomNormal } from 'd3-random'
import { randomStream } from '../../src/core/random.ts'
import { medianOf } from '../../src/statistics/median.ts'
import { judgePairs, type Pair } from '../../src/statistics/verdict.ts'
import { known } from './sets.ts'

export const PAIRS = 200
export const FALSE_MAX = 0.05
export const FOUND_MIN = 0.9

/** Standard deviation from run to run, as a share: of what is noisy, and of what a steady load keeps. */
const NOISE = 0.05
const QUIET = 0.001
/** p50, p95 and p99, in ms. */
const LATENCIES = [20, 60, 110] as const

export interface System {
  readonly runs: number
  /** By how much latencies differ in the second set: 0.1 is 10 % slower. */
  readonly slower: number
  /** The share of the variance of a run's noisy figures that they have in common. */
  readonly common: number
  /** What is compared: p95 alone, the five figures of a load (p50, p95, p99, rate and success), or these and an app's CPU, which does not change. */
  readonly figures: 'one' | 'load' | 'app'
}

/** How many of so many pairs are said to hold a regression. */
export function regressions({ runs, slower, common, figures }: System, pairs: number, seed: number): number {
  let found = 0
  for (let i = 0; i < pairs; i++) {
    const normal = randomNormal.source(randomStream(seed, `pair/${i}`))()
    const run = (factor: number): readonly number[] => {
      const shared = normal()
      const noisy = (mean: number): number => mean * (1 + NOISE * (Math.sqrt(common) * shared + Math.sqrt(1 - common) * normal()))
      const latencies = LATENCIES.map((mean) => noisy(factor * mean))
      return figures === 'one' ? latencies.slice(1, 2) : [...latencies, 100 * (1 + QUIET * normal()), Math.min(1, 0.9995 + 0.0003 * normal()), ...(figures === 'app' ? [noisy(0.4)] : [])]
    }
    const [a, b] = [1, 1 + slower].map((factor) => Array.from({ length: runs }, () => run(factor)))
    const values = (set: readonly (readonly number[])[] | undefined, at: number) => known(...(set ?? []).map((one) => one[at] ?? 0))
    const sets = (a?.[0] ?? []).map((_, at): Pair => ({ a: values(a, at), b: values(b, at), better: at === 3 || at === 4 ? 'higher' : 'lower', floor: at === 4 ? 0.001 : 0.05 * medianOf([...values(a, at), ...values(b, at)].map(({ value }) => value)) }))
    if (judgePairs(sets).some(({ finding }) => finding === 'regression')) found++
  }
  return found
}
