/**
 * The accounts of one Postgres session. A simple query is an operation, up to ReadyForQuery; in an extended batch each execution is one:
 *
 *   Parse Bind Execute        Bind Execute         Sync            begins with the first message that is for it
 *        CommandComplete ─┘   CommandComplete … ReadyForQuery ─┘   ends with its answer; the last one of a batch with all of it, its commit
 */

import { ms, type Ms } from '../../core/units.ts'
import type { ExchangeId } from '../../protocols/codec.ts'
import type { Paired } from '../../protocols/postgres/expected.ts'
import { codeOf, parametersOfBind, statusOfReadyForQuery } from '../../protocols/postgres/fields.ts'
import type { PostgresMessage } from '../../protocols/postgres/message.ts'
import type { Statement } from '../../protocols/postgres/statement.ts'
import type { Entry } from './entry.ts'
import { identityOf } from './identity.ts'
import { NONE, OpenOperations, type Slot } from './open.ts'
import type { Who } from './reactions.ts'
import type { Register } from './register.ts'
import type { SessionAccounts } from './session-accounts.ts'
import { Transaction } from './transaction.ts'

/** Ends with ReadyForQuery alone. */
const SIMPLE = 1
/** The Sync behind it was sent. */
const SYNCED = 2
/** What became of an operation that the server passed over because one before it had failed, and of one whose session ended. */
const PASSED_OVER = 'passed over'
const CLOSED = 'closed'
/** A statement that comes so soon after the answer to one of its own name was sent by the same piece of a program. */
const SOON: Ms = ms(20)
/** Characters of a fingerprint that are shown: its beginning and its end tell it apart. */
const [SHOWN_HEAD, SHOWN_TAIL] = [180, 100]

