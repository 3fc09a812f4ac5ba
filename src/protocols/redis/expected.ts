/** Commands that a server was sent and has not answered in full, oldest first. */

import type { ExchangeId, OperationId } from '../codec.ts'
import type { Command } from './commands.ts'
import type { Change } from './state.ts'

export interface Expected {
  readonly exchange: ExchangeId
  readonly operation: OperationId | null
  readonly command: Command
  readonly blocking: boolean
  /** Answers still to come; without an end where the server answers once for each channel that it knows of. */
  left: number
  /** What its answer makes of the connection. */
  readonly change: Change | undefined
}

/** Shorter than this it is not worth moving what is left. */
const COMPACT_FROM = 1024

export class ExpectedQueue {
  #entries: (Expected | undefined)[] = []
  #first = 0

  get size(): number { return this.#entries.length - this.#first }
  get head(): Expected | undefined { return this.#entries[this.#first] }
  get tail(): Expected | undefined { return this.#entries[this.#entries.length - 1] }

  push(entry: Expected): void { this.#entries.push(entry) }

  pop(): void {
    if (this.size === 0) return
    this.#entries[this.#first++] = undefined
    if (this.#first === this.#entries.length) this.clear()
    else if (this.#first >= COMPACT_FROM && 2 * this.#first > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
  }

  clear(): void {
    this.#entries.length = 0
    this.#first = 0
  }
}
