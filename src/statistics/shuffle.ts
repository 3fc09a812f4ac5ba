/** Values in any order. */

import type { Random } from '../core/random.ts'

/** Fisher and Yates: every order is as probable as any other. */
export function shuffled(values: readonly number[], random: Random): number[] {
  const mixed = [...values]
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [one, other] = [mixed[i] ?? 0, mixed[j] ?? 0]
    mixed[i] = other
    mixed[j] = one
  }
  return mixed
}
