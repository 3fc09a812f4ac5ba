/** Which operations of a session one rule hits: each is drawn for once, at the first of its messages that matches; its answer goes with it. */

import { DIRECTIONS, type Direction, type ExchangeId, type OperationId } from '../protocols/codec.ts'
import { closes, groupOf, opens, type Spoken } from '../protocols/spoken.ts'

interface Drawn { readonly exchange: ExchangeId; readonly hit: boolean }

/** A message that stands alone, of which more is to come. */
interface Open { readonly group: number; readonly hit: boolean; altered: boolean }

export class Hits {
  /** Oldest first: operations and their exchanges are numbered in the order in which they were asked. */
  readonly #drawn = new Map<OperationId, Drawn>()
  readonly #exchanges = new Set<ExchangeId>()
  /** Exchanges that the rule has altered: it is asked about them to their end, though it is disarmed meanwhile. */
  readonly #altered = new Set<ExchangeId>()
  readonly #open: Record<Direction, Open | undefined> = { 'to-server': undefined, 'to-client': undefined }

  /** Whether the rule hits the operation of `unit`; `draw` is asked where that is still open. */
  has(unit: Spoken, draw: () => boolean): boolean {
    const { exchange, operation, direction } = unit
    if (exchange === null) return this.#hasAlone(unit, draw)
    // What serves an exchange as a whole: a Sync, and what ends the answer.
    if (operation === null) return this.#exchanges.has(exchange)
    const drawn = this.#drawn.get(operation)
    if (drawn || !opens(unit)) return drawn?.hit ?? false
    // Of HTTP an answer may be what is named: by its status.
    return direction === 'to-server' || unit.protocol === 'http' ? draw() : false
  }

  #hasAlone(unit: Spoken, draw: () => boolean): boolean {
    const { direction } = unit
    const group = groupOf(unit)
    if (opens(unit)) {
      const hit = draw()
      // One that is whole comes between the fragments of another and leaves that open.
      if (!closes(unit)) this.#open[direction] = { group, hit, altered: false }
      return hit
    }
    const open = this.#open[direction]
    return open?.group === group && open.hit
  }

  drew({ exchange, operation }: Spoken, hit: boolean): void {
    if (exchange === null || operation === null) return
    this.#drawn.set(operation, { exchange, hit })
    if (hit) this.#exchanges.add(exchange)
  }

  alters(unit: Spoken): void {
    const { exchange, direction } = unit
    if (exchange !== null) this.#altered.add(exchange)
    const open = this.#open[direction]
    if (exchange === null && open?.group === groupOf(unit)) open.altered = true
  }

  hasAltered(unit: Spoken): boolean {
    const { exchange, direction } = unit
    if (exchange !== null) return this.#altered.has(exchange)
    const open = this.#open[direction]
    return open?.group === groupOf(unit) && open.altered && !opens(unit)
  }

  /** The rule hits something of that exchange. */
  hitsIn(exchange: ExchangeId): boolean { return this.#exchanges.size > 0 && this.#exchanges.has(exchange) }

  /** Something that the rule has altered is not over yet. */
  get busy(): boolean { return this.#altered.size > 0 || DIRECTIONS.some((direction) => this.#open[direction]?.altered) }

  /** A message that stands alone has passed. */
  passed(unit: Spoken): void { if (closes(unit) && this.#open[unit.direction]?.group === groupOf(unit)) this.#open[unit.direction] = undefined }

  /** Nothing more will come of `exchange`, nor of any before it. */
  over(exchange: ExchangeId): void {
    for (const [operation, drawn] of this.#drawn) {
      if (drawn.exchange > exchange) break
      this.#drawn.delete(operation)
    }
    for (const set of [this.#exchanges, this.#altered]) for (const one of set) if (one <= exchange) set.delete(one)
  }
}
