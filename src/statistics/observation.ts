/** What one run says of one figure. */

/** Censored: the true value is above `value`, nobody watched for how much. */
export interface Observation { readonly value: number; readonly censored: boolean }

/** Which of two is known to be greater: 1 the first, -1 the second, 0 neither. A censored one is greater than what is not above its bound. */
export function order(a: Observation, b: Observation): -1 | 0 | 1 {
  if (a.censored && b.censored) return 0
  if (a.censored) return a.value >= b.value ? 1 : 0
  if (b.censored) return b.value >= a.value ? -1 : 0
  return a.value > b.value ? 1 : a.value < b.value ? -1 : 0
}
