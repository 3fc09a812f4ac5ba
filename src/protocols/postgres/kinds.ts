/** What a statement does, as far as its words tell: of a Query with several statements, the first. */

import { Scanner } from './scanner.ts'
import type { Statement } from './statement.ts'

/**
 * `commit`: makes a transaction last, or tries to (COMMIT, END, PREPARE TRANSACTION). `rollback`: undoes, which no server refuses. `either`:
 * runs something that may read or write (CALL, DO, EXECUTE), or locks. `other`: touches no data.
 */
export type Kind = 'read' | 'write' | 'either' | 'commit' | 'rollback' | 'other'

const KINDS: ReadonlyMap<string, Kind> = new Map(Object.entries({
  read: ['SELECT', 'VALUES', 'TABLE', 'FETCH', 'MOVE', 'EXPLAIN'],
  write: ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'TRUNCATE', 'CREATE', 'ALTER', 'DROP', 'COMMENT', 'GRANT', 'REVOKE', 'REFRESH', 'IMPORT', 'REASSIGN', 'SECURITY'],
  either: ['CALL', 'DO', 'EXECUTE', 'LOCK'],
  rollback: ['ROLLBACK', 'ABORT'],
} satisfies Partial<Record<Kind, readonly string[]>>).flatMap(([kind, words]) => words.map((word) => [word, kind as Kind] as const)))

/** As Statement: what comes behind it is not looked at. */
const LOOKED_AT = 16_384
const VERBS = new Set(['select', 'insert', 'update', 'delete', 'merge', 'values', 'table'])
const WRITES = new Set(['insert', 'update', 'delete', 'merge'])
/** Between CREATE, ALTER, DROP and what is made. */
const MODIFIERS = new Set(['or', 'replace', 'temp', 'temporary', 'unlogged', 'unique', 'global', 'local', 'recursive', 'trusted', 'procedural', 'constraint'])
/** The name of what is made goes on. */
const OF_TWO_WORDS = new Set(['materialized', 'foreign', 'event', 'default', 'access', 'user'])

export function kindOf(statement: Statement): Kind {
  switch (statement.keyword) {
    case 'COMMIT': case 'END': return wordsAfter(statement)[0] === 'prepared' ? 'either' : 'commit'
    case 'PREPARE': return wordsAfter(statement)[0] === 'transaction' ? 'commit' : 'other'
    case 'ROLLBACK': return wordsAfter(statement)[0] === 'prepared' ? 'either' : 'rollback'
    case 'WITH': return withQuery(statement).writes ? 'write' : 'read'
    case 'COPY': return copiesIn(statement) ? 'write' : 'read'
    default: return KINDS.get(statement.keyword) ?? 'other'
  }
}

/** As the server names it when it refuses a write: `INSERT`, `CREATE TABLE`, `COPY FROM`. */
export function commandName(statement: Statement): string {
  switch (statement.keyword) {
    case 'WITH': return withQuery(statement).verb.toUpperCase()
    case 'COPY': return 'COPY FROM'
    case 'TRUNCATE': return 'TRUNCATE TABLE'
    case 'REFRESH': return 'REFRESH MATERIALIZED VIEW'
    case 'CREATE': case 'ALTER': case 'DROP': {
      const [first = '', second = ''] = wordsAfter(statement).filter((word) => !MODIFIERS.has(word))
      return [statement.keyword, first, ...(OF_TWO_WORDS.has(first) ? [second] : [])].join(' ').trim().toUpperCase()
    }
    default: return statement.keyword
  }
}

/** The first words behind the keyword. */
function wordsAfter({ bytes }: Statement): readonly string[] {
  const scanner = new Scanner(bytes.toString('latin1', 0, LOOKED_AT))
  const words: string[] = []
  for (let kind = scanner.next(); kind !== 'end' && words.length < 8; kind = scanner.next()) if (kind === 'word') words.push(scanner.text)
  return words.slice(1)
}

/** WITH: the verb of the whole, and whether it or a part of it writes. */
function withQuery(statement: Statement): { readonly verb: string; readonly writes: boolean } {
  let writes = false
  for (const { word, depth, before } of words(statement)) {
    if (depth === 0 && before === ')' && VERBS.has(word)) return { verb: word, writes: writes || WRITES.has(word) }
    writes ||= before === '(' && WRITES.has(word)
  }
  return { verb: 'select', writes }
}

function copiesIn(statement: Statement): boolean {
  for (const { word, depth } of words(statement)) if (depth === 0 && (word === 'from' || word === 'to')) return word === 'from'
  return false
}

/** Each word with the brackets around it and the word or sign before it. */
function* words({ bytes }: Statement): Iterable<{ readonly word: string; readonly depth: number; readonly before: string }> {
  const scanner = new Scanner(bytes.toString('latin1', 0, LOOKED_AT))
  let depth = 0
  let before = ''
  for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
    const { text } = scanner
    if (kind === 'punctuation' && text === '(') depth++
    else if (kind === 'punctuation' && text === ')') depth--
    else if (kind === 'word') yield { word: text, depth, before }
    before = kind === 'literal' || kind === 'name' ? '' : text
  }
}
