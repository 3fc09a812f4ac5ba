/** Knows a request again without keeping it. */

/** Bytes that are looked at from either end. */
const LOOKED_AT = 128
const BASIS = 0x811c9dc5
/** Odd, and its bits are spread: what is multiplied by it differs in all higher bits. */
export const SPREAD = 0x9e3779b1

/** Of the bytes from `start` to `end`: equal ones have an equal number, others hardly ever. Never 0, which stands for unknown. */
export function identityOf(raw: Buffer, start: number, end: number): number {
  const first = Math.min(end, start + LOOKED_AT)
  let hash = mixed(raw, start, first, BASIS ^ (end - start))
  if (first < end) hash = mixed(raw, Math.max(first, end - LOOKED_AT), end, hash)
  return hash === 0 ? 1 : hash
}

/** Four bytes at a time, for each step waits for the one before. */
function mixed(raw: Buffer, start: number, end: number, from: number): number {
  let hash = from
  let at = start
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ ((raw[at] ?? 0) | ((raw[at + 1] ?? 0) << 8) | ((raw[at + 2] ?? 0) << 16) | ((raw[at + 3] ?? 0) << 24)), SPREAD)
    hash ^= hash >>> 15
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (raw[at] ?? 0), SPREAD)
  return hash
}

/** `bytes` are the first `length` of `scratch`. */
export function isAll(bytes: Buffer, scratch: Buffer, length: number): boolean {
  if (bytes.length !== length) return false
  for (let at = 0; at < length; at++) if (bytes[at] !== scratch[at]) return false
  return true
}
