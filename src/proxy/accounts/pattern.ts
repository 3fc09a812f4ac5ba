/**
 * What keys of one kind have in common: `user:42:cart` and `user:7:cart` are `user:*:cart`. What varies from key to key may be private:
 *
 *   digits, hex, UUIDs, dates       order:2024-11-23 → order:*   img:9f86d081 → img:*
 *   long words with a digit in them  session:kT9xW2bQz81mNp → session:*
 *   parts that are no plain words    mail:ada@example.com → mail:*
 *
 * A plain word without digits is taken for part of the name.
 */

import { FNV_BASIS, FNV_PRIME } from './identity.ts'

/** Bytes of a pattern at the most; `…` ends one that was cut. */
export const PATTERN_MAX = 64
/** More of a key is not looked at. */
const KEY_MAX = 512
const CUT = Buffer.from('…')
const PATTERN_ROOM = PATTERN_MAX + CUT.length

const STAR = 42
const DASH = 45
const [ZERO, NINE] = [48, 57]
/** Classes of bytes. */
const [UNSAFE, DIGIT, HEX, LETTER, JOINS, PARTS] = [0, 1, 2, 3, 4, 5]
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (/[0-9]/.test(character)) return DIGIT
  if (/[a-fA-F]/.test(character)) return HEX
  if (/[a-zA-Z]/.test(character)) return LETTER
  if (/[-._~,{}#]/.test(character)) return JOINS
  return /[:/|]/.test(character) ? PARTS : UNSAFE
})
/** From so many characters on a word is no name. */
const HEX_MIN = 6
const HEX_LETTERS_MIN = 8
const WITH_DIGIT_MIN = 12
const LETTERS_MIN = 24

/** Where a pattern is written, and what the key itself can be known by again. */
export interface Scratch { readonly bytes: Buffer; length: number; identity: number }
export const newScratch = (): Scratch => ({ bytes: Buffer.alloc(PATTERN_ROOM), length: 0, identity: 0 })

/** Writes the pattern of the key in `raw` from `start` to `end` into `into`. Makes nothing. */
export function readPattern(raw: Buffer, start: number, end: number, into: Scratch): void {
  const scratch = into.bytes
  const until = Math.min(end, start + KEY_MAX)
  let length = 0
  let hash = FNV_BASIS ^ (end - start)
  for (let at = start; at < until && length <= PATTERN_MAX;) {
    let to = at
    let digits = 0
    let letters = 0
    let joins = 0
    let unsafe = 0
    for (; to < until; to++) {
      const byte = raw[to] ?? 0
      const kind = CLASSES[byte]
      hash = Math.imul(hash ^ byte, FNV_PRIME)
      if (kind === PARTS) break
      if (kind === DIGIT) digits++
      else if (kind === LETTER) letters++
      else if (kind === JOINS) joins++
      else if (kind === UNSAFE) unsafe++
    }
    if (unsafe > 0) length = star(scratch, length)
    else if (joins > 0) length = words(raw, at, to, scratch, length)
    else if (to > at) length = word(raw, at, to, digits, to - at - letters, scratch, length)
    if (to < until) length = put(raw[to] ?? 0, scratch, length)
    at = to + 1
  }
  into.identity = hash
  into.length = length
  if (length <= PATTERN_MAX && end <= until) return
  const cut = Math.min(length, PATTERN_MAX)
  CUT.copy(scratch, cut)
  into.length = cut + CUT.length
}

/** Whether what varies in it stands apart from all else, so that keys can be held against it. */
export function isMatchable(pattern: Buffer): boolean {
  const apart = (byte: number | undefined): boolean => byte === undefined || CLASSES[byte] === PARTS
  return pattern.every((byte, at) => byte < 128 && (byte !== STAR || (apart(pattern[at - 1]) && apart(pattern[at + 1]))))
}

/** Whether that is the key's pattern and only numbers vary: a short way to it, false where it is not known. Where true `into` has the key's identity. */
export function matchesPattern(pattern: Buffer, raw: Buffer, start: number, end: number, into: Scratch): boolean {
  if (end - start > KEY_MAX) return false
  let hash = FNV_BASIS ^ (end - start)
  let at = start
  for (let place = 0; place < pattern.length; place++) {
    const wanted = pattern[place]
    let byte = raw[at] ?? 0
    if (wanted !== STAR) {
      if (byte !== wanted) return false
      hash = Math.imul(hash ^ byte, FNV_PRIME)
      at++
      continue
    }
    if (byte < ZERO || byte > NINE) return false
    do {
      hash = Math.imul(hash ^ byte, FNV_PRIME)
      byte = raw[++at] ?? 0
    } while (byte >= ZERO && byte <= NINE)
  }
  into.identity = hash
  return at === end
}

/** The words of a part, and what joins them. */
function words(raw: Buffer, start: number, end: number, scratch: Buffer, written: number): number {
  let length = written
  for (let at = start; at < end;) {
    let to = at
    let digits = 0
    let letters = 0
    for (; to < end; to++) {
      const kind = CLASSES[raw[to] ?? 0]
      if (kind === JOINS) break
      if (kind === DIGIT) digits++
      else if (kind === LETTER) letters++
    }
    if (to > at) length = word(raw, at, to, digits, to - at - letters, scratch, length)
    if (to < end) length = put(raw[to] ?? 0, scratch, length)
    at = to + 1
  }
  return length
}

/** A word with so many digits, and so many that could be of a hex number; only its digits may vary: `v2` is `v*`. */
function word(raw: Buffer, start: number, end: number, digits: number, hex: number, scratch: Buffer, written: number): number {
  if (varies(end - start, digits, hex) || (hex === end - start && afterStar(scratch, written))) return star(scratch, written)
  let length = written
  for (let at = start; at < end; at++) {
    const byte = raw[at] ?? 0
    length = digits > 0 && CLASSES[byte] === DIGIT ? star(scratch, length) : put(byte, scratch, length)
  }
  return length
}

function varies(length: number, digits: number, hex: number): boolean {
  if (digits === 0) return length >= LETTERS_MIN || (hex === length && length >= HEX_LETTERS_MIN)
  return digits === length || length >= WITH_DIGIT_MIN || (hex === length && length >= HEX_MIN)
}

/** Within what may be a UUID or a date. */
const afterStar = (scratch: Buffer, length: number): boolean => length >= 2 && scratch[length - 1] === DASH && scratch[length - 2] === STAR

/** One for all that follow each other: `*-*` is `*`. */
function star(scratch: Buffer, length: number): number {
  if (length > 0 && scratch[length - 1] === STAR) return length
  const joined = length >= 2 && scratch[length - 2] === STAR && CLASSES[scratch[length - 1] ?? 0] === JOINS
  return joined ? length - 1 : put(STAR, scratch, length)
}

function put(byte: number, scratch: Buffer, length: number): number {
  if (length < PATTERN_ROOM) scratch[length] = byte
  return length + 1
}
