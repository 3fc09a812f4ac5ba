/** The prepared statements and portals of a session, so that a Bind or an Execute can be followed to its text. */

import { nameOfObject, isOfStatement, nameOfParse, portalOfBind, portalOfExecute, sqlOfParse, sqlOfQuery, statementOfBind } from './fields.ts'
import type { PostgresMessage } from './message.ts'
import { Statement } from './statement.ts'

/** Past these bounds the oldest are forgotten; what is bound to them has no text. */
const NAMED_MAX = 2000
const NAMED_BYTES_MAX = 4 * 2 ** 20
const PORTALS_MAX = 1000

export class Statements {
  readonly #named = new Map<string, Statement>()
  readonly #portals = new Map<string, Statement | null>()
  #namedBytes = 0
  #unnamed: Statement | null = null
  #unnamedPortal: Statement | null = null
  #latest: Statement | null = null

  /** The statement that a client's message carries or names; null where there is none or it is not known. Parse and Bind are remembered. */
  of(message: PostgresMessage): Statement | null {
    if (message.statement !== undefined) return message.statement
    if (message.part === 'whole' || message.part === 'first') this.#latest = this.#read(message)
    message.statement = this.#latest
    return this.#latest
  }

  /** The server has it: what it took the place of is gone. */
  accepted(statement: Statement): void { statement.before = undefined }

  /** The server has refused a Parse, or passed over it: a name still stands for what it stood for. */
  refused(statement: Statement): void {
    if (this.#named.get(statement.name) !== statement) return
    this.#forget(statement)
    if (statement.before) this.#remember(statement.before)
    statement.before = undefined
  }

  /** The server has closed it. A name that was given anew meanwhile stays. */
  closed(statement: Statement): void {
    if (this.#named.get(statement.name) === statement) this.#forget(statement)
  }

  /** No portal outlives its transaction. */
  transactionEnded(): void { if (this.#portals.size > 0) this.#portals.clear() }

  #read(message: PostgresMessage): Statement | null {
    switch (message.type) {
      case 'Query': return new Statement(sqlOfQuery(message))
      case 'Parse': return this.#parsed(message)
      case 'Bind': return this.#bound(message)
      case 'Execute': return this.#ofPortal(portalOfExecute(message))
      case 'Describe': case 'Close': return isOfStatement(message) ? this.#prepared(nameOfObject(message)) : this.#ofPortal(nameOfObject(message))
      default: return null
    }
  }

  #parsed(message: PostgresMessage): Statement {
    const name = nameOfParse(message)
    // It outlives its chunk, whose memory may be read into again.
    const statement = new Statement(Buffer.from(sqlOfParse(message)), name)
    if (name === '') {
      this.#unnamed = statement
      return statement
    }
    const before = this.#named.get(name)
    statement.before = before?.before ?? before
    if (before) this.#forget(before)
    this.#remember(statement)
    return statement
  }

  #bound(message: PostgresMessage): Statement | null {
    const statement = this.#prepared(statementOfBind(message))
    const portal = portalOfBind(message)
    if (portal === '') this.#unnamedPortal = statement
    else {
      const [oldest] = this.#portals.keys()
      if (this.#portals.size >= PORTALS_MAX && oldest !== undefined) this.#portals.delete(oldest)
      this.#portals.set(portal, statement)
    }
    return statement
  }

  #prepared(name: string): Statement | null { return name === '' ? this.#unnamed : this.#named.get(name) ?? null }
  #ofPortal(name: string): Statement | null { return name === '' ? this.#unnamedPortal : this.#portals.get(name) ?? null }

  #remember(statement: Statement): void {
    this.#named.set(statement.name, statement)
    this.#namedBytes += statement.bytes.length
    for (const oldest of this.#named.values()) {
      if (this.#named.size <= NAMED_MAX && this.#namedBytes <= NAMED_BYTES_MAX) return
      this.#forget(oldest)
    }
  }

  #forget(statement: Statement): void {
    this.#named.delete(statement.name)
    this.#namedBytes -= statement.bytes.length
  }
}
