/** Pairs what a server says with the commands it was sent: one reply each, but for pub/sub, MONITOR, CLIENT REPLY and pushes. */

import type { Answered, Asked, Conversation, ExchangeId, OperationId } from '../codec.ts'
import { Fifo } from '../fifo.ts'
import type { Command } from './commands.ts'
import { RedisDecoder } from './decoder.ts'
import type { Expected } from './expected.ts'
import { Facets, type RedisFacets } from './facets.ts'
import { begins, ends, type RedisMessage } from './message.ts'
import { isNil } from './reply.ts'
import { ConnectionState, type Change, type Resp } from './state.ts'
import { pubsubWord, Subscriptions } from './subscriptions.ts'
import { commandOf, countOf, upper, waits, wordsOf } from './words.ts'

/** Commands unanswered at the most: past it pairing is given up for the session. */
export const UNANSWERED_MAX = 2 ** 20

/** A command and its answer are an exchange, and its one operation. */
export interface Paired extends Answered { readonly command: Command }

interface Trailing { readonly of: Expected; left: number }

const ENDS_TRANSACTION: ReadonlySet<string> = new Set(['exec', 'discard', 'reset'])
const PLUS = 43
const ZERO = 48
const SPACE = 32
const LETTER_Q = 81
const UNTIL_NONE = Number.POSITIVE_INFINITY
/** `+1700000000.123456 [0 127.0.0.1:5000] "get" "k"` */
const MONITOR_LINE = /^\+\d+\.\d{6} \[/

export class RedisConversation implements Conversation<RedisMessage> {
  readonly protocol = 'redis'
  readonly toServer = new RedisDecoder('to-server')
  readonly toClient = new RedisDecoder('to-client')
  readonly #expected = new Fifo<Expected>()
  readonly #state = new ConnectionState()
  readonly #subscriptions = new Subscriptions()
  #exchange: ExchangeId = 0
  /** CLIENT REPLY, as it was sent: `skip` holds for the next command. */
  #replies: 'on' | 'off' | 'skip' = 'on'
  #monitoring = false
  #transaction = false
  #watching = false
  #maintenance = false
  /** A SUBSCRIBE to n channels in a transaction makes n elements of an EXEC that says it has one: the n - 1 over come behind it, or push others out. */
  #surplus = 0
  #trailing: Trailing | undefined
  #lost = false
  /** What the message in hand was paired with, for the parts of a large one. */
  #paired: Paired | null = null

  /** Commands that were sent and are not answered in full. */
  get unanswered(): number { return this.#expected.size }
  get latest(): ExchangeId | undefined { return this.#expected.tail?.exchange }
  /** The exchange that is to be answered next; 0 where there is none. */
  get due(): ExchangeId { return this.#expected.head?.exchange ?? 0 }
  /** Too much was unanswered, or the session replicates: no message is paired any more. */
  get lost(): boolean { return this.#lost }
  get opaque(): string | undefined { return this.toServer.broken ?? this.toClient.broken ?? (this.#lost ? 'too much is unanswered' : undefined) }
  /** What is due to be answered may wait for data. */
  get blocked(): boolean { return this.#expected.head?.blocking ?? false }
  /** The version in which the next command sent will be answered. */
  get resp(): Resp { return this.#state.asked.resp }
  /** The version of the reply in hand. */
  get confirmedResp(): Resp { return this.#state.confirmed.resp }
  /** A MULTI was sent, and what ends it was not. */
  get transaction(): boolean { return this.#transaction }
  /** A WATCH was sent, and nothing that ends it. */
  get watching(): boolean { return this.#watching }
  /** It is told of keys that it has read and that change. */
  get tracking(): boolean { return this.#state.confirmed.tracking }
  /** It has asked to be told of maintenance, whatever the server said to that. */
  get maintenance(): boolean { return this.#maintenance }
  get monitoring(): boolean { return this.#monitoring }
  get subscribed(): boolean { return this.#subscriptions.any }
  /** The next command is not answered: CLIENT REPLY OFF or SKIP. */
  get silent(): boolean { return this.#replies !== 'on' }
  /** The next command is executed when its turn comes, and answered: it is not queued, nor refused because the connection listens. */
  get ordinary(): boolean { return !this.#transaction && !this.silent && !this.#monitoring && !(this.subscribed && this.resp === 2) }

  /** The exchange that a client's message belongs to: each command is one. Once a message, in the order in which they came, before any fault. */
  asked(message: RedisMessage): Asked {
    const first = begins(message)
    if (first) this.#exchange++
    return { exchange: this.#exchange, operation: this.#exchange, first, last: ends(message) }
  }

  sent(message: RedisMessage, exchange: ExchangeId, operation: OperationId | null): void {
    if (this.#lost || !begins(message) || (message.type !== 'Command' && message.type !== 'InlineCommand')) return
    const command = commandOf(message)
    if (command.answer === 'replication') return this.lose('replication')
    if (command.answer === 'reset') this.#replies = 'on'
    if (command.answer !== 'one') this.#marks(command, message)
    if (command.answer === 'replies' && this.#silences(message)) return
    if (this.#replies !== 'on') {
      if (this.#replies === 'skip') this.#replies = 'on'
      const change = changeOf(command, message)
      // Nothing will say whether it was done.
      if (change) {
        this.#state.ask(change)
        this.#state.answer(change, 'done')
      }
      return
    }
    this.#expect(message, exchange, operation, command)
  }

  /** What holds from the sending on, for the commands behind it in a pipeline. */
  #marks({ answer }: Command, { raw }: RedisMessage): void {
    const ends = ENDS_TRANSACTION.has(answer)
    if (answer === 'watch') this.#watching ||= !this.#transaction
    else if (ends || answer === 'unwatch') this.#watching = false
    if (answer === 'maintenance') this.#maintenance = upper(wordsOf(raw, 3)[2]) === 'ON'
    else if (answer === 'reset') this.#maintenance = false
    this.#transaction = answer === 'multi' || (this.#transaction && !ends)
  }

  received(message: RedisMessage): Paired | null {
    if (begins(message)) this.#paired = this.#lost ? null : this.#pair(message)
    message.command = this.#paired?.command
    if (!this.#paired?.last || ends(message)) return this.#paired
    return { ...this.#paired, last: false }
  }

  /** As `asked` and `sent` of a plain request that its client sends and nobody alters; 0 where it is not one like any other just now, and nothing has been done. */
  askedPlain(command: Command): ExchangeId {
    if (this.#lost || this.#replies !== 'on' || this.#expected.size >= UNANSWERED_MAX) return 0
    const exchange = ++this.#exchange
    this.#expected.push({ exchange, operation: exchange, command, blocking: false, left: 1, change: undefined })
    return exchange
  }

  /** As `received` of a reply that is no aggregate, no push, no error and not `+QUEUED`: the exchange that it ends; 0 where there is more to it, and nothing has been done. */
  answeredPlain(): ExchangeId {
    const head = this.#expected.head
    if (head?.command.answer !== 'one' || head.operation !== head.exchange || this.#trailing || this.#monitoring) return 0
    this.#expected.pop()
    return head.exchange
  }

  /** What a rule may match. Of a request before it is `sent`, of a reply once it was `received`. */
  facets(message: RedisMessage): RedisFacets {
    const { db, name } = message.direction === 'to-server' ? this.#state.asked : this.#state.confirmed
    return new Facets(message, db, name)
  }

  get session(): { readonly db: number; readonly client_name: string | undefined } {
    const { db, name } = this.#state.confirmed
    return { db, client_name: name || undefined }
  }

  reread(raw: Buffer, { direction, command }: RedisMessage): RedisMessage[] {
    const decoder = new RedisDecoder(direction)
    const messages = decoder.feed(raw)
    if (decoder.broken !== undefined || decoder.rest.length > 0) return []
    if (direction === 'to-client') for (const message of messages) message.command = command
    return messages
  }

  lose(why: string): void {
    this.#lost = true
    this.#expected.clear()
    this.toServer.giveUp(why)
    this.toClient.giveUp(why)
  }

  /** CLIENT REPLY OFF and SKIP, which are not answered. */
  #silences(message: RedisMessage): boolean {
    const mode = countOf(message.raw) === 3 ? upper(wordsOf(message.raw, 3)[2]) : ''
    if (mode === 'ON') this.#replies = 'on'
    if (mode === 'OFF') this.#replies = 'off'
    if (mode === 'SKIP' && this.#replies === 'on') this.#replies = 'skip'
    return mode === 'OFF' || mode === 'SKIP'
  }

  #expect(message: RedisMessage, exchange: ExchangeId, operation: OperationId | null, command: Command): void {
    if (this.#expected.size >= UNANSWERED_MAX) {
      this.#lost = true
      return this.#expected.clear()
    }
    if (command.answer === 'one') {
      return this.#expected.push({ exchange, operation, command, blocking: waits(command, message.raw), left: 1, change: undefined })
    }
    const change = changeOf(command, message)
    if (change) this.#state.ask(change)
    this.#expected.push({ exchange, operation, command, blocking: false, left: answersTo(command, message), change })
  }

  #pair(message: RedisMessage): Paired | null {
    if (message.type === 'Opaque') return null
    if (this.#trailing) return this.#trails(this.#trailing)
    const head = this.#expected.head
    const pubsub = this.#pubsub(message, head)
    if (pubsub) return pubsub.delivers ? null : this.#confirmed(pubsub.word, message, head)
    if (message.type === 'Push' || (this.#monitoring && isMonitorLine(message))) return null
    if (!head) {
      // CLIENT REPLY OFF was refused: to a client that is not let in every command is an error.
      this.#replies = 'on'
      return null
    }
    this.#expected.pop()
    if (head.command.answer !== 'one') this.#answered(head, message)
    return paired(head, this.#trailing === undefined)
  }

  #trails(trailing: Trailing): Paired {
    trailing.left--
    if (trailing.left === 0) this.#trailing = undefined
    return paired(trailing.of, trailing.left === 0)
  }

  /** Pub/sub speaks in pushes, before RESP3 in arrays. */
  #pubsub(message: RedisMessage, head: Expected | undefined): ReturnType<typeof pubsubWord> {
    if (message.type === 'Push') return pubsubWord(message)
    const possible = message.type === 'Array' && this.#state.confirmed.resp === 2 && (this.#subscriptions.any || listens(head))
    return possible ? pubsubWord(message) : undefined
  }

  #confirmed(word: string, message: RedisMessage, head: Expected | undefined): Paired | null {
    const left = this.#subscriptions.confirm(word, message)
    if (!head || head.command.name !== word.toUpperCase()) return null
    head.left = head.left === UNTIL_NONE && left > 0 ? UNTIL_NONE : head.left === UNTIL_NONE ? 0 : head.left - 1
    if (head.left > 0) return paired(head, false)
    this.#expected.pop()
    return paired(head, true)
  }

  /** A reply that changes how the session goes on. */
  #answered(head: Expected, message: RedisMessage): void {
    const { command, change } = head
    const failed = message.type === 'SimpleError' || message.type === 'BulkError'
    // +QUEUED: it takes effect with EXEC.
    const queued = message.type === 'SimpleString' && message.raw[message.valueAt + 1] === LETTER_Q
    if (change) this.#state.answer(change, failed ? 'refused' : queued ? 'queued' : 'done')
    if (failed && command.answer !== 'exec') return
    if (command.answer === 'monitor' && !queued) this.#monitoring = true
    else if (queued && Number.isFinite(head.left)) this.#surplus += head.left - 1
    else if (command.answer === 'exec' || command.answer === 'discard') {
      const executed = command.answer === 'exec' && !failed && !isNil(message)
      this.#state.endTransaction(executed)
      if (executed && this.#surplus > 0) this.#trailing = { of: head, left: this.#surplus }
      this.#surplus = 0
    } else if (command.answer === 'reset') {
      this.#state.reset()
      this.#subscriptions.clear()
      this.#monitoring = false
      this.#surplus = 0
    }
  }
}

const paired = ({ exchange, operation, command }: Expected, last: boolean): Paired => ({ exchange, operation, last, command })
const listens = (entry: Expected | undefined): boolean => entry?.command.answer === 'subscribe' || entry?.command.answer === 'unsubscribe'

/** Confirmations: one a channel; of an UNSUBSCRIBE from all as many as there are, and one if there are none. */
function answersTo({ answer }: Command, { raw }: RedisMessage): number {
  if (answer !== 'subscribe' && answer !== 'unsubscribe') return 1
  const channels = countOf(raw) - 1
  return answer === 'unsubscribe' && channels === 0 ? UNTIL_NONE : channels
}

function changeOf({ answer }: Command, { raw }: RedisMessage): Change | undefined {
  if (answer === 'select') {
    const db = Number(wordsOf(raw, 2)[1]?.toString('latin1'))
    return Number.isInteger(db) ? { db } : undefined
  }
  if (answer === 'setname') return { name: wordsOf(raw, 3)[2]?.toString() ?? '' }
  if (answer === 'tracking') return { tracking: upper(wordsOf(raw, 3)[2]) === 'ON' }
  if (answer === 'reset') return { db: 0, name: '', resp: 2, tracking: false }
  if (answer !== 'hello') return undefined
  const words = wordsOf(raw)
  const version = words[1]?.toString('latin1')
  if (version !== '2' && version !== '3') return undefined
  // AUTH takes two words, which may be SETNAME themselves.
  let at = 2
  while (at < words.length && upper(words[at]) === 'AUTH') at += 3
  const named = upper(words[at]) === 'SETNAME' ? words[at + 1] : undefined
  return { resp: version === '3' ? 3 : 2, ...(named ? { name: named.toString() } : {}) }
}

/** Looked at byte by byte before a string is made: most simple strings are `+OK`. */
function isMonitorLine({ type, raw, valueAt }: RedisMessage): boolean {
  const digit = (raw[valueAt + 1] ?? SPACE) - ZERO
  return type === 'SimpleString' && raw[valueAt] === PLUS && digit >= 0 && digit <= 9 && MONITOR_LINE.test(raw.toString('latin1', valueAt, valueAt + 40))
}
