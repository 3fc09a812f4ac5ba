/** Names of experiments, made from what they are about. Pure. */

const LENGTH_MAX = 56

/** Lower-case letters and digits, parted by dashes: `GET brownout_shop:product:*` is `get-brownout-shop-product`. */
export const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, LENGTH_MAX).replace(/^-+|-+$/g, '') || 'unnamed'

/** Each once: the second of a name is `name-2`. */
export function distinct(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let own = name
    for (let n = 2; taken.has(own); n++) own = `${name}-${n}`
    taken.add(own)
    return own
  })
}
