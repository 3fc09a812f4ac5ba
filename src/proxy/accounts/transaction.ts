/** The transaction blocks of one Postgres session: how long they took, and how they ended. */

import { ms, type Ms } from '../../core/units.ts'
import { tagOfCommandComplete, type TransactionStatus } from '../../protocols/postgres/fields.ts'
import type { PostgresMessage } from '../../protocols/postgres/message.ts'
import type { Register } from './register.ts'

/** Where the tag begins in a CommandComplete. */
const TAG_AT = 5

/** BE…, CO…, PR…, RO…, ST…: hardly any statement needs its tag read. */
const TAGS: ReadonlySet<number> = new Set(['BE', 'CO', 'PR', 'RO', 'ST'].map((letters) => Buffer.from(letters).readUInt16BE()))
const isOfTransactions = (raw: Buffer): boolean => raw.length >= TAG_AT + 2 && TAGS.has(((raw[TAG_AT] ?? 0) << 8) | (raw[TAG_AT + 1] ?? 0))

export class Transaction {
  readonly #register: Register
  #began: Ms | undefined
  /** How it ends, as the server has said, before it says that it is idle again. */
  #ending: 'commit' | 'rollback' | undefined

  constructor(register: Register) { this.#register = register }

  /** A CommandComplete of a statement that was begun at `asked`. */
  completed(message: PostgresMessage, asked: Ms, now: Ms): void {
    if (!isOfTransactions(message.raw)) return
    switch (tagOfCommandComplete(message)) {
      case 'BEGIN': case 'START TRANSACTION':
        // Of a batch that holds more than one.
        if (this.#ending) this.#end(now)
        this.#began ??= asked
        break
      case 'COMMIT': case 'PREPARE TRANSACTION': this.#ending = 'commit'; break
      // ROLLBACK TO a savepoint bears the same tag, and ends nothing.
      case 'ROLLBACK': this.#ending = 'rollback'; break
      default: break
    }
  }

  /** ReadyForQuery, which answers what was begun at `asked`. */
  ready(status: TransactionStatus, asked: Ms, now: Ms): void {
    if (status !== 'I' && this.#ending === 'commit') {
      // COMMIT AND CHAIN.
      this.#end(now)
      this.#began = now
    } else if (status !== 'I') {
      this.#ending = undefined
      this.#began ??= asked
    } else this.#end(now)
  }

  /** A session that ends in one takes it back. */
  closed(now: Ms): void {
    this.#ending = 'rollback'
    this.#end(now)
  }

  #end(now: Ms): void {
    if (this.#began !== undefined) this.#register.transaction(ms(Math.max(0, now - this.#began)), this.#ending !== 'commit', now)
    this.#began = undefined
    this.#ending = undefined
  }
}
