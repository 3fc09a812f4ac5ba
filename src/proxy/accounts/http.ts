/**
 * The accounts of one HTTP session: each request is an operation, from the first byte of its head to the last of its final answer. Once it
 * is a WebSocket they are those of its frames.
 */

import { ms, type Ms } from '../../core/units.ts'
import type { ExchangeId } from '../../protocols/codec.ts'
import { fieldValue } from '../../protocols/http/fields.ts'
import { SWITCHING, type Head } from '../../protocols/http/head.ts'
import type { HttpMessage } from '../../protocols/http/message.ts'
import { errorOfStatus } from '../../protocols/http/status.ts'
import { isFrame, type WebSocketFrame } from '../../protocols/websocket/frame.ts'
import type { Entry } from './entry.ts'
import type { HttpNames } from './http-names.ts'
import { NONE, OpenOperations, type Slot } from './open.ts'
import { CLOSED } from './redis.ts'
import type { Who } from './reactions.ts'
import type { Register } from './register.ts'
import type { SessionAccounts } from './session-accounts.ts'
import { WebSocketAccounts } from './websocket.ts'

/** It asks for a WebSocket: anything else is a refusal. */
const UPGRADE = 1
/** Its answer goes on until somebody has had enough: its time says nothing, and its end is no failure. */
const STREAM = 2
const NOT_HELD = ms(0)
/** Bytes that are no answer of HTTP's. */
const NO_ANSWER = 'malformed'
const EVENT_STREAM = /^text\/event-stream\b/i

type Paired = { readonly exchange: ExchangeId; readonly last: boolean }

export class HttpAccounts implements SessionAccounts<HttpMessage | WebSocketFrame, Paired> {
  readonly #register: Register
  readonly #names: HttpNames
  readonly #who: Who
  readonly #open = new OpenOperations()
  /** Of the request whose body may come. */
  #asking: Entry | undefined
  #frames: WebSocketAccounts | undefined
  #closed = false

  constructor(register: Register, names: HttpNames, who: Who) {
    this.#register = register
    this.#names = names
    this.#who = who
  }

