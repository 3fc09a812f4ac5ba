/** One end of a session: a socket, with TLS upon it or without. */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { keepLastWords, onFin, resetAfterWrites } from './socket.ts'

export class Endpoint {
  /** What is read and written: plain text. */
  readonly stream: Socket
  /** What is on the wire; the same as `stream` where there is no TLS. */
  readonly raw: Socket

  constructor(raw: Socket, tls?: TLSSocket) {
    this.raw = raw
    this.stream = tls ?? raw
    raw.setNoDelay(true)
  }

  get gone(): boolean { return this.stream.destroyed }

  onConnect(action: () => void): void { this.stream.once(this.stream === this.raw ? 'connect' : 'secureConnect', action) }

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
