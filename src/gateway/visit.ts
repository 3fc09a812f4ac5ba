/** One connection of a client's at the gateway, and the one to the upstream that belongs to it. */

import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ProxyServer } from 'http-proxy'
import type { Clock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { answerFields, carryFields, withoutOffers, type Origins } from './fields.ts'

/** A connection to the upstream, under way. */
export interface Dialled {
  /** What is on the wire, and what is read and written: TLS, or the same. */
  readonly raw: Socket
  readonly stream: Socket
  /** It stands, and the upstream is who it should be. */
  onConnect(action: () => void): void
  /** FIN, and nothing more is read. */
  destroySoon(): void
  /** RST. */
  reset(): void
  destroy(): void
}
/** How the upstream is reached, and how clients reach us. */
export interface Way {
  readonly upstream: 'http' | 'https'
  /** The Host that it is asked for. */
  readonly host: string
  readonly client: 'http' | 'https'
  readonly clock: Clock
  /** How long a connection may take to come about. */
  readonly dialTimeout: Ms
  dial(): Dialled
  /** It could not be reached, or is not who it should be: a code, or a reason in words. The client is answered 502. */
  unreached(why: string): void
}

type Connected = (error: Error | null, stream?: Socket) => void

export class Visit {
  readonly #near: Socket
  readonly #way: Way
  readonly #proxy: ProxyServer
  readonly #agent: Agent
  #dialled: Dialled | undefined
  #unreached: Error | undefined
  /** Requests are sent one by one, as the upstream would read them. */
  readonly #waiting: (() => void)[] = []
  #busy = false
  /** Nothing is read of the client until the upstream has answered. */
  #upgrading = false

  constructor(near: Socket, way: Way, proxy: ProxyServer) {
    this.#near = near
    this.#way = way
    this.#proxy = proxy
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
  }

  begin(): void {
    const near = this.#near
    // Whether a connection can be used again is the upstream's to say: it closes it, and we close the client's.
    Object.assign(this.#agent, { createConnection: (_: unknown, connected: Connected) => this.#dial(connected), keepSocketAlive: () => true })
    near.on('close', () => this.#leave(near.errored !== null))
    const broke = (error: Error, _request?: IncomingMessage, answer?: ServerResponse | Socket): void => this.#broke(error, answer)
    this.#proxy.on('error', broke).on('econnreset', broke)
    this.#proxy.on('proxyReq', (onward, request, response) => this.#onward(onward, request, response))
    this.#proxy.on('proxyRes', (answer, request, response) => {
      answer.headers = answerFields(answer, this.#origins(request), 'small')
      this.#tame(answer)
      answer.on('end', () => response.addTrailers(pairsOf(answer.rawTrailers)))
      // With the body where that is there already; else now: it may be long in coming.
      setImmediate(() => { if (!response.headersSent && !response.destroyed) response.flushHeaders() })
    })
    this.#proxy.on('proxyReqWs', (onward, request) => {
      carryFields(onward, request.rawHeaders, this.#way.host)
      onward.on('upgrade', (answer) => { answer.headers = answerFields(answer, this.#origins(request), 'written') })
      onward.on('response', (answer) => { answer.headers = answerFields(answer, this.#origins(request), 'small') })
    })
  }

  /** A request is under way. */
  get busy(): boolean { return this.#busy }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#inTurn(() => {
      response.sendDate = false
      response.on('close', () => {
        if (response.writableFinished) this.#over()
        else this.#near.destroy()
      })
      // It goes on with the other fields; named here, they could not be put back.
      delete request.headers.expect
      this.#proxy.web(request, response, { ...this.#target(), preserveHeaderKeyCase: true }).catch((error: Error) => this.#broke(error, response))
    })
  }

  upgrade(request: IncomingMessage, head: Buffer): void {
    this.#inTurn(() => {
      this.#upgrading = true
      this.#proxy.on('open', () => {
        this.#upgrading = false
        this.#over()
      })
      this.#proxy.ws(request, this.#near, this.#target(), head).catch((error: Error) => this.#broke(error, this.#near))
    })
  }

  /** The client's FIN, which is read but in one case. */
  ended(): void { if (this.#upgrading) this.#near.destroy() }

  #target(): { readonly target: string; readonly agent: Agent } { return { target: `http://${this.#way.host}`, agent: this.#agent } }

  #origins({ headers }: IncomingMessage): Origins {
    const { upstream, host, client } = this.#way
    return { upstream: new URL(`${upstream}://${host}`).origin, client: headers.host === undefined ? undefined : `${client}://${headers.host}` }
  }

  #inTurn(action: () => void): void {
    if (this.#near.destroyed) return
    if (this.#busy) return void this.#waiting.push(action)
    this.#busy = true
    action()
  }

  #over(): void {
    this.#busy = false
    const next = this.#waiting.shift()
    if (next) this.#inTurn(next)
    else if (this.#dialled?.stream.destroyed) this.#near.destroySoon()
  }

  /** What Node reads of a status line and refuses to write. */
  #tame(answer: IncomingMessage): void {
    answer.statusMessage = answer.statusMessage?.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
    if ((answer.statusCode ?? 0) >= 100) return
    answer.statusCode = 502
    this.#near.destroy()
  }

  /** The request is about to be sent on. */
  #onward(onward: ClientRequest, request: IncomingMessage, response: ServerResponse): void {
    carryFields(onward, withoutOffers(request.rawHeaders), this.#way.host)
    request.on('end', () => { if (!onward.writableEnded) onward.addTrailers(pairsOf(request.rawTrailers)) })
    onward.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
      if (response.headersSent) return
      if (statusCode === 100) return response.writeContinue()
      response.socket?.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${pairsOf(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1')
    })
    setImmediate(() => { if (!onward.headersSent && !onward.destroyed) onward.flushHeaders() })
  }

  #dial(connected: Connected): void {
    const { clock, dialTimeout, dial } = this.#way
    const dialled = dial()
    const { stream, raw } = dialled
    this.#dialled = dialled
    /** Nobody waits for it: the client sees how it ends. */
    const idle = (): boolean => this.#dialled === dialled && !this.#busy
    let settled = false
    const settle = (error?: Error): void => {
      if (settled) return
      settled = true
      timer.cancel()
      if (!error) return connected(null, stream)
      this.#unreached = error
      this.#dialled = undefined
      dialled.destroy()
      connected(error)
    }
    const timer = clock.at(ms(clock.now() + dialTimeout), () => settle(Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })))
    for (const socket of new Set([stream, raw])) {
      socket.on('error', (error) => {
        settle(error)
        if (idle()) this.#near.destroy()
      })
    }
    stream.on('close', () => {
      settle(new Error('closed'))
      if (idle()) this.#near.destroySoon()
    })
    // As HTTP closes: nobody waits for the other half of it.
    stream.allowHalfOpen = false
    dialled.onConnect(() => settle())
  }

  /** The client has gone, and nobody waits for what the upstream does not read. */
  #leave(wasReset: boolean): void {
    const dialled = this.#dialled
    if (!dialled) return
    if (dialled.stream.writableLength > 0) dialled.destroy()
    else if (wasReset) dialled.reset()
    else dialled.destroySoon()
  }

  /** Before there was a connection it is said; later it is what the client would have seen without us. */
  #broke(error: Error, answer: ServerResponse | Socket | undefined): void {
    const near = this.#near
    if (near.destroyed) return
    if (error !== this.#unreached || !answer) return void near.destroy()
    const why = 'code' in error && typeof error.code === 'string' ? error.code : error.message
    const { upstream, host, unreached } = this.#way
    unreached(why)
    const text = `brownout: ${upstream}://${host} cannot be reached: ${why}\n`
    const fields = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) }
    if ('writeHead' in answer) return void answer.writeHead(502, fields).end(text)
    near.write(`HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${text}`)
    near.destroySoon()
  }
}

/** As `rawHeaders` has them: a name, its value, and so on. */
const pairsOf = (raw: readonly string[]): [string, string][] =>
  raw.flatMap((name, at): [string, string][] => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []))
