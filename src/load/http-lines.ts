/** Connections to one origin, one request at a time on each: as many as are under way. One that is free is found at once, however many there are. */

import { Client } from 'undici'
import { isLoopback } from '../core/loopback.ts'
import type { LoadSpec } from './spec.ts'

export class HttpLines {
  readonly #origin: string
  readonly #options: Client.Options
  /** The one that was used last is used next: the others may rest, and close. */
  readonly #free: Client[] = []
  readonly #all = new Set<Client>()

  /** Their own timeouts are off: an operation is given up when it is late, never earlier. Certificates are verified but on loopback, where a proxy of ours shows one made for the run. */
  constructor(url: string, { timeout }: Pick<LoadSpec, 'timeout'>, keepAlive: false | undefined) {
    const { origin, hostname } = new URL(url)
    this.#origin = origin
    this.#options = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout, rejectUnauthorized: !isLoopback(hostname) }, ...(keepAlive === false ? { pipelining: 0 } : {}) }
  }

  /** A connection for one request, after which it is given back. */
  take(): Client {
    const free = this.#free.pop()
    if (free) return free
    const made = new Client(this.#origin, this.#options)
    this.#all.add(made)
    return made
  }

  give(line: Client): void { this.#free.push(line) }

  async destroy(): Promise<void> { await Promise.all([...this.#all].map((line) => line.destroy())) }
}
