/** A system whose edge is known: it holds below it, breaks above, and near it leaves the outcome to chance. */

import { advise, type SearchOptions, type Trial } from '../../src/sweep/search.ts'
import type { Random } from '../../src/core/random.ts'

export interface Simulated { readonly edge: number; /** How wide chance decides, in positions of the scale. */ readonly blur: number; /** How often a try comes out wrong anywhere. */ readonly lapse: number }

export function holdsAt({ edge, blur, lapse }: Simulated, { scale }: Pick<SearchOptions, 'scale'>, value: number, random: Random): boolean {
  const distance = (scale.positionOf(value) - scale.positionOf(edge)) / Math.max(blur, 1e-9)
  const probability = lapse + (1 - 2 * lapse) / (1 + Math.exp(Math.max(-500, Math.min(500, distance))))
  return random() < probability
}

/** Searches until the search says it is done; `max` tries at the most. */
export function searched(system: Simulated, options: SearchOptions, random: Random, max = 400): readonly Trial[] {
  const trials: Trial[] = []
  for (let next = advise(options, trials).next; next !== undefined && trials.length < max; next = advise(options, trials).next) {
    trials.push({ value: next, held: holdsAt(system, options, next, random) })
  }
  return trials
}
