/** Times that were not all watched to their end. */

import { normalTail } from './normal.ts'
import type { Observation } from './observation.ts'

/** The first time by which half is over (Kaplan and Meier, 1958); undefined where that was never seen. */
export function medianTime(times: readonly Observation[]): number | undefined {
  const ends = [...new Set(times.filter(({ censored }) => !censored).map(({ value }) => value))].sort((x, y) => x - y)
  let left = 1
  for (const end of ends) {
    left *= 1 - over(times, end) / atRisk(times, end)
    // Not for the last bit of a product.
    if (left <= 0.5 + 1e-12) return end
  }
  return undefined
}

/** Two-sided p that two sets of times are alike (Mantel, 1966), and its chi-square with one degree of freedom; 1 where nothing ended. */
export function logRank(a: readonly Observation[], b: readonly Observation[]): { readonly chiSquare: number; readonly p: number } {
  const all = [...a, ...b]
  const ends = [...new Set(all.filter(({ censored }) => !censored).map(({ value }) => value))]
  let [away, variance] = [0, 0]
  for (const end of ends) {
    const [risk, riskB, ended] = [atRisk(all, end), atRisk(b, end), over(all, end)]
    away += over(b, end) - (ended * riskB) / risk
    if (risk > 1) variance += (ended * riskB * (risk - riskB) * (risk - ended)) / (risk ** 2 * (risk - 1))
  }
  const chiSquare = variance === 0 ? 0 : away ** 2 / variance
  return { chiSquare, p: Math.min(1, 2 * normalTail(Math.sqrt(chiSquare))) }
}

const atRisk = (times: readonly Observation[], at: number): number => times.filter(({ value }) => value >= at).length
const over = (times: readonly Observation[], at: number): number => times.filter(({ value, censored }) => !censored && value === at).length
