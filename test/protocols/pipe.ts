/** A plain pipe to a real server that shows what goes through it, and a bare client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Direction } from '../../src/protocols/codec.ts'

/** What is shown the bytes of one session, behind them. */
export interface Listener {
  toServer(chunk: Buffer): void
  toClient(chunk: Buffer): void
  /** FIN of the side that sends in this direction. */
  ended?(direction: Direction): void
}

export interface Pipe<L extends Listener> { readonly port: number; readonly sessions: readonly L[]; close(): void }

/** Bytes go as they come; each session has a listener of its own. */
export async function openPipe<L extends Listener>(serverPort: number, listen: () => L): Promise<Pipe<L>> {
  const sessions: L[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const listener = listen()
    sessions.push(listener)
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    for (const [source, target] of [[client, upstream], [upstream, client]] as const) {
      sockets.add(source)
      source.on('data', (chunk) => {
        if (source === client) listener.toServer(chunk)
        else listener.toClient(chunk)
        target.write(chunk)
      })
      source.on('end', () => {
        listener.ended?.(source === client ? 'to-server' : 'to-client')
        target.end()
      })
      source.on('error', () => undefined)
      source.on('close', (failed) => {
        sockets.delete(source)
        if (failed) target.destroy()
        else target.end()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Sends bytes and waits until `enough` of what came back. */
export class Wire {
  readonly #socket: Socket
  #received = ''
  #wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => { this.#received += chunk.toString('latin1'); this.#wake() })
    socket.on('close', () => this.#wake())
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  /** What came since the last time, once it ends with `until`, or matches it. */
  async say(bytes: Buffer | string, until: string | RegExp): Promise<string> {
    this.#socket.write(bytes)
    while (typeof until === 'string' ? !this.#received.endsWith(until) : !until.test(this.#received)) {
      assert.ok(!this.#socket.destroyed, `closed after ${JSON.stringify(this.#received)}`)
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
    const said = this.#received
    this.#received = ''
    return said
  }

  close(): void { this.#socket.destroy() }
}
