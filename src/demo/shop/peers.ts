/** Subscribers on a WebSocket: pinged, and given up where they are silent or read too slowly; said goodbye to at the end. */

import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Bytes, type Ms } from '../../core/units.ts'

export interface PeersOptions {
  /** For the log. */
  readonly name: string
  /** Who has not answered a ping by the next one is gone. */
  readonly pingEvery: Ms
  /** So many parts of them are pinged one after another. */
  readonly slices: number
  /** So much waits for one who reads too slowly. */
  readonly unsentMax: Bytes
  /** False: nobody looks for answers to pings, and what waits has no bound. */
  readonly givesUp: boolean
  readonly deflate?: PerMessageDeflateOptions | undefined
  log(line: string): void
}

const MESSAGE_BYTES_MAX = 4096
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008

export class Peers {
  readonly sockets: WebSocketServer
  readonly #options: PeersOptions
  readonly #silent = new WeakSet<WebSocket>()
  #timer: Timer | undefined
  #lost = 0
  #sent = 0
  #sentBytes = 0

  constructor(options: PeersOptions) {
    this.#options = options
    this.sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: options.deflate ?? false })
    this.sockets.on('connection', (socket) => {
      socket.on('error', (error) => options.log(`${options.name}: ${error.message}`))
      socket.on('pong', () => this.#silent.delete(socket))
    })
  }

  get count(): number { return this.sockets.clients.size }
  /** Given up: silent, or too slow. */
  get lost(): number { return this.#lost }
  /** Messages, but for those to peers that were given up for them. */
  get sent(): number { return this.#sent }
  /** As they were handed over, before they were compressed. */
  get sentBytes(): number { return this.#sentBytes }
  /** What waits for peers to read. */
  get buffered(): number {
    let sum = 0
    for (const { bufferedAmount } of this.sockets.clients) sum += bufferedAmount
    return sum
  }

  /** From now on they are pinged. */
  begin(): void { this.#look(0) }

  /** A text; a buffer may be sent to many. */
  send(socket: WebSocket, text: string | Buffer): void {
    if (socket.readyState !== WebSocket.OPEN) return
    if (this.#options.givesUp && socket.bufferedAmount > this.#options.unsentMax) return this.#giveUp(socket, 'reads too slowly')
    this.#sent++
    this.#sentBytes += text.length
    socket.send(text, { binary: false })
  }

  /** What it said cannot be understood. */
  refuse(socket: WebSocket): void { socket.close(POLICY_VIOLATION, 'not understood') }

  /** 1001 to all. */
  close(): void {
    this.#timer?.cancel()
    for (const socket of this.sockets.clients) socket.close(GOING_AWAY, 'the shop closes')
    this.sockets.close()
  }

  #giveUp(socket: WebSocket, why: string): void {
    this.#lost++
    this.#options.log(`${this.#options.name}: a subscriber ${why}`)
    socket.terminate()
  }

  #look(slice: number): void {
    const { pingEvery, slices, givesUp } = this.#options
    this.#timer = coarseClock.at(ms(coarseClock.now() + pingEvery / slices), () => {
      let number = 0
      for (const socket of this.sockets.clients) {
        if (number++ % slices !== slice) continue
        if (givesUp && this.#silent.has(socket)) this.#giveUp(socket, 'does not answer')
        else {
          this.#silent.add(socket)
          socket.ping()
        }
      }
      this.#look((slice + 1) % slices)
    })
  }
}

/** Who asks for `path` is a peer of that; any other upgrade is answered 400. One for all peers of a server. */
export function admit(server: Server, byPath: Readonly<Record<string, Peers>>): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = ''] = (request.url ?? '').split('?')
    const sockets = Object.hasOwn(byPath, path) ? byPath[path]?.sockets : undefined
    if (sockets) return sockets.handleUpgrade(request, socket, head, (peer) => sockets.emit('connection', peer, request))
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
}
