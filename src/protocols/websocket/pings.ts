/** Pings that went one way and were not answered yet. (RFC 6455, 5.5.2 and 5.5.3) */

import type { ExchangeId, OperationId } from '../codec.ts'

/** Past it the oldest is forgotten. */
const WAITING_MAX = 1024

export interface Ping { readonly payload: string; readonly exchange: ExchangeId; readonly operation: OperationId | null }

export class Pings {
  #waiting: Ping[] = []

  get size(): number { return this.#waiting.length }

  add(ping: Ping): void {
    if (this.#waiting.length === WAITING_MAX) this.#waiting.shift()
    this.#waiting.push(ping)
  }

  /** The oldest with that payload, whose pong has come. Those before it never get one: a peer may answer only the latest. Undefined for a pong that nobody asked for. */
  answered(payload: string): Ping | undefined {
    const at = this.#waiting.findIndex((ping) => ping.payload === payload)
    return this.#waiting.splice(0, at + 1).at(-1)
  }

  clear(): void { this.#waiting = [] }
}
