/** Knows a request again without keeping it. */

/** Bytes that are looked at from either end. */
const LOOKED_AT = 128

/** Fowler, Noll and Vo's hash, in 32 bits. */
export const FNV_BASIS = 0x811c9dc5
export const FNV_PRIME = 0x01000193

/** Of the bytes from `start` to `end`: equal ones have an equal number, others hardly ever. Never 0, which stands for unknown. */
export function identityOf(raw: Buffer, start: number, end: number): number {
  let hash = FNV_BASIS ^ (end - start)
  const first = Math.min(end, start + LOOKED_AT)
  for (let at = start; at < first; at++) hash = Math.imul(hash ^ (raw[at] ?? 0), FNV_PRIME)
  for (let at = Math.max(first, end - LOOKED_AT); at < end; at++) hash = Math.imul(hash ^ (raw[at] ?? 0), FNV_PRIME)
  return hash === 0 ? 1 : hash
}

/** The same of a text; in every process. */
export function identityOfText(text: string): number {
  const bytes = Buffer.from(text)
  return identityOf(bytes, 0, bytes.length)
}

/** `bytes` are the first `length` of `scratch`. */
export function isAll(bytes: Buffer, scratch: Buffer, length: number): boolean {
  if (bytes.length !== length) return false
  for (let at = 0; at < length; at++) if (bytes[at] !== scratch[at]) return false
  return true
}
