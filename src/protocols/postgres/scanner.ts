/** Cuts SQL into tokens, as Postgres' own lexer does and no further. Linear; any bytes will do. (PostgreSQL 18, 4.1) */

/** `literal`: a number, a string of any kind, or a parameter. `name`: a quoted identifier. */
export type TokenKind = 'word' | 'name' | 'literal' | 'operator' | 'punctuation' | 'end'

const at = (character: string): number => character.charCodeAt(0)
const [QUOTE, DOUBLE, DOLLAR, DASH, SLASH, STAR, BACKSLASH, DOT, NEWLINE, PLUS] = ["'", '"', '$', '-', '/', '*', '\\', '.', '\n', '+'].map(at) as [number, number, number, number, number, number, number, number, number, number]

const SPACE = 1
const LETTER = 2
const DIGIT = 4
const OPERATOR = 8
/** An operator of more than one character that ends in + or - must hold one of these. */
const EXOTIC = 16

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
  readonly #sql: Buffer

  constructor(sql: Buffer) { this.#sql = sql }

  /** The token's bytes, one a character; ASCII capitals made small. */
  get text(): string { return this.#sql.toString('latin1', this.start, this.end).replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) }

  /** The identifier that a word or a name stands for. */
  get identifier(): string {
    return this.kind === 'name' ? this.#sql.toString('latin1', this.start, this.end).replace(/^[^"]*"|"$/g, '').replaceAll('""', '"') : this.text
  }

  /** True where a dot follows at once: the name goes on. */
  get dotted(): boolean { return this.#sql[this.end] === DOT }

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
      if (this.#sql[this.end] === DASH && this.#sql[this.end + 1] === DASH) this.#to(NEWLINE, this.end)
      else if (this.#sql[this.end] === SLASH && this.#sql[this.end + 1] === STAR) this.#comment()
      else return
    }
  }

  #comment(): void {
    let depth = 0
    while (this.end < this.#sql.length) {
      const [one, two] = [this.#sql[this.end], this.#sql[this.end + 1]]
      const step = one === SLASH && two === STAR ? 1 : one === STAR && two === SLASH ? -1 : 0
      this.end = Math.min(this.end + (step === 0 ? 1 : 2), this.#sql.length)
      depth += step
      if (depth === 0) return
    }
  }

  #token(): TokenKind {
    const byte = this.#sql[this.end]
    if (byte === undefined) return 'end'
    if (this.#is(this.end, LETTER)) return this.#word()
    if (this.#is(this.end, DIGIT) || (byte === DOT && this.#is(this.end + 1, DIGIT))) return this.#number()
    if (byte === QUOTE) return this.#quoted(QUOTE, false, 'literal')
    if (byte === DOUBLE) return this.#quoted(DOUBLE, false, 'name')
    if (byte === DOLLAR) return this.#dollar()
    if (this.#is(this.end, OPERATOR)) return this.#operator()
    this.end++
    return 'punctuation'
  }

  /** A word, or a string with a prefix: E'…', B'…', X'…', N'…', U&'…'. */
  #word(): TokenKind {
    do this.end++
    while (this.#is(this.end, LETTER | DIGIT) || this.#sql[this.end] === DOLLAR)
    if (this.end - this.start > 1) return 'word'
    const prefix = String.fromCharCode(this.#sql[this.start] ?? 0).toLowerCase()
    if (this.#sql[this.end] === QUOTE && 'ebxn'.includes(prefix)) return this.#quoted(QUOTE, prefix === 'e', 'literal')
    if (prefix !== 'u' || this.#sql[this.end] !== at('&')) return 'word'
    if (this.#sql[this.end + 1] === QUOTE) { this.end++; return this.#quoted(QUOTE, false, 'literal') }
    if (this.#sql[this.end + 1] === DOUBLE) { this.end++; return this.#quoted(DOUBLE, false, 'name') }
    return 'word'
  }

  /** 1, 1.5, .5, 1e-5, 0xff, 1_000. */
  #number(): TokenKind {
    while (this.#is(this.end, LETTER | DIGIT) || this.#sql[this.end] === DOT) {
      const exponent = this.#sql[this.end] === at('e') || this.#sql[this.end] === at('E')
      this.end++
      if (exponent && (this.#sql[this.end] === PLUS || this.#sql[this.end] === DASH) && this.#is(this.end + 1, DIGIT)) this.end++
    }
    return 'literal'
  }

  /** From the opening quote to the closing one; a doubled one is part of it. */
  #quoted(quote: number, escapes: boolean, kind: TokenKind): TokenKind {
    this.end++
    while (this.end < this.#sql.length) {
      const byte = this.#sql[this.end++]
      if (escapes && byte === BACKSLASH) this.end++
      else if (byte === quote) {
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
    if (this.#sql[after] !== DOLLAR) {
      this.end++
      return 'punctuation'
    }
    const tag = this.#sql.subarray(this.end, after + 1)
    const close = this.#sql.indexOf(tag, after + 1)
    this.end = close < 0 ? this.#sql.length : close + tag.length
    return 'literal'
  }

  #operator(): TokenKind {
    let exotic = false
    while (this.#is(this.end, OPERATOR)) {
      const [one, two] = [this.#sql[this.end], this.#sql[this.end + 1]]
      if (this.end > this.start && ((one === DASH && two === DASH) || (one === SLASH && two === STAR))) break
      exotic ||= this.#is(this.end, EXOTIC)
      this.end++
    }
    while (!exotic && this.end - this.start > 1 && (this.#sql[this.end - 1] === PLUS || this.#sql[this.end - 1] === DASH)) this.end--
    return 'operator'
  }

  #to(byte: number, from: number): void {
    const found = this.#sql.indexOf(byte, from)
    this.end = found < 0 ? this.#sql.length : found + 1
  }

  #is(position: number, classes: number): boolean { return ((CLASS[this.#sql[position] ?? 0] ?? 0) & classes) !== 0 }
}
