/** Cuts SQL into tokens, as Postgres' own lexer does and no further. Linear; any bytes will do. (PostgreSQL 18, 4.1) */

/** `literal`: a number, a string of any kind, or a parameter. `name`: a quoted identifier. */
export type TokenKind = 'word' | 'name' | 'literal' | 'operator' | 'punctuation' | 'end'

const SPACE = 1
const LETTER = 2
const DIGIT = 4
const OPERATOR = 8
/** An operator of more than one character that ends in + or - must hold one of these. */
const EXOTIC = 16
/** Characters of an operator; what is cut off its end is not read over and over. (NAMEDATALEN) */
const OPERATOR_MAX = 63

/** What each byte may be; bytes past ASCII are letters. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return (/[ \t\n\r\f\v]/.test(character) ? SPACE : 0) | (byte > 127 || /[A-Za-z_]/.test(character) ? LETTER : 0) | (/[0-9]/.test(character) ? DIGIT : 0) |
    (/[-+*/<>=~!@#%^&|`?:]/.test(character) ? OPERATOR : 0) | (/[~!@#%^&|`?]/.test(character) ? EXOTIC : 0)
})

/** One pass over a statement. After `next`, the token is `text` from `start` to `end`. */
export class Scanner {
  kind: TokenKind = 'end'
  start = 0
  end = 0
  readonly #sql: string

  /** `sql`: one character a byte, as `toString('latin1')` gives it. */
  constructor(sql: string) { this.#sql = sql }

  /** The token as it is written, one character a byte. */
  get written(): string { return this.#sql.slice(this.start, this.end) }

  /** Of a word: with ASCII capitals made small. */
  get text(): string {
    const { written } = this
    return /[A-Z]/.test(written) ? written.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : written
  }

  /** The identifier that a word or a name stands for. */
  get identifier(): string {
    return this.kind === 'name' ? this.written.replace(/^[^"]*"|"$/g, '').replaceAll('""', '"') : this.text
  }

  /** True where a dot follows at once: the name goes on. */
  get dotted(): boolean { return this.#sql[this.end] === '.' }

  next(): TokenKind {
    this.#skip()
    this.start = this.end
    this.kind = this.#token()
    return this.kind
  }

  /** White space and comments; those in C's manner nest. */
  #skip(): void {
    for (;;) {
      while (this.#is(this.end, SPACE)) this.end++
      if (this.#sql[this.end] === '-' && this.#sql[this.end + 1] === '-') this.#to('\n', this.end)
      else if (this.#sql[this.end] === '/' && this.#sql[this.end + 1] === '*') this.#comment()
      else return
    }
  }

  #comment(): void {
    let depth = 0
    while (this.end < this.#sql.length) {
      const [one, two] = [this.#sql[this.end], this.#sql[this.end + 1]]
      const step = one === '/' && two === '*' ? 1 : one === '*' && two === '/' ? -1 : 0
      this.end = Math.min(this.end + (step === 0 ? 1 : 2), this.#sql.length)
      depth += step
      if (depth === 0) return
    }
  }

  #token(): TokenKind {
    const character = this.#sql[this.end]
    if (character === undefined) return 'end'
    if (this.#is(this.end, LETTER)) return this.#word()
    if (this.#is(this.end, DIGIT) || (character === '.' && this.#is(this.end + 1, DIGIT))) return this.#number()
    if (character === "'") return this.#quoted("'", false, 'literal')
    if (character === '"') return this.#quoted('"', false, 'name')
    if (character === '$') return this.#dollar()
    if (this.#is(this.end, OPERATOR)) return this.#operator()
    this.end++
    return 'punctuation'
  }

  /** A word, or a string with a prefix: E'…', B'…', X'…', N'…', U&'…'. */
  #word(): TokenKind {
    do this.end++
    while (this.#is(this.end, LETTER | DIGIT) || this.#sql[this.end] === '$')
    if (this.end - this.start > 1) return 'word'
    const prefix = this.#sql.charAt(this.start).toLowerCase()
    if (this.#sql[this.end] === "'" && 'ebxn'.includes(prefix)) return this.#quoted("'", prefix === 'e', 'literal')
    if (prefix !== 'u' || this.#sql[this.end] !== '&') return 'word'
    if (this.#sql[this.end + 1] === "'") return this.#quoted("'", false, 'literal', 1)
    if (this.#sql[this.end + 1] === '"') return this.#quoted('"', false, 'name', 1)
    return 'word'
  }

  /** 1, 1.5, .5, 1e-5, 0xff, 1_000. */
  #number(): TokenKind {
    while (this.#is(this.end, LETTER | DIGIT) || this.#sql[this.end] === '.') {
      const exponent = this.#sql[this.end] === 'e' || this.#sql[this.end] === 'E'
      this.end++
      if (exponent && (this.#sql[this.end] === '+' || this.#sql[this.end] === '-') && this.#is(this.end + 1, DIGIT)) this.end++
    }
    return 'literal'
  }

  /** From the opening quote, which is `ahead`, to the closing one; a doubled one is part of it. */
  #quoted(quote: string, escapes: boolean, kind: TokenKind, ahead = 0): TokenKind {
    this.end += ahead + 1
    while (this.end < this.#sql.length) {
      const character = this.#sql[this.end++]
      if (escapes && character === '\\') this.end++
      else if (character === quote) {
        if (this.#sql[this.end] !== quote) return kind
        this.end++
      }
    }
    this.end = this.#sql.length
    return kind
  }

  /** A parameter ($1), or a string between two tags ($$…$$, $tag$…$tag$). */
  #dollar(): TokenKind {
    let after = this.end + 1
    if (this.#is(after, DIGIT)) {
      while (this.#is(after, DIGIT)) after++
      this.end = after
      return 'literal'
    }
    while (this.#is(after, LETTER | DIGIT)) after++
    if (this.#sql[after] !== '$') {
      this.end++
      return 'punctuation'
    }
    const tag = this.#sql.slice(this.end, after + 1)
    const close = this.#sql.indexOf(tag, after + 1)
    this.end = close < 0 ? this.#sql.length : close + tag.length
    return 'literal'
  }

  #operator(): TokenKind {
    let exotic = false
    while (this.#is(this.end, OPERATOR) && this.end - this.start < OPERATOR_MAX) {
      const [one, two] = [this.#sql[this.end], this.#sql[this.end + 1]]
      if (this.end > this.start && ((one === '-' && two === '-') || (one === '/' && two === '*'))) break
      exotic ||= this.#is(this.end, EXOTIC)
      this.end++
    }
    while (!exotic && this.end - this.start > 1 && (this.#sql[this.end - 1] === '+' || this.#sql[this.end - 1] === '-')) this.end--
    return 'operator'
  }

  #to(character: string, from: number): void {
    const found = this.#sql.indexOf(character, from)
    this.end = found < 0 ? this.#sql.length : found + 1
  }

  #is(position: number, classes: number): boolean { return ((CLASS[this.#sql.charCodeAt(position)] ?? 0) & classes) !== 0 }
}
