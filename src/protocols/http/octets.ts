/** The bytes that heads are made of. */

const TAB = 9
const LF = 10
const CR = 13
const SPACE = 32

const within = (pattern: RegExp): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0))
/** Characters of a method and of a field's name. (RFC 9110, 5.6.2) */
export const IS_TOKEN = within(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/)
/** The value of a hexadecimal digit; 255 of anything else. */
export const HEX = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9a-f]/i.test(String.fromCharCode(byte)) ? Number.parseInt(String.fromCharCode(byte), 16) : 255))

/** Where text ends: at the first control character but TAB. Four bytes at a time, for this is where the time goes. */
export function textEnd(bytes: Buffer, at: number, end: number): number {
  let next = at
  for (;;) {
    while (next + 3 < end && (bytes[next] ?? 0) >= SPACE && (bytes[next + 1] ?? 0) >= SPACE && (bytes[next + 2] ?? 0) >= SPACE && (bytes[next + 3] ?? 0) >= SPACE) next += 4
    while (next < end && (bytes[next] ?? 0) >= SPACE) next++
    if (next === end || bytes[next] !== TAB) return next
    next++
  }
}

/** A byte that cannot stand there, in words. */
export function oddity(byte: number, place: string): string {
  switch (byte) {
    case LF: return `a bare LF in ${place}`
    case CR: return `a line that ends in ${place}`
    case 0: return `a NUL in ${place}`
    case SPACE: case TAB: return `white space in ${place}`
    default: return `0x${byte.toString(16).padStart(2, '0')} in ${place}`
  }
}
