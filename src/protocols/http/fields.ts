/** The field lines of a head or of trailers, read when somebody asks for one. They were framed: each is `name:value`, and ends with CR LF. */

const LF = 10
const CR = 13
const COLON = 58
/** The bit of small letters. */
const SMALL = 32

/** Where a line stands in the bytes that it was found in. */
export interface FieldLine { readonly lineAt: number; readonly nameEnd: number; readonly lineEnd: number }

/** The first line of the field `name`, whatever its capitals, among those from `at` on. */
export function findField(raw: Buffer, at: number, name: string): FieldLine | undefined {
  const first = name.charCodeAt(0) | SMALL
  let lineAt = at
  while (lineAt < raw.length && raw[lineAt] !== CR) {
    const nameEnd = upTo(COLON, raw, lineAt)
    const lineEnd = upTo(LF, raw, nameEnd) + 1
    if (nameEnd - lineAt === name.length && ((raw[lineAt] ?? 0) | SMALL) === first && raw.toString('latin1', lineAt, nameEnd).toLowerCase() === name.toLowerCase()) return { lineAt, nameEnd, lineEnd }
    lineAt = lineEnd
  }
  return undefined
}

export const valueAt = (raw: Buffer, { nameEnd, lineEnd }: FieldLine): string => raw.toString('latin1', nameEnd + 1, lineEnd - 2).trim()

/** Of a field that stands there more than once: its values as one list. (RFC 9110, 5.3) */
export function fieldValue(raw: Buffer, at: number, name: string): string | undefined {
  let value: string | undefined
  for (let line = findField(raw, at, name); line; line = findField(raw, line.lineEnd, name)) value = value === undefined ? valueAt(raw, line) : `${value}, ${valueAt(raw, line)}`
  return value
}

function upTo(byte: number, raw: Buffer, at: number): number {
  let end = at
  while (end < raw.length && raw[end] !== byte) end++
  return end
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const FRAMING = '(?!(?:Content-Length|Transfer-Encoding) *(?::|$))'
/** What a parameter must look like: a name, or lines of fields, that leave the framing of the body alone. */
export const FIELD_NAME = { pattern: new RegExp(`^${FRAMING}${TOKEN}$`, 'i'), says: 'the name of a field, other than Content-Length and Transfer-Encoding' }
export const FIELDS = { pattern: new RegExp(`^(?:${FRAMING}${TOKEN}:[^\\r\\n]*(?:\\n|$))*$`, 'i'), says: 'lines of `Name: value`, none of them Content-Length or Transfer-Encoding' }

/** The fields of such lines. */
export const fieldsIn = (lines: string): (readonly [name: string, value: string])[] =>
  lines.split('\n').filter((one) => one !== '').map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trim()])
