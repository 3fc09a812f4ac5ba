/** One client of a WebSocket load: its connection, made anew as often as it is lost. */

import { WebSocket, type ClientOptions } from 'ws'
import type { Clock, Timer } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import { reasonOf } from './client.ts'
import { Sequence } from './sequence.ts'
import type { Backoff } from './spec.ts'

/** What a server leaves unread of one connection; past it nothing more is sent. */
const UNREAD_MAX = 1024 * 1024
const NO_PONG = 'no pong'

export interface LineOptions {
  readonly url: string
  readonly protocols: readonly string[]
  readonly options: ClientOptions
  readonly timeout: Ms
  readonly reconnect: Backoff | undefined
  readonly clock: Clock
  readonly random: Random
  /** It is about to be begun at `now`, and was meant to be at `meant`. */
  begins(now: Ms, meant: Ms): void
  /** It stands, `took` after it was meant to be begun; `anew`: not for the first time. */
  opened(line: Line, now: Ms, took: Ms, anew: boolean): void
  /** It could not be made; `late`: not in time. */
  failed(now: Ms, reason: string, late: boolean): void
  /** It stood, and does no longer: by that close code, or for want of a pong. */
  closed(line: Line, now: Ms, code: string): void
  message(line: Line, data: Buffer): void
}

export class Line {
  readonly sequence = new Sequence()
  readonly #options: LineOptions
  #socket: WebSocket | undefined
  #leaving: WebSocket | undefined
  #state: 'opening' | 'open' | 'down' = 'down'
  #timer: Timer | undefined
  /** Since it last stood. */
  #failures = 0
  #stood = false
  #settled = false
  /** A ping has not been answered. */
  #unanswered = false
  #problem = 'not connected'

  constructor(options: LineOptions) { this.#options = options }

  /** Its first attempt has come to an end. */
  get settled(): boolean { return this.#settled }
  /** Why it does not stand. */
  get problem(): string { return this.#problem }

  connect(meant: Ms): void {
    const { url, protocols, options, timeout, clock, begins } = this.#options
    this.#state = 'opening'
    begins(clock.now(), meant)
    const socket = new WebSocket(url, [...protocols], options)
    this.#socket = socket
    this.#timer = clock.at(ms(clock.now() + timeout), () => {
      this.#fail(socket, 'timeout', true)
      socket.terminate()
    })
    socket.on('open', () => this.#open(socket, meant))
    socket.on('message', (data) => { if (this.#socket === socket && Buffer.isBuffer(data)) this.#options.message(this, data) })
    // What goes wrong on a connection that stands ends it, and its close says so.
    socket.on('error', (error) => { if (this.#state === 'opening') this.#fail(socket, handshakeReason(error), false) })
    socket.on('pong', () => { if (this.#socket === socket) this.#unanswered = false })
    socket.on('close', (code) => this.#closed(socket, String(code), `closed ${code}`))
  }

  /** False where it cannot be sent, for the reason that `problem` tells. */
  send(text: string): boolean {
    const socket = this.#socket
    if (this.#state !== 'open' || !socket) return false
    if (socket.bufferedAmount > UNREAD_MAX) {
      this.#problem = 'not read'
      return false
    }
    // As bytes it is masked into one buffer with its head; a text would be written in two.
    socket.send(Buffer.from(text), { binary: false })
    return true
  }

  /** Pings, or cuts a connection that is dead: it has not answered since the last time. */
  beat(): void {
    const socket = this.#socket
    if (this.#state !== 'open' || !socket) return
    if (this.#unanswered) {
      this.#closed(socket, NO_PONG, NO_PONG)
      socket.terminate()
      return
    }
    this.#unanswered = true
    socket.ping()
  }

  /** Takes its leave and is not made anew. Resolves when the connection is gone; `end` does not wait. */
  leave(): Promise<void> {
    this.#timer?.cancel()
    const socket = this.#socket
    this.#socket = undefined
    this.#state = 'down'
    if (!socket || socket.readyState === WebSocket.CLOSED) return Promise.resolve()
    return new Promise((resolve) => {
      socket.once('close', () => resolve())
      this.#leaving = socket
      if (socket.readyState === WebSocket.CONNECTING) socket.terminate()
      else socket.close(1000)
    })
  }

  end(): void { this.#leaving?.terminate() }

  #open(socket: WebSocket, meant: Ms): void {
    if (this.#socket !== socket) return
    const now = this.#options.clock.now()
    this.#timer?.cancel()
    this.#state = 'open'
    this.#settled = true
    this.#unanswered = false
    this.#failures = 0
    const anew = this.#stood
    this.#stood = true
    this.#options.opened(this, now, ms(now - meant), anew)
  }

  #fail(socket: WebSocket, reason: string, late: boolean): void {
    if (this.#socket !== socket) return
    this.#lost(reason)
    this.#options.failed(this.#options.clock.now(), reason, late)
    this.#again()
  }

  #closed(socket: WebSocket, code: string, reason: string): void {
    if (this.#socket !== socket) return
    this.#lost(reason)
    this.#options.closed(this, this.#options.clock.now(), code)
    this.#again()
  }

  #lost(reason: string): void {
    this.#timer?.cancel()
    this.#socket = undefined
    this.#state = 'down'
    this.#settled = true
    this.#problem = reason
  }

  /** As a client does that means well: after a wait that doubles, anywhere within it, so that those who were cut off together do not come back together. */
  #again(): void {
    const { reconnect, clock, random } = this.#options
    if (!reconnect) return
    const wait = random() * Math.min(reconnect.max, reconnect.backoff * 2 ** this.#failures++)
    const due = ms(clock.now() + wait)
    this.#timer = clock.at(due, () => this.connect(due))
  }
}

/** A status that is no 101, a code of the system, or that what came was no handshake. */
function handshakeReason(error: Error): string {
  const status = /^Unexpected server response: (\d{3})$/.exec(error.message)?.[1]
  if (status !== undefined) return `status ${status}`
  const reason = reasonOf(error)
  return reason === 'Error' ? 'no handshake' : reason
}
