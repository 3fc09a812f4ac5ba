/** The accounts of one Redis session: each command is an operation. */

import { ms, type Ms } from '../../core/units.ts'
import type { ExchangeId } from '../../protocols/codec.ts'
import type { Paired } from '../../protocols/redis/conversation.ts'
import { begins, type RedisMessage } from '../../protocols/redis/message.ts'
import type { PlainReply, PlainRequest } from '../../protocols/redis/plain.ts'
import { errorOf, isNil, nilsOf } from '../../protocols/redis/reply.ts'
import { commandOf, numberAt, waits } from '../../protocols/redis/words.ts'
import type { Entry } from './entry.ts'
import { NONE, OpenOperations, type Slot } from './open.ts'
import type { Who } from './reactions.ts'
import { READS_ALL, READS_ANY, READS_ONE, type CommandNames, type RedisNames } from './redis-names.ts'
import type { Register } from './register.ts'
import type { SessionAccounts } from './session-accounts.ts'

/** It may wait for data. */
const WAITS = 1
/** It does, or stands behind one that does: its time says nothing of the server. */
const UNTIMED = 2
const QUEUED = Buffer.from('QUEUED\r\n')
const ZERO = 48
/** What became of an operation whose session ended before its answer. */
export const CLOSED = 'closed'

export class RedisAccounts implements SessionAccounts<RedisMessage, Paired> {
  readonly #register: Register
  readonly #names: RedisNames
  readonly #who: Who
  readonly #open = new OpenOperations()
  #waiting = 0
  #closed = false

  constructor(register: Register, names: RedisNames, who: Who) {
    this.#register = register
    this.#names = names
    this.#who = who
  }

  opened(exchange: ExchangeId, message: RedisMessage, now: Ms): void {
    if (!begins(message) || this.#closed) return
    if (message.type === 'Opaque') return this.spoke(now)
    if (message.type === 'Nothing') return
    this.#register.turn(now)
    const command = commandOf(message)
    const names = this.#names.of(command)
    const waiting = waits(command, message.raw)
    if (waiting) this.#waiting++
    this.#push(exchange, names, this.#names.entry(message, names), now, waiting ? WAITS : 0)
  }

  /** As `opened`, of a request that lies in `chunk`. */
  openedPlain(exchange: ExchangeId, { command, keyStart, keyEnd }: PlainRequest, chunk: Buffer, now: Ms): void {
    if (this.#closed) return
    this.#register.turn(now)
    const names = this.#names.of(command)
    const entry = names.keyAt > 0 ? this.#names.keyed(names, chunk, keyStart, keyEnd) : this.#names.keyless(names)
    this.#push(exchange, names, entry, now, 0)
  }

  #push(exchange: ExchangeId, names: CommandNames, entry: Entry, now: Ms, flags: number): void {
    const { identity } = this.#names
    const size = this.#open.size
    this.#open.push(exchange, entry, now, identity, flags | (this.#waiting > 0 ? UNTIMED : 0) | names.reads)
    this.#register.flying(this.#open.size - size)
    this.#who.asked(identity, now)
  }

  heldBack(exchange: ExchangeId, duration: Ms): void { this.#open.heldAhead(exchange, duration) }

  altered(rule: string, exchange: ExchangeId, did: string, now: Ms): void {
    const slot = this.#open.find(exchange)
    const { command = '', key = '' } = this.#open.entry(slot)?.of ?? {}
    this.#who.altered(rule, this.#open.identity(slot), `${command} ${key}`.trim(), did, now)
  }

  answered(message: RedisMessage, paired: Paired | null, now: Ms, held: Ms = ms(0)): void {
    if (!paired) return
    const slot = this.#answers(paired.exchange)
    if (slot === NONE) return
    if (begins(message)) {
      const code = errorOf(message)
      if (code !== undefined) this.#open.failed(slot, code)
    }
    if (!paired.last) return
    this.#open.heldBack(slot, held)
    this.#looked(slot, message)
    this.#end(slot, now, isQueued(message))
  }

  /** As `answered`, of a reply that is all of its exchange's answer and was not held. */
  answeredPlain(exchange: ExchangeId, { nil, value }: PlainReply, now: Ms): void {
    const slot = this.#answers(exchange)
    if (slot === NONE) return
    const flags = this.#open.flags(slot)
    if (nil && (flags & READS_ANY) !== 0) this.#open.entry(slot)?.looked(0, 1)
    else if (value && (flags & READS_ONE) !== 0) this.#open.entry(slot)?.looked(1, 0)
    this.#end(slot, now, false)
  }

  replied(exchange: ExchangeId, code: string | undefined, now: Ms, held: Ms = ms(0)): void {
    const slot = this.#answers(exchange)
    if (slot === NONE) return
    if (code !== undefined) this.#open.failed(slot, code)
    this.#open.heldBack(slot, held)
    this.#end(slot, now, false)
  }

  spoke(now: Ms): void { this.#who.asked(0, now) }

  closed(now: Ms): void {
    if (this.#closed) return
    this.#closed = true
    this.#register.turn(now)
    this.#register.flying(-this.#open.size)
    while (this.#open.size > 0) {
      this.#open.entry(this.#open.head)?.failed(CLOSED)
      this.#open.shift()
    }
    this.#who.closed()
  }

  /** The operation of that exchange; what stood before it is never answered: it asked not to be, or a fault took it away. */
  #answers(exchange: ExchangeId): Slot {
    let slot = this.#open.head
    while (slot !== NONE && this.#open.exchange(slot) < exchange) {
      this.#leaves(slot)
      this.#register.flying(-1)
      this.#open.drop()
      slot = this.#open.head
    }
    return slot !== NONE && this.#open.exchange(slot) === exchange ? slot : NONE
  }

  #end(slot: Slot, now: Ms, untimed: boolean): void {
    this.#register.turn(now)
    const entry = this.#open.entry(slot)
    const code = this.#open.code(slot)
    if (code !== undefined) entry?.failed(code)
    else entry?.answered(ms(untimed || (this.#open.flags(slot) & UNTIMED) !== 0 ? -1 : Math.max(0, now - this.#open.at(slot))), this.#open.held(slot))
    this.#leaves(slot)
    this.#register.flying(-1)
    this.#open.shift()
  }

  #leaves(slot: Slot): void { if ((this.#open.flags(slot) & WAITS) !== 0) this.#waiting-- }

  #looked(slot: Slot, message: RedisMessage): void {
    const flags = this.#open.flags(slot)
    if ((flags & READS_ANY) === 0) return
    const entry = this.#open.entry(slot)
    if ((flags & READS_ONE) !== 0 || isNil(message)) {
      if (isNil(message)) entry?.looked(0, 1)
      else if (message.type === 'BulkString' || message.type === 'Double') entry?.looked(1, 0)
    } else if (message.part === 'whole' && (message.type === 'Array' || message.type === 'Map' || message.type === 'Set')) {
      const { raw, valueAt } = message
      if ((flags & READS_ALL) !== 0) entry?.looked(raw[valueAt + 1] === ZERO ? 0 : 1, raw[valueAt + 1] === ZERO ? 1 : 0)
      else {
        const nils = nilsOf(message)
        entry?.looked(numberAt(raw, valueAt + 1) - nils, nils)
      }
    }
  }
}

/** +QUEUED: the work is done, and timed, with EXEC. */
const isQueued = ({ type, raw, valueAt }: RedisMessage): boolean =>
  type === 'SimpleString' && raw[valueAt + 1] === QUEUED[0] && raw.length - valueAt === QUEUED.length + 1 && QUEUED.equals(raw.subarray(valueAt + 1))

