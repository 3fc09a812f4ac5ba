/** One end of a session: a socket, with TLS upon it or without. */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RewriterOptions } from '../protocols/redis/rewriter.ts'
import { Interpreter, type Sink, type Source } from './interpreter.ts'
import { keepLastWords, onFin, resetAfterWrites } from './socket.ts'

/** What comes before the session on the same connection; tells what is spoken from then on, or destroys the socket with an error. */
export type Negotiate = (settled: (tls: TLSSocket | undefined) => void) => void

export interface EndpointOptions {
  readonly tls?: TLSSocket | undefined
  readonly negotiate?: Negotiate
  readonly edit?: (chunk: Buffer) => Buffer
  /** It is a server that names others, which are rewritten; it negotiates nothing. */
  readonly nodes?: RewriterOptions | undefined
}

export class Endpoint {
  /** What is on the wire; the same as `stream` where there is no TLS. */
  readonly raw: Socket
  #stream: Socket
  readonly #negotiate: Negotiate | undefined
  readonly #interpreter: Interpreter | undefined
  /** What is read of it goes through this. */
  readonly edit: ((chunk: Buffer) => Buffer) | undefined

  constructor(raw: Socket, { tls, negotiate, edit, nodes }: EndpointOptions = {}) {
    this.raw = raw
    this.#stream = tls ?? raw
    this.#negotiate = negotiate
    this.edit = edit
    this.#interpreter = nodes && new Interpreter(this.#stream, nodes)
    raw.setNoDelay(true)
  }

  /** What is read and written: plain text. */
  get stream(): Socket { return this.#stream }
  get source(): Source { return this.#interpreter?.source ?? this.#stream }
  get sink(): Sink { return this.#interpreter?.sink ?? this.#stream }

  get gone(): boolean { return this.stream.destroyed }

  /** `stream` is not to be touched before `settled` has said so. */
  get negotiates(): boolean { return this.#negotiate !== undefined }

  /** At once where nothing is negotiated. */
  settled(action: () => void): void {
    if (!this.#negotiate) return action()
    this.#negotiate((tls) => {
      this.#stream = tls ?? this.raw
      action()
    })
  }

  onConnect(action: () => void): void {
    if (this.stream !== this.raw) this.stream.once('secureConnect', action)
    else if (this.raw.readyState === 'open') action()
    else this.raw.once('connect', action)
  }

  keepLastWords(onData: (chunk: Buffer) => void): void {
    if (this.stream === this.raw) keepLastWords(this.raw, this.#interpreter?.hear ?? onData)
  }

  /** The peer's FIN. */
  onEnd(action: () => void): void { onFin(this.stream, () => this.#inTurn(action)) }

  onError(action: (error: Error) => void): void { this.stream.on('error', (error) => this.#inTurn(() => action(error))) }

  onClose(action: () => void): void { this.stream.on('close', () => this.#inTurn(action)) }

  /** FIN, after what was written. */
  end(): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.end()
  }

  /** FIN, then the socket is given up. */
  destroySoon(): void {
    if (!this.stream.destroyed) this.stream.destroySoon()
  }

  /** RST, after what was written. */
  reset(): void {
    if (this.stream === this.raw) return resetAfterWrites(this.raw)
    const cut = (): void => { resetAfterWrites(this.raw); this.stream.destroy() }
    if (this.stream.writableLength === 0 || !this.stream.writable) cut()
    else this.stream.write('', () => setImmediate(cut))
  }

  /** Behind all that was read. */
  #inTurn(action: () => void): void {
    if (this.#interpreter) this.#interpreter.finish(action)
    else action()
  }

  destroy(): void {
    if (!this.stream.destroyed) this.stream.destroy()
    if (!this.raw.destroyed) this.raw.destroy()
  }
}