export class PostgresAccounts implements SessionAccounts<PostgresMessage, Paired> {
  readonly #register: Register
  readonly #who: Who
  readonly #open = new OpenOperations()
  readonly #transaction: Transaction
  /** When the first message came that is for the next execution. */
  #since: Ms | undefined
  #parameters = 0
  /** A Parse came that is for the next execution. */
  #parsed = false
  /** What was asked last, and when the last answer was complete. */
  #last: Entry | undefined
  #answeredAt = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(register: Register, who: Who) {
    this.#register = register
    this.#who = who
    this.#transaction = new Transaction(register)
  }

  opened(exchange: ExchangeId, message: PostgresMessage, now: Ms): void {
    if (this.#closed || message.part === 'middle' || message.part === 'last') return
    this.#register.turn(now)
    const { type, statement } = message
    switch (type) {
      case 'Query': return this.#push(exchange, this.#entryOf(statement), now, SIMPLE, identityOf(message.raw, 0, message.raw.length), now)
      case 'FunctionCall': return this.#push(exchange, this.#named('(function call)'), now, SIMPLE, identityOf(message.raw, 0, message.raw.length), now)
      case 'StartupMessage': return this.#push(exchange, this.#named('(login)'), now, SIMPLE, 0, now)
      case 'Bind':
        this.#parameters = identityOf(message.raw, parametersOfBind(message), message.raw.length)
        this.#since ??= now
        return
      case 'Parse':
        this.#parsed = true
        this.#since ??= now
        return
      case 'Describe': case 'Close':
        this.#since ??= now
        return
      case 'Execute': {
        const entry = this.#entryOf(statement)
        return this.#push(exchange, entry, this.#since ?? now, 0, statement ? this.#parameters ^ entry.number : 0, now)
      }
      case 'Sync': return this.#synced(exchange, now)
      case 'Opaque': return this.spoke(now)
      default: return
    }
  }

  heldBack(exchange: ExchangeId, duration: Ms): void { this.#open.heldAhead(exchange, duration) }

  altered(rule: string, exchange: ExchangeId, did: string, now: Ms): void {
    const slot = this.#open.find(exchange)
    this.#who.altered(rule, this.#open.identity(slot), this.#open.entry(slot)?.of['statement'] ?? '', did, now)
  }

  answered(message: PostgresMessage, paired: Paired | null, now: Ms, held: Ms = ms(0)): void {
    if (!paired || message.part === 'middle' || message.part === 'last') return
    switch (message.type) {
      case 'ErrorResponse':
        this.#failed(paired.exchange, codeOf(message), now)
        break
      case 'CommandComplete':
        this.#transaction.completed(message, this.#asked(now), now)
        if (message.answers === 'Execute') this.#done(paired.exchange, now, held)
        break
      case 'EmptyQueryResponse': case 'PortalSuspended':
        if (message.answers === 'Execute') this.#done(paired.exchange, now, held)
        break
      case 'ReadyForQuery':
        this.#transaction.ready(statusOfReadyForQuery(message), this.#asked(now), now)
        break
      default: break
    }
    if (paired.last) this.#end(paired.exchange, now, held)
  }

  replied(exchange: ExchangeId, code: string | undefined, now: Ms, held: Ms = ms(0)): void {
    if (code !== undefined) this.#failed(exchange, code, now)
    this.#end(exchange, now, held)
  }

  spoke(now: Ms): void { this.#who.asked(0, now) }

  closed(now: Ms): void {
    if (this.#closed) return
    this.#closed = true
    this.#register.turn(now)
    while (this.#open.size > 0) this.#settle(this.#open.head, now, CLOSED)
    this.#transaction.closed(now)
    this.#who.closed()
  }

  #push(exchange: ExchangeId, entry: Entry, at: Ms, flags: number, identity: number, now: Ms): void {
    // Of the batch before this one a statement whose answer has come is not the last any more.
    const tail = this.#open.tail
    if (this.#open.size === 1 && !Number.isNaN(this.#open.doneAt(tail)) && this.#open.exchange(tail) === exchange) this.#settle(tail, now, undefined)
    const size = this.#open.size
    if (entry === this.#last && (size > 0 || at - this.#answeredAt <= SOON)) entry.followed()
    if (this.#parsed || flags === SIMPLE) entry.parsed()
    this.#parsed = false
    this.#last = entry
    this.#open.push(exchange, entry, at, identity, flags)
    this.#register.flying(this.#open.size - size)
    this.#since = undefined
    this.#who.asked(identity, now)
  }

  /** A batch in which nothing was executed is an operation too: a statement was prepared. */
  #synced(exchange: ExchangeId, now: Ms): void {
    if (this.#since !== undefined) this.#push(exchange, this.#named('(prepare)'), this.#since, SIMPLE, 0, now)
    else if (this.#open.exchange(this.#open.tail) === exchange && Number.isNaN(this.#open.doneAt(this.#open.tail))) this.#open.flag(this.#open.tail, SYNCED)
  }

  /** When what is being answered was begun. */
  #asked(now: Ms): Ms { return this.#open.size > 0 ? this.#open.at(this.#open.head) : now }

  /** The operation of that exchange that is being answered. */
  #answers(exchange: ExchangeId): Slot {
    let slot = this.#open.find(exchange)
    while (slot !== NONE && this.#open.exchange(slot) === exchange && !Number.isNaN(this.#open.doneAt(slot))) slot = this.#open.after(slot)
    return slot !== NONE && this.#open.exchange(slot) === exchange ? slot : NONE
  }

  #failed(exchange: ExchangeId, code: string, now: Ms): void {
    let slot = this.#answers(exchange)
    if (slot === NONE) {
      // What failed has not come to be executed yet.
      this.#push(exchange, this.#named('(prepare)'), this.#since ?? now, SIMPLE, 0, now)
      slot = this.#open.tail
    }
    if (this.#open.code(slot) === undefined) this.#open.failed(slot, code)
  }

  #done(exchange: ExchangeId, now: Ms, held: Ms): void {
    const slot = this.#answers(exchange)
    if (slot === NONE || (this.#open.flags(slot) & SIMPLE) !== 0) return
    this.#open.done(slot, now)
    if (!this.#endsWithReady(slot)) this.#open.heldBack(slot, held)
    const next = this.#open.after(slot)
    if (next !== NONE && this.#open.exchange(next) === exchange) while (this.#open.head !== next) this.#settle(this.#open.head, now, undefined)
  }

  /** Everything up to that exchange has its answer, or will never have one. */
  #end(exchange: ExchangeId, now: Ms, held: Ms): void {
    this.#register.turn(now)
    for (let slot = this.#open.head; slot !== NONE && this.#open.exchange(slot) <= exchange; slot = this.#open.head) {
      const own = this.#open.exchange(slot) === exchange
      if (own && this.#endsWithReady(slot)) this.#open.heldBack(slot, held)
      this.#settle(slot, now, own && (this.#open.flags(slot) & SIMPLE) !== 0 ? undefined : PASSED_OVER)
    }
  }

  /** Takes the oldest out; `otherwise` is what became of it where nothing was said of it. */
  #settle(slot: Slot, now: Ms, otherwise: string | undefined): void {
    const entry = this.#open.entry(slot)
    const doneAt = this.#open.doneAt(slot)
    const done = !Number.isNaN(doneAt)
    const code = this.#open.code(slot) ?? (done ? undefined : otherwise)
    const until = done && !this.#endsWithReady(slot) ? doneAt : now
    this.#answeredAt = now
    if (code !== undefined) entry?.failed(code)
    else entry?.answered(ms(Math.max(0, until - this.#open.at(slot))), this.#open.held(slot))
    this.#register.flying(-1)
    this.#open.shift()
  }

  #endsWithReady(slot: Slot): boolean { return (this.#open.flags(slot) & (SIMPLE | SYNCED)) !== 0 }

  #entryOf(statement: Statement | null | undefined): Entry {
    if (!statement) return this.#named('(unknown statement)')
    const { fingerprint } = statement
    const known = this.#register.entry(fingerprint)
    if (known) return known
    const name = shown(fingerprint)
    if (name !== fingerprint) this.#register.shownCut(name, fingerprint)
    return this.#register.add(fingerprint, {
      statement: name, ...(statement.keyword ? { tag: statement.keyword } : {}), ...(statement.table ? { table: statement.table } : {}),
    })
  }

  #named(name: string): Entry { return this.#register.entry(name) ?? this.#register.add(name, { statement: name }) }
}

const shown = (fingerprint: string): string =>
  fingerprint.length <= SHOWN_HEAD + SHOWN_TAIL ? fingerprint : `${fingerprint.slice(0, SHOWN_HEAD)} … ${fingerprint.slice(-SHOWN_TAIL)}`
