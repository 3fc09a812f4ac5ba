/**
 * What remains of a statement without its values: `SELECT * FROM t WHERE id IN (1, 2) -- x` is `select * from t where id in (?)`.
 *
 * Equal are statements that differ in white space, comments, upper and lower case outside of quotes, the values and the sign of
 * literals, whether a value is a literal or a parameter, how many values a list of nothing but values holds, and how many rows of
 * nothing but values follow each other. Everything else tells them apart: NULL and TRUE are words and no values.
 */

import { Scanner } from './scanner.ts'
import { NO_SKELETON, skeletonOf } from './skeleton.ts'

/** More of a statement is not looked at. */
const SQL_MAX = 16_384
/** Characters of a fingerprint at the most; `…` ends one that was cut. */
const FINGERPRINT_MAX = 1000
/** Statements remembered in a generation. */
const GENERATION_MAX = 256
/** After these a bracket stands apart; after any other word it opens arguments or columns. */
const APART = new Set(('all and any array as between by case cross distinct do else end except exists filter from full group having if in inner insert intersect into ' +
  'is join lateral left like limit natural not offset on only or order outer over partition returning right select set some then union update using values when where with').split(' '))

/** By the statement's skeleton, or its bytes, one a character. Two generations: what was not asked for while one filled up goes with the older. */
let young = new Map<string, string>()
let old = new Map<string, string>()

export function fingerprint(sql: Buffer): string {
  const skeleton = skeletonOf(sql)
  const key = skeleton ?? NO_SKELETON + sql.toString('latin1', 0, SQL_MAX + 1)
  const known = young.get(key)
  if (known !== undefined) return known
  const made = old.get(key) ?? normal(sql.toString('latin1', 0, SQL_MAX + 1))
  if (young.size >= GENERATION_MAX) {
    old = young
    young = new Map()
  }
  young.set(key, made)
  return made
}

interface Bracket { readonly opened: number; onlyValues: boolean }

/** Pieces of a fingerprint, as they come. */
class Pieces {
  readonly #pieces: string[] = []
  readonly #open: Bracket[] = []

  add(piece: string, isValue: boolean): void {
    if (piece === '(' || piece === '[') this.#opens(piece)
    else if (piece === ')' || piece === ']') this.#closes(piece)
    else {
      const within = this.#open.at(-1)
      if (within && !isValue && piece !== ',') within.onlyValues = false
      if (isValue) this.#unsign()
      this.#pieces.push(piece)
    }
  }

  #opens(piece: string): void {
    const within = this.#open.at(-1)
    if (within) within.onlyValues = false
    this.#open.push({ opened: this.#pieces.length, onlyValues: true })
    this.#pieces.push(piece)
  }

  /** A list of nothing but values becomes one value; a row of them that follows another goes. */
  #closes(piece: string): void {
    const bracket = this.#open.pop()
    if (bracket?.onlyValues && this.#pieces.length > bracket.opened + 1) {
      this.#pieces.length = bracket.opened + 1
      this.#pieces.push('?')
      if (piece === ')' && this.#followsRow(bracket.opened)) {
        this.#pieces.length -= 3
        return
      }
    }
    this.#pieces.push(piece)
  }

  /** A row of nothing but values and a comma stand before the bracket at `opened`. */
  #followsRow(opened: number): boolean {
    const [a, b, c, comma] = this.#pieces.slice(Math.max(0, opened - 4), opened)
    return a === '(' && b === '?' && c === ')' && comma === ','
  }

  /** The sign of a number is part of it, where nothing stands before it that it could be taken from. */
  #unsign(): void {
    const sign = this.#pieces.at(-1)
    const before = this.#pieces.at(-2) ?? ','
    if ((sign === '-' || sign === '+') && /^([([,;]|[-+*/<>=~!@#%^&|`?:]+)$/.test(before) && before !== '?') this.#pieces.pop()
  }

  /** Of a statement that was cut: lists of values that are still open become one value too. */
  cut(): void {
    const bracket = this.#open.at(-1)
    if (!bracket?.onlyValues) return
    this.#pieces.length = bracket.opened + 1
    this.#pieces.push('?')
  }

  /** One character a byte; a little past FINGERPRINT_MAX at the most. */
  join(): string {
    let text = ''
    let before = ''
    for (const piece of this.#pieces) {
      text += needsSpace(before, piece) ? ` ${piece}` : piece
      before = piece
      if (text.length > FINGERPRINT_MAX) break
    }
    return text
  }
}

function needsSpace(before: string, piece: string): boolean {
  if (before === '' || before === '(' || before === '[' || before === '.' || before === '::') return false
  if (piece === ')' || piece === ']' || piece === ',' || piece === ';' || piece === '.' || piece === '::') return false
  if (piece === '[') return false
  return piece !== '(' || !/^["a-z_\x80-\xff]/.test(before) || APART.has(before)
}

/** Of characters that stand for bytes. */
function normal(sql: string): string {
  const cut = sql.length > SQL_MAX
  const scanner = new Scanner(cut ? sql.slice(0, SQL_MAX) : sql)
  const pieces = new Pieces()
  for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
    if (kind === 'literal') pieces.add('?', true)
    else pieces.add(kind === 'name' ? scanner.written : scanner.text, false)
  }
  if (cut) pieces.cut()
  const text = pieces.join()
  if (!cut && text.length <= FINGERPRINT_MAX) return decoded(text.replace(/;+$/, ''))
  return `${decoded(text.slice(0, FINGERPRINT_MAX))}…`
}

const decoded = (characters: string): string => Buffer.from(characters, 'latin1').toString()
