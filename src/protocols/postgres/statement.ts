/** The SQL of a Query or of a Parse, and what is read from it once somebody asks. */

import { fingerprint } from './fingerprint.ts'
import { Scanner } from './scanner.ts'

/** Table and keyword are looked for in so many bytes. */
const LOOKED_AT = 16_384
/** In the brackets of these, FROM names no table. */
const FROM_IS_SYNTAX = new Set(['extract', 'substring', 'trim', 'overlay', 'both', 'leading', 'trailing'])
/** Before UPDATE: it locks or resolves a conflict, and no table follows. */
const UPDATE_IS_CLAUSE = new Set(['for', 'do', 'key', 'on', 'or', 'before', 'after', 'of', 'instead', 'grant', ','])
/** Between the introducing word and the table. */
const BEFORE_TABLE = new Set(['only', 'lateral', 'table', 'temp', 'temporary', 'unlogged'])

/** Pins the bytes it was made with. Of a statement past HEAD_MAX it knows the head. */
export class Statement {
  readonly bytes: Buffer
  /** That it was prepared under; empty of a simple query and of the unnamed statement. */
  readonly name: string
  /** The statement of the same name that this one took the place of; kept until the server says that it has this one. */
  before: Statement | undefined
  #sql: string | undefined
  #keyword: string | undefined
  #table: string | undefined
  #fingerprint: string | undefined

  constructor(bytes: Buffer, name = '') {
    this.bytes = bytes
    this.name = name
  }

  get sql(): string {
    this.#sql ??= this.bytes.toString()
    return this.#sql
  }

  /** Without its values: what figures are kept by. */
  get fingerprint(): string {
    this.#fingerprint ??= fingerprint(this.bytes)
    return this.#fingerprint
  }

  /** The first word in capitals, `INSERT`; empty where there is none. */
  get keyword(): string {
    this.#keyword ??= keywordOf(this.bytes)
    return this.#keyword
  }

  /** The first table after FROM, INTO, UPDATE, JOIN or COPY, as it is written but for capitals and quotes; empty where there is none. A scan for words and no parser: what a function or a view reads, it cannot know. */
  get table(): string {
    this.#table ??= tableOf(this.bytes)
    return this.#table
  }
}

function keywordOf(bytes: Buffer): string {
  const scanner = new Scanner(bytes.toString('latin1', 0, LOOKED_AT))
  let kind = scanner.next()
  // (SELECT …) UNION (SELECT …)
  while (kind === 'punctuation') kind = scanner.next()
  return kind === 'word' ? scanner.text.toUpperCase() : ''
}

function tableOf(bytes: Buffer): string {
  const scanner = new Scanner(bytes.toString('latin1', 0, LOOKED_AT))
  /** For each open bracket: FROM is syntax in it. */
  const brackets: boolean[] = []
  let before = ''
  for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
    const text = kind === 'word' || kind === 'punctuation' ? scanner.text : ''
    if (text === '(') brackets.push(FROM_IS_SYNTAX.has(before))
    else if (text === ')') brackets.pop()
    else if (kind === 'word' && introduces(text, before, brackets.at(-1) === true)) {
      const table = nameAt(scanner)
      if (table !== '') return table
      // A sub-query: the bracket was read.
      if (scanner.kind === 'punctuation' && scanner.text === '(') brackets.push(false)
    }
    before = text
  }
  return ''
}

function introduces(word: string, before: string, fromIsSyntax: boolean): boolean {
  switch (word) {
    case 'from': return !fromIsSyntax && before !== 'distinct'
    case 'update': return !UPDATE_IS_CLAUSE.has(before)
    case 'copy': return before === ''
    case 'into': case 'join': return true
    default: return false
  }
}

/** `t`, `s.t`, `"S"."T"`; the scanner is left behind it, or at what is no name. */
function nameAt(scanner: Scanner): string {
  let kind = scanner.next()
  while (kind === 'word' && BEFORE_TABLE.has(scanner.text)) kind = scanner.next()
  let name = ''
  while (kind === 'word' || kind === 'name') {
    name += scanner.identifier
    if (!scanner.dotted) break
    scanner.next()
    name += '.'
    kind = scanner.next()
  }
  return Buffer.from(name, 'latin1').toString()
}
