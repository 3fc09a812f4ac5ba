/** The short way to a route: a path without what looks like an identifier, byte by byte. Paths of one shape have one route, but where a pattern names an identifier. */

/** Longer paths have no shape. */
export const SHAPE_MAX = 256
const SLASH = 47
const DASH = 45
const HYPHEN_AT = [8, 13, 18, 23] as const
const UUID_LENGTH = 36
const HEX_LEAST = 16
/** Stands for an identifier: no such byte is in a path. */
const IDENTIFIER = 0
/** What a segment may be made of, as bits: digits alone, hexadecimal digits alone, those with dashes. */
const [DIGITS, HEX, DASHED] = [1, 2, 4] as const
const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /\d/.test(character) ? DIGITS | HEX | DASHED : /[a-f]/i.test(character) ? HEX | DASHED : byte === DASH ? DASHED : 0
})

export interface Shape { readonly bytes: Buffer; length: number }
export const newShape = (): Shape => ({ bytes: Buffer.alloc(SHAPE_MAX), length: 0 })

/** Writes that of the bytes from `start` to `end`, of which what stands before the first slash is taken as it is. False where they are too long. */
export function readShape(raw: Buffer, start: number, end: number, shape: Shape): boolean {
  if (end - start > SHAPE_MAX) return false
  const { bytes } = shape
  let length = 0
  /** Of the segment in hand: where it begins in either, and what it may be. */
  let [segmentAt, writtenAt, kinds] = [-1, 0, 0]
  for (let at = start; at < end; at++) {
    const byte = raw[at] ?? 0
    if (byte === SLASH) {
      if (kinds !== 0 && isIdentifier(raw, segmentAt, at, kinds)) length = mark(bytes, writtenAt)
      bytes[length++] = byte
      segmentAt = at + 1
      writtenAt = length
      kinds = DIGITS | HEX | DASHED
    } else {
      bytes[length++] = byte
      kinds &= KINDS[byte] ?? 0
    }
  }
  if (kinds !== 0 && isIdentifier(raw, segmentAt, end, kinds)) length = mark(bytes, writtenAt)
  shape.length = length
  return true
}

function mark(bytes: Buffer, at: number): number {
  bytes[at] = IDENTIFIER
  return at + 1
}

/** As `Routes` has it: digits, a UUID, or 16 hexadecimal digits and more. */
function isIdentifier(raw: Buffer, at: number, end: number, kinds: number): boolean {
  if (at < 0 || at === end) return false
  if ((kinds & DIGITS) !== 0) return true
  if ((kinds & HEX) !== 0) return end - at >= HEX_LEAST
  return end - at === UUID_LENGTH && HYPHEN_AT.every((offset) => raw[at + offset] === DASH) && dashes(raw, at, end) === HYPHEN_AT.length
}

function dashes(raw: Buffer, at: number, end: number): number {
  let count = 0
  for (let next = at; next < end; next++) if (raw[next] === DASH) count++
  return count
}
