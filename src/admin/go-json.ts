/**
 * JSON as Go's encoding/json takes and gives it: only the first value of a text is read, keys match whatever their case, numbers keep
 * their spelling (a count written 1e3 or 100.0 is none), and answers escape the characters of HTML. Bounded in depth.
 */

/** A number as it is written. */
export class GoNumber {
  readonly text: string
  constructor(text: string) { this.text = text }
}
export type GoJson = null | boolean | string | GoNumber | GoJson[] | GoObject
/** Entries in their order, doubles and all. */
export class GoObject {
  readonly entries: readonly (readonly [string, GoJson])[]
  constructor(entries: readonly (readonly [string, GoJson])[]) { this.entries = entries }

  /** The last value of that name that is not null; undefined where there is none. */
  get(name: string): Exclude<GoJson, null> | undefined {
    let found: Exclude<GoJson, null> | undefined
    for (const [key, value] of this.entries) if (value !== null && key.toLowerCase() === name) found = value
    return found
  }
}

/** What is wrong with a text or a value, in Go's words. */
export class GoJsonError extends Error {}

/** Nothing that a client sends is nested deeper. */
export const JSON_DEPTH_MAX = 64

const SPACE = /[ \t\r\n]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const LITERALS: readonly (readonly [string, GoJson])[] = [['true', true], ['false', false], ['null', null]]

/** The first value in `text`. Throws GoJsonError. */
export const parseGoJson = (text: string): GoJson => {
  const parser = new Parser(text)
  parser.space()
  if (parser.done) throw new GoJsonError('EOF')
  return parser.value(0)
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) { this.#text = text }

  get done(): boolean { return this.#at >= this.#text.length }

  space(): void {
    SPACE.lastIndex = this.#at
    SPACE.test(this.#text)
    this.#at = SPACE.lastIndex
  }

  value(depth: number): GoJson {
    if (depth > JSON_DEPTH_MAX) throw new GoJsonError('exceeded max depth')
    const next = this.#text[this.#at]
    if (next === '{') return this.#object(depth)
    if (next === '[') return this.#array(depth)
    if (next === '"') return this.#string()
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#at)) { this.#at += word.length; return value }
    }
    NUMBER.lastIndex = this.#at
    const number = NUMBER.exec(this.#text)
    if (!number) return this.#unexpected('looking for beginning of value')
    this.#at = NUMBER.lastIndex
    return new GoNumber(number[0])
  }

  #object(depth: number): GoObject {
    const entries: (readonly [string, GoJson])[] = []
    this.#at++
    this.space()
    if (this.#take('}')) return new GoObject(entries)
    for (;;) {
      this.space()
      if (this.#text[this.#at] !== '"') this.#unexpected('looking for beginning of object key string')
      const key = this.#string()
      this.space()
      if (!this.#take(':')) this.#unexpected('after object key')
      this.space()
      entries.push([key, this.value(depth + 1)])
      this.space()
      if (this.#take('}')) return new GoObject(entries)
      if (!this.#take(',')) this.#unexpected('after object key:value pair')
    }
  }

  #array(depth: number): GoJson[] {
    const items: GoJson[] = []
    this.#at++
    this.space()
    if (this.#take(']')) return items
    for (;;) {
      this.space()
      items.push(this.value(depth + 1))
      this.space()
      if (this.#take(']')) return items
      if (!this.#take(',')) this.#unexpected('after array element')
    }
  }

  #string(): string {
    const from = this.#at++
    for (; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.done) throw new GoJsonError('unexpected EOF')
      if (this.#text[this.#at] === '\\') this.#at++
    }
    this.#at++
    return unquoted(this.#text.slice(from, this.#at))
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false
    this.#at++
    return true
  }

  #unexpected(where: string): never {
    if (this.done) throw new GoJsonError('unexpected EOF')
    // Go goes by bytes: of a character of several, the first is what it trips over.
    const byte = Buffer.from(this.#text.slice(this.#at, this.#at + 1))[0] ?? 0
    const shown = byte === 0x27 ? "\\'" : byte < 0x20 ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte)
    throw new GoJsonError(`invalid character '${shown}' ${where}`)
  }
}

function unquoted(literal: string): string {
  try {
    // Half of a surrogate pair becomes the replacement character, as in Go: names must survive being encoded.
    return Buffer.from(String(JSON.parse(literal))).toString()
  } catch (error) {
    if (error instanceof SyntaxError) throw new GoJsonError('invalid character in string literal')
    throw error
  }
}

const kindOf = (value: GoJson): string => {
  if (value instanceof GoNumber) return 'number'
  if (value instanceof GoObject) return 'object'
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : 'string'
}

const mismatch = (value: GoJson, field: string, type: string, shown = ''): never => {
  throw new GoJsonError(`json: cannot unmarshal ${kindOf(value)}${shown} into Go ${field.includes('.') ? `struct field ${field}` : 'value'} of type ${type}`)
}

/** Each reads a field that may be missing or null, and throws GoJsonError where it is of another type. `field` is named as Go would. */
export const goString = (value: GoJson | undefined, field: string): string | undefined =>
  value === undefined || value === null || typeof value === 'string' ? value ?? undefined : mismatch(value, field, 'string')
export const goBool = (value: GoJson | undefined, field: string): boolean | undefined =>
  value === undefined || value === null || typeof value === 'boolean' ? value ?? undefined : mismatch(value, field, 'bool')

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Digits only, as Go has it; a value past 2^53 loses its last places, which no attribute allows anyway. */
export function goInt(value: GoJson | undefined, field: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!(value instanceof GoNumber)) return mismatch(value, field, 'int64')
  const whole = /^-?\d+$/.test(value.text) ? BigInt(value.text) : undefined
  return whole !== undefined && whole >= INT64.min && whole <= INT64.max ? Number(whole) : mismatch(value, field, 'int64', ` ${value.text}`)
}

export function goFloat(value: GoJson | undefined, field: string, type: 'float32' | 'float64'): number | undefined {
  if (value === undefined || value === null) return undefined
  if (!(value instanceof GoNumber)) return mismatch(value, field, type)
  const number = type === 'float32' ? Math.fround(Number(value.text)) : Number(value.text)
  return Number.isFinite(number) ? number : mismatch(value, field, type, ` ${value.text}`)
}

/** An object, or an empty one for null. */
export function goObject(value: GoJson, field: string, type: string): GoObject {
  if (value === null) return new GoObject([])
  return value instanceof GoObject ? value : mismatch(value, field, type)
}

export function goArray(value: GoJson, type: string): readonly GoJson[] {
  if (value === null) return []
  return Array.isArray(value) ? value : mismatch(value, '', type)
}

/** The shortest decimal that is the same float32. */
export function shortestFloat32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return value
}

const ESCAPES: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' }

/** Compact, with the characters of HTML escaped. A Map keeps its order, which an object of number-like names would not. */
export function writeGoJson(value: unknown): string {
  if (value instanceof Map) return `{${[...value].map(([key, one]) => `${writeGoJson(String(key))}:${writeGoJson(one)}`).join(',')}}`
  if (Array.isArray(value)) return `[${value.map(writeGoJson).join(',')}]`
  if (typeof value === 'object' && value !== null) return writeGoJson(new Map(Object.entries(value)))
  return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, (char) => ESCAPES[char] ?? char)
}
