/** Medians with intervals from a few rounds, without a word on how they are distributed. Pure. */

const CONFIDENCE = 0.95

/** `low` to `high` holds the true value in 95 % of all cases; with fewer than six rounds in as many as the extremes give (five: 94 %). */
export interface Estimate { readonly value: number; readonly low: number; readonly high: number }

/** Of one sample: the interval is between two of its values (sign test). NaN of none. */
export function median(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b)
  const ways = Array.from({ length: sorted.length + 1 }, (_, k) => choose(sorted.length, k))
  return between(sorted, ways)
}

/** How many times as large as before: the median of all ratios of a value now to one then (Hodges and Lehmann), its interval that of the rank-sum test. */
export function change(now: readonly number[], then: readonly number[]): Estimate {
  const sorted = now.flatMap((after) => then.map((before) => after / before)).sort((a, b) => a - b)
  return between(sorted, rankSums(now.length, then.length))
}

/** Of several percentiles as of one: the value at the share `q` of sorted values. */
export const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN

/** `ways[k]`: in how many of all cases exactly k of the sorted values are below the true one. */
function between(sorted: readonly number[], ways: readonly number[]): Estimate {
  const all = ways.reduce((sum, count) => sum + count, 0)
  let [drop, below] = [0, ways[0] ?? 0]
  // One more may be left out at either end for as long as both tails together stay under what may be missed.
  while ((2 * (below + (ways[drop + 1] ?? 0))) / all <= 1 - CONFIDENCE) below += ways[++drop] ?? 0
  const middle = (sorted.length - 1) / 2
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { value: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, low: at(drop), high: at(sorted.length - 1 - drop) }
}

function choose(n: number, k: number): number {
  let ways = 1
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i
  return ways
}

/** How many orders of `m` and `n` values have u pairs in which the first is the larger, for each u from 0 to m n. */
function rankSums(m: number, n: number): number[] {
  if (m === 0 || n === 0) return [1]
  // The largest of all is one of the n, which adds no pair, or one of the m, which adds n of them.
  const [without, withIt] = [rankSums(m, n - 1), rankSums(m - 1, n)]
  return Array.from({ length: m * n + 1 }, (_, u) => (without[u] ?? 0) + (withIt[u - n] ?? 0))
}
