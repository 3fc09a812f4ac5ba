/** What a client may believe of a table, from what it was told and nothing else: rows are whole numbers that are inserted. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import pg from 'pg'

/** How statements are put to the server. */
export const MODES = {
  simple: (text: string) => text,
  extended: (text: string) => ({ text, queryMode: 'extended' }),
  // A server knows 63 characters of a name.
  prepared: (text: string) => ({ text, name: createHash('md5').update(text).digest('hex') }),
} as const satisfies Record<string, (text: string) => string | pg.QueryConfig>
export type Mode = keyof typeof MODES

/** What it was told; fails where it was told that all is well, or by anybody but the server. */
export async function failure(doing: Promise<unknown>): Promise<pg.DatabaseError> {
  const thrown = await doing.then(() => assert.fail('it went through'), (told: unknown) => told)
  assert.ok(thrown instanceof pg.DatabaseError, String(thrown))
  return thrown
}

interface Savepoint { readonly name: string; readonly rows: readonly number[] }

export class Told {
  readonly #committed: number[] = []
  #pending: number[] | undefined
  #savepoints: Savepoint[] = []
  /** The SQLSTATEs that it was told, oldest first. */
  readonly codes: string[] = []

  /** Puts the statement, and believes the answer. True where it went through. */
  async ask(client: pg.Client, text: string, mode: Mode): Promise<boolean> {
    return this.hear(text, await client.query(MODES[mode](text)).then(({ command }) => command, (thrown: unknown) => thrown))
  }

  /** `answer`: the tag of the command, or what was thrown. */
  hear(text: string, answer: unknown): boolean {
    const [verb = '', ...words] = text.split(/[ ();]+/)
    if (typeof answer !== 'string') {
      assert.ok(answer instanceof pg.DatabaseError, String(answer))
      this.codes.push(answer.code ?? '')
      // A COMMIT that fails leaves nothing; anything else that fails can be undone to a savepoint, or leaves nothing either.
      if (verb === 'commit') this.#ended([])
      return false
    }
    switch (verb) {
      case 'begin': this.#pending ??= []; break
      case 'commit': this.#ended(answer === 'COMMIT' ? this.#pending ?? [] : []); break
      case 'rollback': this.#rolledBack(words.at(-1) ?? ''); break
      case 'savepoint': this.#savepoints.push({ name: words.at(-1) ?? '', rows: [...this.#pending ?? []] }); break
      case 'release': this.#savepoints.pop(); break
      case 'insert': (this.#pending ?? this.#committed).push(Number(words.at(-1) || words.at(-2))); break
    }
    return true
  }

  /** What must be there, for all that it knows, in order. */
  get rows(): readonly number[] { return [...this.#committed].sort((a, b) => a - b) }

  #ended(rows: readonly number[]): void {
    this.#committed.push(...rows)
    this.#pending = undefined
    this.#savepoints = []
  }

  #rolledBack(to: string): void {
    if (to === 'rollback') return this.#ended([])
    while (this.#savepoints.at(-1)?.name !== to && this.#savepoints.length > 0) this.#savepoints.pop()
    this.#pending = [...this.#savepoints.at(-1)?.rows ?? []]
  }
}

/** What is there. */
export const rowsOf = async (direct: pg.Client, table: string): Promise<readonly number[]> =>
  (await direct.query(`select id from ${table} order by id`)).rows.map(({ id }: { id: number }) => id)

/** I, T or E. A client tells of an error before the ReadyForQuery behind it has come: an empty query waits for one, and no transaction minds it. */
export async function statusOf(client: pg.Client): Promise<string | null> {
  await client.query('')
  return client.getTransactionStatus()
}
