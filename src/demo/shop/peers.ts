/** Subscribers on a WebSocket: pinged, and given up where they are silent or read too slowly; said goodbye to at the end. */

import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Bytes, type Ms } from '../../core/units.ts'
import { Prepared } from './prepared.ts'

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
  /** Below each lies a connection that whole frames can be written to. */
  readonly #connections = new WeakMap<WebSocket, Duplex>()
  readonly #silent = new WeakSet<WebSocket>()
  /** Who is pinged together. */
  readonly #turns: readonly Set<WebSocket>[]
  #joined = 0
  #timer: Timer | undefined
  #lost = 0
  #sent = 0
  #sentBytes = 0

  constructor(options: PeersOptions) {
    this.#options = options
    this.#turns = Array.from({ length: options.slices }, () => new Set())
    this.sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: options.deflate ?? false })
    this.sockets.on('connection', (socket) => {
      socket.on('error', (error) => options.log(`${options.name}: ${error.message}`))
      socket.on('pong', () => this.#silent.delete(socket))
      const turn = this.#turns[this.#joined++ % this.#turns.length]
      turn?.add(socket)
      socket.on('close', () => turn?.delete(socket))
    })
  }

  get count(): number { return this.sockets.clients.size }
  /** Given up: silent, or too slow. */
  get lost(): number { return this.#lost }

  /** `messages` and their `bytes` so far, before they were compressed; `buffered` bytes wait for peers to read. */
  figures(): Readonly<Record<'peers' | 'messages' | 'bytes' | 'buffered' | 'lost', number>> {
    let buffered = 0
    for (const { bufferedAmount } of this.sockets.clients) buffered += bufferedAmount
    return { peers: this.count, messages: this.#sent, bytes: this.#sentBytes, buffered, lost: this.#lost }
  }

  /** From now on they are pinged. */
  begin(): void { this.#look(0) }

  /** The upgrade of a connection. */
  admit(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.sockets.handleUpgrade(request, connection, head, (socket) => {
      this.#connections.set(socket, connection)
      this.sockets.emit('connection', socket, request)
    })
  }

  send(socket: WebSocket, text: string): void { if (this.#mayTell(socket, text.length)) socket.send(text) }

  /** What many are told. */
  prepare(text: string): Prepared { return new Prepared(text, this.#options.deflate?.threshold ?? Number.POSITIVE_INFINITY) }

  /** No other messages may be on their way to be compressed: this would overtake them. */
  tell(socket: WebSocket, message: Prepared): void {
    if (this.#mayTell(socket, message.length)) this.#connections.get(socket)?.write(message.frame(socket.extensions !== ''))
  }

  /** What it said cannot be understood. */
  refuse(socket: WebSocket): void { socket.close(POLICY_VIOLATION, 'not understood') }

  /** 1001 to all. */
  close(): void {
    this.#timer?.cancel()
    for (const socket of this.sockets.clients) socket.close(GOING_AWAY, 'the shop closes')
    this.sockets.close()
  }

  #mayTell(socket: WebSocket, length: number): boolean {
    if (socket.readyState !== WebSocket.OPEN) return false
    if (this.#options.givesUp && socket.bufferedAmount > this.#options.unsentMax) {
      this.#options.log(`${this.#options.name}: a subscriber reads too slowly`)
      this.#giveUp(socket)
      return false
    }
    this.#sent++
    this.#sentBytes += length
    return true
  }

  #giveUp(socket: WebSocket): void {
    this.#lost++
    socket.terminate()
  }

  #look(slice: number): void {
    const { name, pingEvery, slices, givesUp, log } = this.#options
    this.#timer = coarseClock.at(ms(coarseClock.now() + pingEvery / slices), () => {
      let silent = 0
      for (const socket of this.#turns[slice] ?? []) {
        if (socket.readyState !== WebSocket.OPEN) continue
        if (givesUp && this.#silent.has(socket)) {
          silent++
          this.#giveUp(socket)
        } else {
          this.#silent.add(socket)
          socket.ping()
        }
      }
      if (silent > 0) log(`${name}: ${silent === 1 ? 'a subscriber does' : `${silent} subscribers do`} not answer`)
      this.#look((slice + 1) % slices)
    })
  }
}

/** Who asks for `path` is a peer of that; any other upgrade is answered 400. One for all peers of a server. */
export function admit(server: Server, byPath: Readonly<Record<string, Peers>>): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = ''] = (request.url ?? '').split('?')
    const peers = Object.hasOwn(byPath, path) ? byPath[path] : undefined
    if (peers) return peers.admit(request, socket, head)
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
}
