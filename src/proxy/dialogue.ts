/**
 * What is understood of a session: cuts both directions into messages, pairs them, and gives answers of ours their turn.
 *
 *   nothing reads messages    the bytes are written, then overheard
 *   a rule reads messages     the bytes are heard, judged message by message, then written
 *
 * It changes from one to the other between messages only: of the one in hand `#ahead` bytes have been written before it is heard in full.
 */

import type { Clock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Conversation, Direction, ExchangeId, Framed, OperationId, Protocol } from '../protocols/codec.ts'
import { begins, perDirection } from '../protocols/codec.ts'
import { codeIn, type AnyConversation, type Spoken } from '../protocols/spoken.ts'
import { isFrame } from '../protocols/websocket/frame.ts'
import { laneOf, type Lane } from './accounts/lane.ts'
import type { SessionAccounts } from './accounts/session-accounts.ts'
import type { Grip } from './armed.ts'
import { kept } from './fast.ts'
import type { Sieve } from './sieve.ts'

/** An answer of ours, given when all that was asked before it has been answered. */
export interface Turn { readonly after: ExchangeId; readonly exchange: ExchangeId; /** Nothing comes behind it. */ readonly last: boolean; raw: Buffer | undefined; held: Ms }

export interface DialogueOwner {
  /** To the client, behind what was said before. */
  say(raw: Buffer): void
  /** Nothing more will come of `exchange`, nor of any before it. */
  over(exchange: ExchangeId): void
  /** All is answered that ever will be: the connection ends, as its client has asked. */
  answeredLast(): void
  /** A message that stands alone has passed. */
  stoodAlone(unit: Spoken): void
  /** From here on nothing is read. Told once. */
  opaque(why: string): void
}

/** What is heard: a message, or bytes that are none or of which a part is on its way already. */
export type Heard = (unit: Spoken | { readonly kind: 'bytes'; readonly raw: Buffer }) => void

const FIRST = 0
const NOT_HELD = ms(0)

export class Dialogue {
  readonly conversation: AnyConversation
  readonly #talk: Conversation<Framed>
  readonly #owner: DialogueOwner
  readonly #accounts: SessionAccounts
  readonly #lane: Lane | undefined
  readonly #clock: Clock
  readonly #ahead = perDirection(() => ({ bytes: 0 }))
  readonly #turns: Turn[] = []
  /** Who sent what on its own account, and in the course of which exchange. */
  readonly #owners = new Map<OperationId, { readonly grip: Grip; readonly exchange: ExchangeId }>()
  #ownSent = 0
  /** Exchanges up to this one have been answered in full. */
  #answered: ExchangeId = FIRST
  #opaque = false

  constructor(conversation: AnyConversation, accounts: SessionAccounts, clock: Clock, owner: DialogueOwner) {
    this.conversation = conversation
    this.#talk = conversation
    this.#accounts = accounts
    this.#lane = laneOf(conversation, accounts)
    this.#clock = clock
    this.#owner = owner
  }

  /** Bytes that were written. `lent` is valid until this returns. */
  overhear(direction: Direction, lent: Buffer): void {
    const now = this.#clock.now()
    const lane = this.#opaque ? undefined : this.#lane
    if (lane) this.#skim(lane, direction, lent, now)
    else this.#overhear(direction, this.#decoder(direction).feed(kept(lent)), now)
    this.#tell()
  }

  /** Bytes that came at `now` and will be written as they are, but are held; `gone` has something done once they are. */
  overhearHeld(direction: Direction, chunk: Buffer, now: Ms, gone: (once: (held: Ms) => void) => void): void {
    this.#overhear(direction, this.#decoder(direction).feed(chunk), now, gone)
    this.#tell()
  }

