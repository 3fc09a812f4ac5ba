/** How improbable so many failures are. */

import { gammaln } from 'simple-statistics'

/** Terms smaller than this share of the sum change nothing any more. */
const NEGLIGIBLE = 1e-17

/**
 * P(X >= `least`) for X ~ Binomial(`trials`, `p`), exact but for rounding: about 1e-9 of the value at a million trials.
 * Sums the nearer tail only, from its largest term outwards, so that neither cancellation nor underflow can spoil a small result.
 */
export function binomialTail(least: number, trials: number, p: number): number {
  if (least <= 0 || p >= 1) return least <= trials ? 1 : 0
  if (least > trials || p <= 0) return 0
  const odds = p / (1 - p)
  if (least > trials * p) {
    let term = mass(least, trials, p)
    let sum = term
    for (let k = least; k < trials && term > sum * NEGLIGIBLE; k++) {
      term *= ((trials - k) / (k + 1)) * odds
      sum += term
    }
    return Math.min(1, sum)
  }
  let term = mass(least - 1, trials, p)
  let sum = term
  for (let k = least - 1; k > 0 && term > sum * NEGLIGIBLE; k--) {
    term *= k / (trials - k + 1) / odds
    sum += term
  }
  return Math.max(0, 1 - sum)
}

/** P(X = k). */
function mass(k: number, trials: number, p: number): number {
  const ways = gammaln(trials + 1) - gammaln(k + 1) - gammaln(trials - k + 1)
  return Math.exp(ways + k * Math.log(p) + (trials - k) * Math.log1p(-p))
}
