/** What channels a session listens to, by what the server has confirmed. */

import { tagOfCommandComplete } from './fields.ts'
import type { PostgresMessage } from './message.ts'
import { Scanner } from './scanner.ts'
import type { Statement } from './statement.ts'

/** First letters of LISTEN, UNLISTEN and DISCARD ALL: nothing else is looked at. */
const FIRST: ReadonlySet<number | undefined> = new Set([...'LUD'].map((letter) => letter.charCodeAt(0)))
const TAG = 5

/** A LISTEN in a transaction counts from the moment it is confirmed, though it is heard from the commit on. */
export class Listens {
  readonly #channels = new Set<string>()

  get any(): boolean { return this.#channels.size > 0 }

  /** A CommandComplete, with the statement that it answers. */
  done(message: PostgresMessage, statement: Statement | null): void {
    if (!FIRST.has(message.raw[TAG])) return
    switch (tagOfCommandComplete(message)) {
      case 'LISTEN': for (const channel of namedAfter('listen', statement)) this.#channels.add(channel); break
      case 'UNLISTEN':
        for (const channel of namedAfter('unlisten', statement)) {
          if (channel === ALL) this.#channels.clear()
          else this.#channels.delete(channel)
        }
        break
      case 'DISCARD ALL': this.#channels.clear(); break
    }
  }
}

const ALL = '*'

/** The words behind each `command` of a statement's text; a name that cannot be found is an empty one. */
function namedAfter(command: string, statement: Statement | null): readonly string[] {
  const scanner = new Scanner(statement?.bytes.toString('latin1') ?? '')
  const named: string[] = []
  for (let kind = scanner.next(); kind !== 'end'; kind = scanner.next()) {
    if (kind !== 'word' || scanner.text !== command) continue
    kind = scanner.next()
    named.push(kind === 'word' || kind === 'name' ? scanner.identifier : kind === 'operator' ? scanner.written : '')
  }
  return named.length > 0 ? named : ['']
}
