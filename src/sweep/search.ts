/**
 * Where a system breaks as a knob is turned: which value to try next, given what the tries so far have shown. A pure function of them.
 *
 *   steps up to the first that breaks twice ─▶ halving between the last that held and that one ─▶ both tried again, since any one try may be chance,
 *   and where they come out now so and now otherwise their neighbours too, up to those that leave no doubt
 */

import type { Scale } from './scale.ts'

/** One try: whether steady state held at that value. */
export interface Trial { readonly value: number; readonly held: boolean }

export interface SearchOptions {
  readonly scale: Scale
  /** Values from one end to the other, before any halving. */
  readonly steps: number
  /** Halving ends when the two values differ by at most this share of the larger. */
  readonly resolution: number
  /** How often the values on both sides of the edge are tried. */
  readonly repeats: number
}

export type Advice = { readonly next: number; readonly why: 'step' | 'halve' | 'repeat' } | { readonly next: undefined }

/** All tries at one value. `holds` is the share that held, after values that contradict their order have been pooled: it never rises with hardness. */
export interface Level { readonly value: number; readonly held: number; readonly tries: number; readonly holds: number }

/** Tries at a value whose outcomes are as often one as the other end here; then it counts as broken. */
const TRIES_MAX_FACTOR = 3

/** By value, the easiest first. Isotonic regression: adjacent levels are pooled until no harder one holds more often. */
export function levelsOf(scale: Scale, trials: readonly Trial[]): readonly Level[] {
  const counts = new Map<number, { held: number; tries: number }>()
  for (const { value, held } of trials) {
    const count = counts.get(value) ?? { held: 0, tries: 0 }
    counts.set(value, { held: count.held + (held ? 1 : 0), tries: count.tries + 1 })
  }
  const sorted = [...counts].map(([value, count]) => ({ value, ...count })).sort((a, b) => scale.positionOf(a.value) - scale.positionOf(b.value))
  const pools: { held: number; tries: number; levels: number }[] = []
  for (const { held, tries } of sorted) {
    let pool = { held, tries, levels: 1 }
    for (let last = pools.at(-1); last && last.held / last.tries < pool.held / pool.tries; last = pools.at(-1)) {
      pools.pop()
      pool = { held: last.held + pool.held, tries: last.tries + pool.tries, levels: last.levels + pool.levels }
    }
    pools.push(pool)
  }
  const shares = pools.flatMap(({ held, tries, levels }) => Array.from({ length: levels }, () => held / tries))
  return sorted.map((level, i) => ({ ...level, holds: shares[i] ?? 0 }))
}

export interface Bracket {
  /** The hardest value that holds more often than not; undefined: none does. */
  readonly held: Level | undefined
  /** The easiest that breaks more often than not; undefined: none does. */
  readonly broke: Level | undefined
}

export function bracketOf(levels: readonly Level[]): Bracket {
  return { held: levels.findLast(({ holds }) => holds > 0.5), broke: levels.find(({ holds }) => holds <= 0.5) }
}

/** The levels on both sides of the edge, outwards, up to the first at which every try came out as it should. */
export function clearOf(levels: readonly Level[]): { readonly easy: readonly Level[]; readonly hard: readonly Level[] } {
  const { held, broke } = bracketOf(levels)
  const upTo = (side: readonly Level[], clear: (level: Level) => boolean): readonly Level[] => {
    const end = side.findIndex(clear)
    return end < 0 ? side : side.slice(0, end + 1)
  }
  return {
    easy: held ? upTo(levels.slice(0, levels.indexOf(held) + 1).reverse(), ({ held: good, tries }) => good === tries) : [],
    hard: held && broke ? upTo(levels.slice(levels.indexOf(broke)), ({ held: good }) => good === 0) : [],
  }
}

/** What to try next; nothing when the edge is known as well as was asked for. */
export function advise({ scale, steps, resolution, repeats }: SearchOptions, trials: readonly Trial[]): Advice {
  const levels = levelsOf(scale, trials)
  const undecided = levels.filter(({ holds, tries }) => holds === 0.5 && tries < TRIES_MAX_FACTOR * repeats)
  const again = undecided.reduce<Level | undefined>((least, level) => (least === undefined || level.tries < least.tries ? level : least), undefined)
  if (again) return { next: again.value, why: 'repeat' }
  const { held, broke } = bracketOf(levels)
  const reached = held ? scale.positionOf(held.value) : Number.NEGATIVE_INFINITY
  const step = broke ? undefined : scale.steps(steps).find((value) => scale.positionOf(value) > reached + 1e-9)
  if (step !== undefined) return { next: step, why: 'step' }
  // Halving down from a break that was chance costs more than looking twice.
  const broken = trials.filter((trial) => !trial.held)
  if (held && broke && broken.length === 1 && !near(held.value, broke.value, resolution)) return { next: broke.value, why: 'repeat' }
  if (held && broke && !near(held.value, broke.value, resolution)) {
    const value = scale.between(held.value, broke.value)
    if (value !== undefined) return { next: value, why: 'halve' }
  }
  const { easy, hard } = clearOf(levels)
  const rare = [held, broke, ...easy, ...hard].flatMap((level) => (level && level.tries < repeats ? [level] : [])).sort((a, b) => a.tries - b.tries)[0]
  return rare ? { next: rare.value, why: 'repeat' } : { next: undefined }
}

const near = (a: number, b: number, resolution: number): boolean => Math.abs(a - b) <= resolution * Math.max(Math.abs(a), Math.abs(b))

/** About how many tries are still to come, for people who wait. */
export function triesLeft(options: SearchOptions, trials: readonly Trial[]): number {
  const { scale, steps, resolution, repeats } = options
  const { held, broke } = bracketOf(levelsOf(scale, trials))
  const stepPositions = 1 / Math.max(1, steps - 1)
  const finest = Math.max(1e-6, Math.abs(scale.positionOf(scale.exactAt(0.5) * (1 + resolution)) - 0.5))
  const halvings = (width: number): number => Math.max(0, Math.ceil(Math.log2(width / finest)))
  const lacking = (level: Level | undefined): number => Math.max(0, repeats - (level?.tries ?? 1))
  if (broke) return (held ? halvings(scale.positionOf(broke.value) - scale.positionOf(held.value)) : 0) + lacking(held) + lacking(broke)
  // Half of the steps that are left, as nobody knows: it may break at the next.
  const left = scale.steps(steps).filter((value) => !held || scale.positionOf(value) > scale.positionOf(held.value)).length
  return Math.ceil(left / 2) + halvings(stepPositions) + 2 * (repeats - 1)
}
