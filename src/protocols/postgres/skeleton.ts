/**
 * A short way from a statement to a name for all that differ from it in numbers and plain strings alone: the statement with a mark in
 * their place. Much cheaper than a fingerprint, and statements of one skeleton have one fingerprint. Where that is not plain there is none.
 */

/** Longer statements have none. */
const SQL_MAX = 2048

const byteOf = (character: string): number => character.charCodeAt(0)
const [QUOTE, DOUBLE, DOLLAR, DASH, SLASH, STAR, AMPERSAND] = [byteOf("'"), byteOf('"'), byteOf('$'), byteOf('-'), byteOf('/'), byteOf('*'), byteOf('&')]
/** Marks that stand in no statement; one that has them has no skeleton. */
const [NUMBER, STRING, NEITHER] = [0, 1, 2]
/** Before the bytes of a statement it makes a name that is no skeleton. */
export const NO_SKELETON = '\x02'
const [OTHER, WORD, DIGIT, MARK] = [0, 1, 2, 3]
/** MARK: what may begin something that is not read byte by byte. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  if (/[0-9]/.test(character)) return DIGIT
  if (/[A-Za-z_]/.test(character) || byte >= 128) return WORD
  return /['"$/-]/.test(character) || byte === NUMBER || byte === STRING || byte === NEITHER ? MARK : OTHER
})
const scratch = Buffer.alloc(SQL_MAX)

/** One character a byte; undefined where there is none. */
export function skeletonOf(sql: Buffer): string | undefined {
  const { length } = sql
  if (length > SQL_MAX) return undefined
  let written = 0
  let before = OTHER
  for (let at = 0; at < length;) {
    const byte = sql[at] ?? 0
    const kind = CLASSES[byte] ?? OTHER
    if (kind === DIGIT && before !== WORD) {
      let end = at + 1
      while (end < length && CLASSES[sql[end] ?? 0] === DIGIT) end++
      // 0x1F, 1e9: the letter says what the digits are.
      if (end < length && CLASSES[sql[end] ?? 0] === WORD) return undefined
      scratch[written++] = NUMBER
      at = end
      before = DIGIT
      continue
    }
    if (kind === MARK) {
      const end = endOf(sql, at, byte, before)
      if (end < 0) return undefined
      if (byte === QUOTE) scratch[written++] = STRING
      else for (let each = at; each < end; each++) scratch[written++] = sql[each] ?? 0
      at = end
      // Digits behind a `$` are the number of a parameter.
      before = byte === DOLLAR ? WORD : OTHER
      continue
    }
    scratch[written++] = byte
    at++
    before = kind === DIGIT ? WORD : kind
  }
  return scratch.toString('latin1', 0, written)
}

/** Behind what begins at `at`: a string, a name in quotes, a sign; -1 where it cannot be told without reading more closely. */
function endOf(sql: Buffer, at: number, byte: number, before: number): number {
  const next = sql[at + 1]
  switch (byte) {
    case QUOTE:
      // E'…', B'…', U&'…' have rules of their own.
      return before === WORD || sql[at - 1] === AMPERSAND ? -1 : closing(sql, at, QUOTE)
    case DOUBLE: return closing(sql, at, DOUBLE)
    case DOLLAR: return next !== undefined && CLASSES[next] === DIGIT && before !== WORD ? at + 1 : -1
    case DASH: return next === DASH ? -1 : at + 1
    case SLASH: return next === STAR ? -1 : at + 1
    default: return -1
  }
}

/** Behind the quote that ends what one at `at` begins; a doubled one ends nothing. -1 where it is left open. */
function closing(sql: Buffer, at: number, quote: number): number {
  for (let end = sql.indexOf(quote, at + 1); end >= 0; end = sql.indexOf(quote, end + 2)) {
    if (sql[end + 1] !== quote) return end + 1
  }
  return -1
}
