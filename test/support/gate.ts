/** A TCP gate in front of a server, for tests: open, held (nothing passes, nothing closes) or shut (resets all, refuses new ones). */

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Gate {
  readonly #upstreamPort: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #held = false
  port = 0

  constructor(upstreamPort: number) { this.#upstreamPort = upstreamPort }

  async open(): Promise<this> {
    this.#server = createServer((client) => {
      const upstream = connect(this.#upstreamPort, '127.0.0.1')
      for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
        this.#sockets.add(from)
        from.on('data', (chunk) => to.write(chunk)).on('end', () => to.end()).on('error', () => to.destroy()).on('close', () => this.#sockets.delete(from))
        if (this.#held) from.pause()
      }
    }).listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address === 'object') this.port = address.port
    return this
  }

  hold(): void {
    this.#held = true
    for (const socket of this.#sockets) socket.pause()
  }

  release(): void {
    this.#held = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Opens again, on the same port, by `open`. */
  async shut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#held = false
    if (!server) return
    server.close()
    for (const socket of this.#sockets) reset(socket)
    await once(server, 'close')
  }
}

/** Node would lose the descriptor of a socket whose FIN is on its way, and turn for ever when it ends. */
function reset(socket: Socket): void {
  if (socket.connecting || (socket.writableEnded && !socket.writableFinished)) socket.destroy()
  else socket.resetAndDestroy()
}
