/** Of all ways to draw some of the scores without regard to whose they are: how often is their sum so great? */

import { normalTail } from './normal.ts'

/** So many scores are still counted out one by one; beyond that the sum is as good as normal. */
export const EXACT_MAX = 60

/** What the sum of `size` of the scores can be: the least sum, and how many ways lead to it and to each whole number above. */
export function waysOf(scores: readonly number[], size: number): { readonly least: number; readonly ways: readonly number[] } {
  const lowest = Math.min(...scores)
  const lifted = scores.map((score) => score - lowest)
  const most = [...lifted].sort((a, b) => b - a).slice(0, size).reduce((sum, score) => sum + score, 0)
  // ways[taken][sum]: of the scores seen so far.
  const ways = Array.from({ length: size + 1 }, () => new Float64Array(most + 1))
  if (ways[0]) ways[0][0] = 1
  for (const score of lifted) {
    for (let taken = size; taken > 0; taken--) {
      const [to, from] = [ways[taken], ways[taken - 1]]
      if (!to || !from) continue
      for (let sum = most; sum >= score; sum--) to[sum] = (to[sum] ?? 0) + (from[sum - score] ?? 0)
    }
  }
  return { least: lowest * size, ways: [...(ways[size] ?? [])] }
}

export interface Tails {
  /** P(sum >= drawn) and P(sum <= drawn): near 0 where `drawn` is great, and small. */
  readonly greater: number
  readonly less: number
  /** The least that either could have been, whatever was drawn: above the level, these scores cannot show anything. */
  readonly least: number
}

/** Exact for up to EXACT_MAX scores, ties and all; normal with a correction for continuity beyond. `scores` are whole numbers, `drawn` the sum of `size` of them. */
export function tailsOf(scores: readonly number[], size: number, drawn: number): Tails {
  return scores.length <= EXACT_MAX ? exactTails(scores, size, drawn) : normalTails(scores, size, drawn)
}

function exactTails(scores: readonly number[], size: number, drawn: number): Tails {
  const { least, ways } = waysOf(scores, size)
  const all = ways.reduce((sum, count) => sum + count, 0)
  const share = (from: number, to: number): number => ways.slice(Math.max(0, from), Math.max(0, to)).reduce((sum, count) => sum + count, 0) / all
  const at = drawn - least
  const last = ways.findLastIndex((count) => count > 0)
  return { greater: share(at, ways.length), less: share(0, at + 1), least: Math.min(share(last, ways.length), share(0, ways.findIndex((count) => count > 0) + 1)) }
}

/** The variance is that of drawing without replacement; sums of ranks lie two apart on this scale, so half of that is the correction. */
function normalTails(scores: readonly number[], size: number, drawn: number): Tails {
  const count = scores.length
  const mean = scores.reduce((sum, score) => sum + score, 0) / count
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
  const deviation = Math.sqrt((size * (count - size) * squares) / (count * (count - 1)))
  if (deviation === 0) return { greater: 1, less: 1, least: 1 }
  const away = drawn - size * mean
  const sorted = [...scores].sort((a, b) => a - b)
  const sumOf = (some: readonly number[]): number => some.reduce((sum, score) => sum + score, 0) - size * mean
  const furthest = Math.max(sumOf(sorted.slice(count - size)), -sumOf(sorted.slice(0, size)))
  return { greater: normalTail((away - 1) / deviation), less: normalTail((-away - 1) / deviation), least: normalTail((furthest - 1) / deviation) }
}
