/** One end of a session: a socket, with TLS upon it or without. */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { keepLastWords, onFin, resetAfterWrites } from './socket.ts'

/** What comes before the session on the same connection; tells what is spoken from then on, or destroys the socket with an error. */
export type Negotiate = (settled: (tls: TLSSocket | undefined) => void) => void

export class Endpoint {
  /** What is on the wire; the same as `stream` where there is no TLS. */
  readonly raw: Socket
  #stream: Socket
  readonly #negotiate: Negotiate | undefined
  /** What is read of it goes through this. */
  readonly edit: ((chunk: Buffer) => Buffer) | undefined

  constructor(raw: Socket, tls?: TLSSocket, negotiate?: Negotiate, edit?: (chunk: Buffer) => Buffer) {
    this.raw = raw
    this.#stream = tls ?? raw
    this.#negotiate = negotiate
    this.edit = edit
    raw.setNoDelay(true)
  }

  /** What is read and written: plain text. */
  get stream(): Socket { return this.#stream }

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
    if (this.stream === this.raw) keepLastWords(this.raw, onData)
  }

  /** The peer's FIN. */
  onEnd(action: () => void): void { onFin(this.stream, action) }

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

  destroy(): void {
    if (!this.stream.destroyed) this.stream.destroy()
    if (!this.raw.destroyed) this.raw.destroy()
  }
}
