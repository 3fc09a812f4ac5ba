/** Many tests at once: of what is called a finding, the share that is none stays below q (Benjamini and Hochberg, J. R. Statist. Soc. B 57, 1995). */

/** For each p the least q at which it is a finding, in the order given. */
export function adjusted(ps: readonly number[]): readonly number[] {
  const ascending = ps.map((p, i) => ({ p, i })).sort((x, y) => x.p - y.p)
  const found = ps.map(() => 1)
  let least = 1
  for (let rank = ascending.length; rank > 0; rank--) {
    const one = ascending[rank - 1]
    if (!one) continue
    least = Math.min(least, (one.p * ps.length) / rank)
    found[one.i] = least
  }
  return found
}
