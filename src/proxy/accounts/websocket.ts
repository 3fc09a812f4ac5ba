/**
 * The accounts of one WebSocket: messages that pass either way by opcode, each once it is complete; a ping is an operation that ends
 * with its pong, and so is a connection, which ends with the first close.
 */

import { ms, type Ms } from '../../core/units.ts'
import { begins, type Direction, type ExchangeId } from '../../protocols/codec.ts'
import { Facets } from '../../protocols/websocket/facets.ts'
import { endsMessage, opensMessage, type WebSocketFrame } from '../../protocols/websocket/frame.ts'
import { LOST, type Entry } from './entry.ts'
import { NONE, OpenOperations } from './open.ts'
import type { Who } from './reactions.ts'
import { CLOSED } from './redis.ts'
import type { Register } from './register.ts'

const NO_IDENTITY = 0
const NOT_HELD = ms(0)
/** What a rule does to a connection that it ends. */
const CUTS: ReadonlySet<string> = new Set(['close', 'refuse'])

export class WebSocketAccounts {
  readonly #register: Register
  readonly #who: Who
  /** By the side that sent them: the client's by exchange, the server's by message. */
  readonly #pings: Record<Direction, OpenOperations | undefined>
  /** The latest message that a rule took away, or a part of it. */
  readonly #lost: Record<Direction, number> = { 'to-server': 0, 'to-client': 0 }
  /** Exchanges before the first frame. */
  #before = 0
  #explained = false
  #cut = false

  /** `open`: of what the session was before. Nothing of that is answered any more. */
  constructor(register: Register, who: Who, open: OpenOperations) {
    this.#register = register
    this.#who = who
    this.#pings = { 'to-server': open, 'to-client': undefined }
  }

  opened(exchange: ExchangeId, frame: WebSocketFrame, now: Ms): void {
    if (frame.type === 'Opaque') return this.spoke(now)
    this.#register.turn(now)
    this.#before = exchange - frame.message
    if (opensMessage(frame) && (frame.kind === 'text' || frame.kind === 'binary')) this.#who.asked(NO_IDENTITY, now)
    if (frame.type === 'pong' && frame.answers !== undefined) this.#ponged('to-client', frame.answers, now, NOT_HELD)
    this.#passes(frame, exchange, now)
  }

  heldBack(_exchange: ExchangeId, duration: Ms, frame: WebSocketFrame): void { this.#pings['to-server']?.heldAhead(this.#before + frame.message, duration) }

  altered(rule: string, did: string, now: Ms, frame?: WebSocketFrame): void {
    this.#who.altered(rule, NO_IDENTITY, frame ? `${frame.kind} ${frame.direction}` : '', did, now)
    if (CUTS.has(did) && !this.#cut) {
      this.#cut = true
      this.#register.sockets.cut(this.#who, now)
    } else if (did === 'drop' && frame && frame.type !== 'Opaque') this.#loses(frame)
  }

  answered(frame: WebSocketFrame, now: Ms, held: Ms = NOT_HELD): void {
    if (frame.type === 'Opaque') return
    this.#register.turn(now)
    if (frame.type === 'pong' && frame.answers !== undefined) this.#ponged('to-server', frame.answers, now, held)
    this.#passes(frame, frame.message, now)
  }

  /** The pong of a fault. */
  replied(exchange: ExchangeId, code: string | undefined, now: Ms, held: Ms = NOT_HELD): void {
    this.#register.turn(now)
    this.#ponged('to-server', exchange, now, held, code)
  }

  spoke(now: Ms): void { this.#who.asked(NO_IDENTITY, now) }

  closed(): void {
    for (const open of Object.values(this.#pings)) {
      this.#register.flying(-(open?.size ?? 0))
      while (open && open.size > 0) {
        open.entry(open.head)?.failed(open.code(open.head) ?? CLOSED)
        open.shift()
      }
    }
    if (!this.#explained) this.#register.sockets.ended(this.#who, this.#cut)
  }

  /** A frame, or part of one, that came from the client, or goes on to it. */
  #passes(frame: WebSocketFrame, number: number, now: Ms): void {
    const { type, direction, kind } = frame
    const entry = this.#register.sockets.entry(direction, kind)
    entry.carried(direction, frame.raw.length)
    if (type === 'ping') {
      if (begins(frame)) this.#pinged(entry, direction, number, now)
    } else if (type === 'close') this.#closes(frame)
    else if (!endsMessage(frame)) return
    else if (this.#lost[direction] !== frame.message) entry.passed()
    else if (direction === 'to-server') entry.lost(false)
  }

  #pinged(entry: Entry, direction: Direction, number: number, now: Ms): void {
    const open = this.#pings[direction] ?? new OpenOperations()
    this.#pings[direction] = open
    const { size } = open
    open.push(number, entry, now, NO_IDENTITY, 0)
    this.#register.flying(open.size - size)
  }

  /** The ping with that number has its pong; those before it will have none. */
  #ponged(asked: Direction, number: number, now: Ms, held: Ms, code?: string): void {
    const open = this.#pings[asked]
    if (!open || open.find(number) === NONE) return
    for (let slot = open.head; open.exchange(slot) < number; slot = open.head) this.#unanswered(open)
    const slot = open.head
    const entry = open.entry(slot)
    const failed = code ?? open.code(slot)
    open.heldBack(slot, held)
    if (failed !== undefined) entry?.failed(failed)
    else entry?.answered(ms(Math.max(0, now - open.at(slot))), open.held(slot))
    this.#register.flying(-1)
    open.shift()
  }

  #unanswered(open: OpenOperations): void {
    const code = open.code(open.head)
    this.#register.flying(-1)
    if (code === undefined) return open.drop()
    open.entry(open.head)?.failed(code)
    open.shift()
  }

  #closes(frame: WebSocketFrame): void {
    if (this.#explained || !begins(frame)) return
    this.#explained = true
    this.#register.sockets.closed(new Facets(frame, false).close_code ?? 0)
  }

  /** A rule took it away: once a message, whatever its frames. What a client sent has been counted by then where that was its last frame. */
  #loses(frame: WebSocketFrame): void {
    const { direction, type, message } = frame
    if (type === 'close' || this.#lost[direction] === message) return
    this.#lost[direction] = message
    const entry = this.#register.sockets.entry(direction, frame.kind)
    if (direction === 'to-client') return entry.lost(false)
    const ping = type === 'ping' ? this.#pings[direction]?.find(this.#before + message) ?? NONE : NONE
    if (ping !== NONE) this.#pings[direction]?.failed(ping, LOST)
    else if (type !== 'ping' && endsMessage(frame)) entry.lost(true)
  }
}
