/** Which operations of a session one rule hits: each is drawn for once, at the first of its messages that matches; its answer goes with it. */

import type { ExchangeId, OperationId } from '../protocols/codec.ts'
import type { Spoken } from '../protocols/spoken.ts'

interface Drawn { readonly exchange: ExchangeId; readonly hit: boolean }

export class Hits {
  /** Oldest first: operations and their exchanges are numbered in the order in which they were asked. */
  readonly #drawn = new Map<OperationId, Drawn>()
  readonly #exchanges = new Set<ExchangeId>()
  /** Exchanges that the rule has altered: it is asked about them to their end, though it is disarmed meanwhile. */
  readonly #altered = new Set<ExchangeId>()
  /** Of a message that answers nothing, for the parts of a large one. */
  #push = false

  /** Whether the rule hits the operation of `message`; `draw` is asked where that is still open. */
  has({ exchange, operation, direction, message: { part } }: Spoken, draw: () => boolean): boolean {
    if (exchange === null) {
      if (part === 'whole' || part === 'first') this.#push = draw()
      return this.#push
    }
    // What serves an exchange as a whole: a Sync, and what ends the answer.
    if (operation === null) return this.#exchanges.has(exchange)
    const drawn = this.#drawn.get(operation)
    if (drawn || direction === 'to-client' || part === 'middle' || part === 'last') return drawn?.hit ?? false
    return draw()
  }

  drew({ exchange, operation }: Spoken, hit: boolean): void {
    if (exchange === null || operation === null) return
    this.#drawn.set(operation, { exchange, hit })
    if (hit) this.#exchanges.add(exchange)
  }

  alters({ exchange }: Spoken): void { if (exchange !== null) this.#altered.add(exchange) }

  hasAltered({ exchange }: Spoken): boolean { return exchange !== null && this.#altered.has(exchange) }

  /** Something that the rule has altered is not over yet. */
  get busy(): boolean { return this.#altered.size > 0 }

  /** Nothing more will come of `exchange`, nor of any before it. */
  over(exchange: ExchangeId): void {
    for (const [operation, drawn] of this.#drawn) {
      if (drawn.exchange > exchange) break
      this.#drawn.delete(operation)
    }
    for (const set of [this.#exchanges, this.#altered]) for (const one of set) if (one <= exchange) set.delete(one)
  }
}
