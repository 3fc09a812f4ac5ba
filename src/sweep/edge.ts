/** What the tries of a search say of the edge: the largest value that holds, and between which values the edge lies. */

import { bracketOf, clearOf, levelsOf, type Level, type Trial } from './search.ts'
import type { Scale } from './scale.ts'

export type Edge =
  /** Steady state holds up to `holds`, breaks at `breaks`; the edge is within `interval` with nine chances in ten, given in the order easy, hard. */
  | { readonly kind: 'found'; readonly holds: number; readonly breaks: number; readonly interval: readonly [number, number] }
  /** It holds at the hard end. */
  | { readonly kind: 'holds'; readonly holds: number }
  /** It breaks at the easy end. */
  | { readonly kind: 'breaks'; readonly breaks: number }

/** A try comes out wrong so often whatever the value is: a system has its moments. */
const LAPSE = 0.02
/** Twice the fall in log-likelihood that leaves 95 % where tries are many (chi-squared with one degree of freedom); as tries go where the edge is thought to be, it is nine in ten. */
const FALL = 3.841
const PLACES = 300
/** The edge is looked for so far around where it was found, in positions. */
const AROUND = 0.15
/** From nearly a step to a slope over a fifth of the range. */
const WIDTHS: readonly number[] = Array.from({ length: 14 }, (_, i) => 2e-4 * 2 ** (i * 0.75))

/** Undefined before there was any try. */
export function edgeOf(scale: Scale, trials: readonly Trial[]): Edge | undefined {
  const levels = levelsOf(scale, trials)
  const { held, broke } = bracketOf(levels)
  if (!broke) return held && { kind: 'holds', holds: held.value }
  if (!held) return { kind: 'breaks', breaks: broke.value }
  return { kind: 'found', holds: held.value, breaks: broke.value, interval: intervalOf(scale, levels, held, broke) }
}

/**
 * A logistic curve falls from `1 - LAPSE` to `LAPSE` around the edge; the interval holds every place of the edge under which the tries are not
 * much less likely than under the best (profile likelihood over the curve's width), and everything up to the values that left no doubt.
 */
function intervalOf(scale: Scale, levels: readonly Level[], held: Level, broke: Level): readonly [number, number] {
  const tried = levels.map((level) => ({ ...level, position: scale.positionOf(level.value) }))
  const [low, high] = [scale.positionOf(held.value), scale.positionOf(broke.value)]
  const [first, last] = [Math.max(tried[0]?.position ?? 0, low - AROUND), Math.min(tried.at(-1)?.position ?? 1, high + AROUND)]
  const likelihoodAt = (edge: number): number => Math.max(...WIDTHS.map((width) => tried.reduce((sum, { position, held: good, tries }) => {
    const probability = LAPSE + (1 - 2 * LAPSE) / (1 + Math.exp((position - edge) / width))
    return sum + good * Math.log(probability) + (tries - good) * Math.log(1 - probability)
  }, 0)))
  const places = Array.from({ length: PLACES + 1 }, (_, i) => first + ((last - first) * i) / PLACES)
  const graded = [...places, low, (low + high) / 2, high].map((place) => ({ place, likelihood: likelihoodAt(place) }))
  const best = Math.max(...graded.map(({ likelihood }) => likelihood))
  const likely = graded.filter(({ likelihood }) => 2 * (best - likelihood) <= FALL).map(({ place }) => place)
  const { easy, hard } = clearOf(levels)
  const clear = [...easy, ...hard].map(({ value }) => scale.positionOf(value))
  return [scale.exactAt(Math.min(low, ...likely, ...clear)), scale.exactAt(Math.max(high, ...likely, ...clear))]
}