  opened(exchange: ExchangeId, message: HttpMessage | WebSocketFrame, now: Ms): void {
    if (this.#closed) return
    if (isFrame(message)) return this.#framed().opened(exchange, message, now)
    const { type, head, raw } = message
    if (type === 'Opaque' || !head) return this.spoke(now)
    this.#register.turn(now)
    if (type === 'RequestHead') this.#begin(exchange, message, head, now)
    this.#asking?.carried('to-server', raw.length)
  }

  heldBack(exchange: ExchangeId, duration: Ms, message?: HttpMessage | WebSocketFrame): void {
    if (message && isFrame(message)) return this.#frames?.heldBack(exchange, duration, message)
    this.#open.heldAhead(exchange, duration)
  }

  altered(rule: string, exchange: ExchangeId, did: string, now: Ms, message?: HttpMessage | WebSocketFrame): void {
    if (this.#frames) return this.#frames.altered(rule, did, now, message && isFrame(message) ? message : undefined)
    const slot = this.#open.find(exchange)
    const { method = '', route = '' } = this.#open.entry(slot)?.of ?? {}
    this.#who.altered(rule, this.#open.identity(slot), `${method} ${route}`.trim(), did, now)
  }

  answered(message: HttpMessage | WebSocketFrame, paired: Paired | null, now: Ms, held: Ms = NOT_HELD): void {
    if (isFrame(message)) return this.#framed().answered(message, now, held)
    if (!paired) return
    const slot = this.#answers(paired.exchange)
    if (slot === NONE) return
    const { type, head, raw, part } = message
    this.#register.turn(now)
    this.#open.entry(slot)?.carried('to-client', raw.length)
    if (type === 'ResponseHead' && head && !head.interim) {
      if (part === 'first' && head.length < 0 && EVENT_STREAM.test(fieldValue(head.raw, head.fieldsAt, 'content-type') ?? '')) this.#open.flag(slot, STREAM)
      this.#answering(slot, head.status, now, held)
    }
    if (!paired.last) return
    this.#open.heldBack(slot, held)
    if (head?.status === SWITCHING && (this.#open.flags(slot) & UPGRADE) !== 0) this.#upgraded(slot, now)
    this.#end(slot, now)
  }

  replied(exchange: ExchangeId, code: string | undefined, now: Ms, held: Ms = NOT_HELD, bytes = 0): void {
    if (this.#frames) return this.#frames.replied(exchange, code, now, held)
    const slot = this.#answers(exchange)
    if (slot === NONE) return
    this.#register.turn(now)
    this.#open.entry(slot)?.carried('to-client', bytes)
    if (code === undefined) this.#open.failed(slot, NO_ANSWER)
    else this.#answering(slot, Number(code), now, held)
    this.#open.heldBack(slot, held)
    this.#end(slot, now)
  }

  spoke(now: Ms): void { this.#who.asked(0, now) }

  closed(now: Ms): void {
    if (this.#closed) return
    this.#closed = true
    this.#register.turn(now)
    this.#frames?.closed()
    this.#register.flying(-this.#open.size)
    while (this.#open.size > 0) {
      const slot = this.#open.head
      const code = this.#open.code(slot)
      if (code === undefined && (this.#open.flags(slot) & STREAM) !== 0) this.#open.entry(slot)?.answered(UNTIMED, NOT_HELD)
      else this.#open.entry(slot)?.failed(code ?? CLOSED)
      this.#open.shift()
    }
    this.#who.closed()
  }

  #begin(exchange: ExchangeId, message: HttpMessage, head: Head, now: Ms): void {
    const size = this.#open.size
    const entry = this.#names.entry(message, head)
    const { identity, keyed } = this.#names
    if (keyed) entry.keyed()
    this.#open.push(exchange, entry, now, identity, head.upgrade === 'websocket' ? UPGRADE : 0)
    this.#register.flying(this.#open.size - size)
    this.#asking = entry
    this.#who.asked(identity, now)
  }

  /** The operation of that exchange; what stood before it is never answered. */
  #answers(exchange: ExchangeId): Slot {
    let slot = this.#open.head
    while (slot !== NONE && this.#open.exchange(slot) < exchange) {
      this.#register.flying(-1)
      this.#open.drop()
      slot = this.#open.head
    }
    return slot !== NONE && this.#open.exchange(slot) === exchange ? slot : NONE
  }

  #answering(slot: Slot, status: number, now: Ms, held: Ms): void {
    const refused = (this.#open.flags(slot) & UPGRADE) !== 0 && status !== SWITCHING
    const code = refused ? String(status) : errorOfStatus(status)
    if (code !== undefined) this.#open.failed(slot, code)
    this.#open.entry(slot)?.answering(status, ms(Math.max(0, now - this.#open.at(slot))), ms(this.#open.held(slot) + held), code === undefined)
  }

  #upgraded(slot: Slot, now: Ms): void {
    this.#register.sockets.opened(this.#who, ms(Math.max(0, now - this.#open.at(slot))), this.#open.held(slot), now)
    this.#framed()
  }

  #framed(): WebSocketAccounts {
    this.#frames ??= new WebSocketAccounts(this.#register, this.#who, this.#open)
    return this.#frames
  }

  #end(slot: Slot, now: Ms): void {
    const entry = this.#open.entry(slot)
    const code = this.#open.code(slot)
    if (code !== undefined) entry?.failed(code)
    else entry?.answered((this.#open.flags(slot) & STREAM) !== 0 ? UNTIMED : ms(Math.max(0, now - this.#open.at(slot))), this.#open.held(slot))
    this.#register.flying(-1)
    this.#open.shift()
  }
}

const UNTIMED = ms(-1)