  /** The stream has ended while it was overheard. */
  overhearEnd(direction: Direction): void { this.#overhear(direction, this.#decoder(direction).end(), this.#clock.now()) }

  #overhear(direction: Direction, messages: readonly Framed[], now: Ms, gone?: (once: (held: Ms) => void) => void): void {
    const going: Spoken[] | undefined = gone && []
    for (const message of messages) {
      const unit = this.#spoken(direction, message, now)
      if (unit.kind !== 'message') continue
      if (going) going.push(unit)
      else if (direction === 'to-client') this.went(unit, now, NOT_HELD)
      if (direction === 'to-server') this.sent(unit)
      else this.answered(unit)
    }
    if (going && going.length > 0) gone?.((held) => { for (const unit of going) this.went(unit, this.#clock.now(), held) })
  }

  #skim(lane: Lane, direction: Direction, lent: Buffer, now: Ms): void {
    let at = 0
    for (;;) {
      const before = lane.answered
      at = lane.skim(direction, lent, at, now)
      if (lane.answered !== before) this.#over(lane.answered, this.conversation.protocol)
      if (at === lent.length) return
      const [next, messages] = lane.step(direction, lent, at)
      this.#overhear(direction, messages, now)
      at = next
    }
  }

  /** Bytes from `at` on that are held until each message in them was judged: all of them, or `one` message where `slip` goes on behind it. Returns where that ends. */
  hear(direction: Direction, chunk: Buffer, now: Ms, heard: Heard, at = 0, one = false): number {
    const [next, messages] = one && this.#lane ? this.#lane.step(direction, chunk, at) : [chunk.length, this.#decoder(direction).feed(at === 0 ? chunk : chunk.subarray(at))]
    for (const message of messages) this.#hear(direction, message, now, heard)
    this.#tell()
    return next
  }

  /** Reads on from `at` as far as messages are plain and none can be meant, which go on as they are. Returns where that ends. `lent` is valid until this returns. */
  slip(direction: Direction, lent: Buffer, at: number, now: Ms, sieve: Sieve): number {
    const lane = this.#lane
    if (!lane || this.#opaque || this.busy || this.#ahead[direction].bytes > 0) return at
    const before = lane.answered
    const end = lane.skim(direction, lent, at, now, sieve)
    if (lane.answered !== before) this.#over(lane.answered, this.conversation.protocol)
    return end
  }

  /** The stream has ended: what is left of it. What only its end completes is not complete where it was reset. */
  finish(direction: Direction, how: 'end' | 'reset', now: Ms, heard: Heard): void {
    for (const message of this.#decoder(direction).end()) if (how === 'end' || message.raw.length > 0) this.#hear(direction, message, now, heard)
  }

  /** From here on that direction is heard: what the decoder has of a message was written already. */
  enter(direction: Direction): void {
    this.#talk.heed?.()
    this.#ahead[direction].bytes = this.#decoder(direction).rest.length
  }

  /** From here on it is overheard: the bytes that the decoder holds and nobody has written. */
  leave(direction: Direction): Buffer {
    const rest = Buffer.from(this.#decoder(direction).rest.subarray(this.#ahead[direction].bytes))
    this.#ahead[direction].bytes = 0
    return rest
  }

  /** The server is sent it, in this order. */
  sent(unit: Spoken): void { this.#talk.sent(unit.message, unit.exchange ?? FIRST, unit.operation) }

  /** The same of what a fault sends on its own account: what it is answered is for that fault. */
  sentOwn(unit: Spoken, grip: Grip): void {
    const operation = -++this.#ownSent
    const exchange = unit.exchange ?? FIRST
    // The rest of a message in parts is answered with its head.
    if (begins(unit.message)) this.#owners.set(operation, { grip, exchange })
    this.#talk.sent(unit.message, exchange, operation)
  }

  /** A message has gone on, so long after it came. */
  went({ direction, message, exchange, last, own }: Spoken, now: Ms, held: Ms): void {
    if (own) return
    if (direction === 'to-client') {
      this.#accounts.answered(message, exchange === null ? null : { exchange, last }, now, held)
      this.#talk.delivered?.(message)
    }
    else if (held > 0) this.#accounts.heldBack(exchange ?? FIRST, held, message)
  }

  /** A turn for an answer to `unit` that is given later, behind all that the server is to answer before it. */
  reserve({ exchange, message, protocol }: Spoken): Turn {
    const last = protocol === 'http' && message.head?.close === true
    const turn: Turn = { after: this.#talk.latest ?? FIRST, exchange: exchange ?? FIRST, last, raw: undefined, held: NOT_HELD }
    this.#turns.push(turn)
    return turn
  }

  give(turn: Turn, raw: Buffer, held: Ms): void {
    turn.raw = raw
    turn.held = held
    this.#serve()
  }

  /** A message was heard and has gone on, or what is left of it. */
  passed(unit: Spoken): void {
    if (unit.exchange === null) this.#owner.stoodAlone(unit)
    else if (unit.direction === 'to-client') this.answered(unit)
  }

  /** A message of the server's has gone out; with the last of an exchange the turns come that waited for it. */
  answered({ exchange, last, own, protocol }: Spoken): void {
    if (last && !own && exchange !== null) this.#over(exchange, protocol)
  }

  #over(exchange: ExchangeId, protocol: Protocol): void {
    this.#answered = exchange
    // A request of HTTP that was sent behind the client's has an answer of its own, which is still to come.
    for (const [operation, owner] of this.#owners) if (owner.exchange < exchange || (owner.exchange === exchange && protocol !== 'http')) this.#owners.delete(operation)
    this.#owner.over(exchange)
    this.#serve()
  }

  /** An answer of ours has not had its turn, or something that the client knows nothing of is unanswered: messages must be heard. */
  get busy(): boolean { return this.#turns.length > 0 || this.#owners.size > 0 }

  lose(why: string): void {
    this.#talk.lose(why)
    this.#tell()
  }

  #serve(): void {
    const upTo = this.#talk.unanswered === 0 ? Number.POSITIVE_INFINITY : this.#answered
    for (let turn = this.#turns[0]; turn?.raw && turn.after <= upTo; turn = this.#turns[0]) {
      this.#turns.shift()
      this.#owner.say(turn.raw)
      this.#accounts.replied(turn.exchange, codeIn(this.conversation.protocol, turn.raw), this.#clock.now(), turn.held, turn.raw.length)
      this.#owner.over(turn.exchange)
      if (turn.last) this.#owner.answeredLast()
    }
  }

  #hear(direction: Direction, message: Framed, now: Ms, heard: Heard): void {
    const unit = this.#spoken(direction, message, now)
    const ahead = this.#ahead[direction]
    if (ahead.bytes > 0) {
      // Its beginning is on its way: it passes as it is.
      const raw = message.raw.subarray(ahead.bytes)
      ahead.bytes = Math.max(0, ahead.bytes - message.raw.length)
      if (unit.kind === 'message' && direction === 'to-server') this.sent(unit)
      if (raw.length > 0) heard({ kind: 'bytes', raw })
      if (unit.kind !== 'message' || direction === 'to-server') return
      this.went(unit, now, NOT_HELD)
      this.answered(unit)
    } else if (unit.kind === 'message' && unit.own) this.#forOwner(unit)
    else heard(unit)
  }

  /** An answer to what a fault sent on its own account: it sees it, nobody else does. */
  #forOwner(unit: Spoken): void {
    const operation = unit.operation ?? FIRST
    this.#owners.get(operation)?.grip.decide(unit, unit.direction)
    if (unit.last) this.#owners.delete(operation)
  }

  #spoken(direction: Direction, message: Framed, now: Ms): Spoken | { readonly kind: 'bytes'; readonly raw: Buffer } {
    if (this.#opaque || ('type' in message && message.type === 'Opaque')) {
      if (direction === 'to-server') this.#accounts.spoke(now)
      return { kind: 'bytes', raw: message.raw }
    }
    const of = direction === 'to-server' ? this.#talk.asked(message) : this.#talk.received(message)
    if (direction === 'to-server') this.#accounts.opened(of?.exchange ?? FIRST, message, now)
    const { conversation } = this
    const { raw } = message
    if (isFrame(message)) return { kind: 'message', protocol: 'websocket', message, raw, direction, conversation, exchange: null, operation: null, last: false, own: false } as Spoken
    const operation = of?.operation ?? null
    return {
      kind: 'message', protocol: conversation.protocol, message, raw, direction, conversation,
      exchange: of?.exchange ?? null, operation, last: direction === 'to-client' && of?.last === true, own: operation !== null && operation < FIRST,
    } as Spoken
  }

  #tell(): void {
    const why = this.#opaque ? undefined : this.#talk.opaque
    if (why === undefined) return
    this.#opaque = true
    this.#owner.opaque(why)
  }

  #decoder(direction: Direction): Conversation<Framed>['toServer'] { return direction === 'to-server' ? this.#talk.toServer : this.#talk.toClient }
}
