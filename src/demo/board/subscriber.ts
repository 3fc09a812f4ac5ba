/**
 * A subscriber of the shop's order updates. As it is usually written it connects again when it is told that the connection is closed, and
 * goes on with what is said then. As it should be, it resumes behind the last update that it has, asks again for what is missing on a
 * connection that works, and takes one on which nothing comes, not even a ping, for dead.
 */

import { WebSocket } from 'ws'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { randomStream } from '../../core/random.ts'
import { ms, type Ms } from '../../core/units.ts'
import { fieldsOf, isCount, parsedJson } from '../pages.ts'
import { Stream } from './stream.ts'

export interface SubscriberOptions {
  readonly url: string
  readonly resilient: boolean
  /** Perhaps more than once for the same. */
  onOrder(order: number): void
  log(line: string): void
}

/** The usual way back. */
const AGAIN_IN: Ms = ms(1000)
const BACKOFF: Ms = ms(50)
const BACKOFF_MAX: Ms = ms(1000)
const HANDSHAKE_WITHIN: Ms = ms(2000)
/** The shop pings once a second. */
const SILENCE_MAX: Ms = ms(2500)
/** How often it is looked whether something is missing, or nothing comes. */
const LOOK_EVERY: Ms = ms(200)

export class Subscriber {
  readonly #options: SubscriberOptions
  readonly #jitter = randomStream(process.pid, 'board')
  readonly #stream = new Stream()
  #socket: WebSocket | undefined
  #failures = 0
  #heard: Ms = ms(0)
  #timer: Timer | undefined
  #closed = false

  constructor(options: SubscriberOptions) { this.#options = options }

  get connected(): boolean { return this.#socket?.readyState === WebSocket.OPEN }

  connect(): void {
    const { url, resilient, log } = this.#options
    const socket = new WebSocket(url, resilient ? { handshakeTimeout: HANDSHAKE_WITHIN } : {})
    this.#socket = socket
    this.#heard = coarseClock.now()
    socket.on('open', () => {
      this.#failures = 0
      this.#ask()
      if (resilient) this.#look(socket)
    })
    socket.on('ping', () => { this.#heard = coarseClock.now() })
    socket.on('message', (data) => this.#take(String(data)))
    socket.on('error', (error) => log(`updates: ${error.message}`))
    socket.on('close', () => this.#again())
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#socket?.terminate()
  }

  #ask(): void {
    const after = this.#options.resilient ? this.#stream.whole : undefined
    this.#socket?.send(JSON.stringify(after === undefined ? { subscribe: 'orders' } : { resume: after }))
  }

  #take(text: string): void {
    this.#heard = coarseClock.now()
    const { id, order, gap, last } = fieldsOf(parsedJson(text), 'id', 'order', 'gap', 'last')
    if (gap !== undefined) {
      // The shop does not know it any more: it goes on from what it has.
      const { from } = fieldsOf(gap, 'from')
      this.#stream.start(isCount(from) ? from - 1 : 0)
    }
    if (typeof last === 'number' && this.#stream.whole === undefined) this.#stream.start(last)
    if (!isCount(id) || !isCount(order)) return
    this.#stream.take(id)
    this.#options.onOrder(order)
  }

  #look(socket: WebSocket): void {
    this.#timer = coarseClock.at(ms(coarseClock.now() + LOOK_EVERY), () => {
      if (this.#socket !== socket || socket.readyState !== WebSocket.OPEN) return
      if (coarseClock.now() - this.#heard > SILENCE_MAX) {
        this.#options.log('updates: nothing comes')
        return socket.terminate()
      }
      if (this.#stream.torn || this.#stream.whole === undefined) this.#ask()
      this.#look(socket)
    })
  }

  #again(): void {
    this.#timer?.cancel()
    if (this.#closed) return
    const wait = this.#options.resilient ? this.#jitter() * Math.min(BACKOFF_MAX, BACKOFF * 2 ** this.#failures++) : AGAIN_IN
    this.#timer = coarseClock.at(ms(coarseClock.now() + wait), () => this.connect())
  }
}
