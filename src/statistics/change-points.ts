/** Where a series changed for good: E-divisive (Matteson and James, J. Amer. Statist. Assoc. 109, 2014), which asks nothing of how the values are distributed. */

import type { Random } from '../core/random.ts'
import { shuffled } from './shuffle.ts'

export interface ChangeOptions {
  /** The least values between two changes, and before the first and after the last. */
  readonly least: number
  /** A change is one where so great a divergence is less probable than this. */
  readonly level: number
  /** How often the values are shuffled to know that. */
  readonly shuffles: number
}

interface Split { readonly at: number; readonly divergence: number }

/** Indices at which something else begins, ascending. The same values, options and stream give the same answer. Takes time with the square of the length. */
export function changePoints(values: readonly number[], { least, level, shuffles }: ChangeOptions, random: Random): readonly number[] {
  const changes: number[] = []
  for (;;) {
    const edges = [0, ...changes, values.length]
    const stretches = edges.slice(1).map((to, i) => values.slice(edges[i], to))
    const split = best(stretches, least)
    if (!split) return changes
    let atLeast = 1
    // What is shuffled stays in its stretch: changes that were found already are taken for granted.
    for (let i = 0; i < shuffles; i++) if ((best(stretches.map((stretch) => shuffled(stretch, random)), least)?.divergence ?? 0) >= split.divergence) atLeast++
    if (atLeast / (shuffles + 1) > level) return changes
    changes.push(split.at)
    changes.sort((x, y) => x - y)
  }
}

/** The split of any stretch that parts the most. */
function best(stretches: readonly (readonly number[])[], least: number): Split | undefined {
  let found: Split | undefined
  let from = 0
  for (const stretch of stretches) {
    const split = bestOf(stretch, least)
    if (split && split.divergence > (found?.divergence ?? 0)) found = { at: from + split.at, divergence: split.divergence }
    from += stretch.length
  }
  return found
}

/** Szekely and Rizzo's energy between what is before and what is after, for each place at which the stretch can be cut. */
function bestOf(values: readonly number[], least: number): Split | undefined {
  const count = values.length
  let found: Split | undefined
  // Sums of distances: among those before, among those after, and between both.
  let [before, after, between] = [0, 0, 0]
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) after += distance(values, i, j)
  for (let at = 1; at <= count - least; at++) {
    let [back, ahead] = [0, 0]
    for (let i = 0; i < at - 1; i++) back += distance(values, i, at - 1)
    for (let i = at; i < count; i++) ahead += distance(values, i, at - 1)
    before += back
    after -= ahead
    between += ahead - back
    if (at < least) continue
    const [first, second] = [at, count - at]
    const energy = (2 * between) / (first * second) - mean(before, first) - mean(after, second)
    const divergence = ((first * second) / count) * energy
    if (divergence > (found?.divergence ?? 0)) found = { at, divergence }
  }
  return found
}

const distance = (values: readonly number[], i: number, j: number): number => Math.abs((values[i] ?? 0) - (values[j] ?? 0))
/** Of all pairs among so many. */
const mean = (sum: number, among: number): number => (among < 2 ? 0 : (2 * sum) / (among * (among - 1)))
