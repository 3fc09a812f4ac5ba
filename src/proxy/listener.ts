/** One listening socket of a target: open, closed on purpose (refused), or full on purpose (connections never complete). */

import { createServer, type Server, type Socket } from 'node:net'
import { BrownoutError } from '../core/errors.ts'
import { sleep } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { NodeAddress } from '../protocols/redis/topology-text.ts'
import { blackhole, type Blackhole } from './blackhole.ts'
import { UNSENT_MAX } from './held.ts'
import { boundAddress, formatAddress } from './address.ts'
import type { Address } from './plane.ts'

/** `to hand on`: nothing is read of a connection. */
export type Accepts = 'to serve' | 'to hand on'
export type ListenerState = 'open' | 'closed' | 'backlog'

/** A port given up on purpose is taken again; something else may hold it for a moment. */
const RELISTEN_TRIES = 40
const RELISTEN_PAUSE: Ms = ms(25)
/** The system's own limit (somaxconn) applies below it. */
const BACKLOG = 4096

export class Listener {
  readonly from: string | undefined
  /** Which of several servers it leads to; undefined where there is but one. */
  readonly node: NodeAddress | undefined
  readonly #accepts: Accepts
  readonly #onSocket: (socket: Socket, listener: Listener) => void
  #address: Address
  #server: Server | undefined
  #hole: Blackhole | undefined
  #state: ListenerState = 'closed'
  /** Changes of state are made one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(address: Address, { from, node, accepts }: Pick<Listener, 'from' | 'node'> & { readonly accepts: Accepts }, onSocket: (socket: Socket, listener: Listener) => void) {
    this.#address = address
    this.from = from
    this.node = node
    this.#accepts = accepts
    this.#onSocket = onSocket
  }

  get address(): Address { return this.#address }

  /** PORT_IN_USE, LISTEN_FAILED. */
  async open(): Promise<void> {
    this.#server = await listen(this.#address, this.#accepts, (socket) => this.#onSocket(socket, this))
    this.#address = boundAddress(this.#server, this.#address)
    this.#state = 'open'
  }

  /** Brings the listener into that state; the port stays ours to the outside. Connections that are open already are not touched. */
  become(state: ListenerState): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#become(state))
    return this.#last
  }

  async #become(state: ListenerState): Promise<void> {
    if (state === this.#state) return
    await this.#hole?.close()
    this.#hole = undefined
    // The socket is closed by the time this returns; what close() would wait for are the connections that it accepted.
    this.#server?.close()
    this.#server = undefined
    this.#state = 'closed'
    if (state === 'backlog') this.#hole = await blackhole(this.#address)
    if (state === 'open') await this.#reopen()
    this.#state = state
  }

  async #reopen(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.open()
      } catch (error) {
        if (tries >= RELISTEN_TRIES) throw error
        await sleep(RELISTEN_PAUSE)
      }
    }
  }

  close(): Promise<void> { return this.become('closed') }
}

/** Opens `fresh` and closes `old`, or neither: PORT_IN_USE, LISTEN_FAILED. An old one may stand in the way of a fresh one on the same port. */
export async function relisten(old: readonly Listener[], fresh: readonly Listener[]): Promise<void> {
  const inTheWay = old.filter((one) => fresh.some(({ address }) => samePort(address, one.address)))
  await Promise.all(inTheWay.map((listener) => listener.close()))
  try {
    for (const listener of fresh) await listener.open()
  } catch (error) {
    await Promise.all(fresh.map((listener) => listener.close()))
    await Promise.all(inTheWay.map((listener) => listener.become('open')))
    throw error
  }
  await Promise.all(old.map((listener) => listener.close()))
}

const samePort = (a: Address, b: Address): boolean => 'port' in a && 'port' in b && a.port === b.port

function listen(address: Address, accepts: Accepts, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: UNSENT_MAX, pauseOnConnect: accepts === 'to hand on' }, onSocket)
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      reject(new BrownoutError(taken ? 'PORT_IN_USE' : 'LISTEN_FAILED', {
        message: taken ? `${formatAddress(address)} is in use` : `cannot listen on ${formatAddress(address)}: ${cause.code ?? cause.message}`, cause,
      }))
    })
    server.listen({ ...address, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      // EMFILE and its like on accept: the connection is not had, the listener goes on. Of our own doing it does not come to that (limits.ts).
      server.on('error', () => undefined)
      resolve(server)
    })
  })
}
