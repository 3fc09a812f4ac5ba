/** Operations of one session that are under way, in the order in which they were begun. Nothing is made for one: its figures lie in columns that are used again. */

import { ms, type Ms } from '../../core/units.ts'
import type { ExchangeId } from '../../protocols/codec.ts'
import type { Entry } from './entry.ts'

/** Most clients have but few under way on a connection. */
const CAPACITY = 4
/** Past it the oldest is forgotten: a client that wants no answers leaves all of them open. */
const OPEN_MAX = 2 ** 17

/** A place in the columns; good until the operation is shifted out or another is pushed. */
export type Slot = number
export const NONE: Slot = -1

interface Columns {
  readonly exchange: Float64Array
  readonly at: Float64Array
  readonly held: Float64Array
  /** When its own answer had come; NaN before. */
  readonly doneAt: Float64Array
  /** What was asked for, to be known again. */
  readonly identity: Int32Array
  readonly flags: Uint8Array
  readonly entry: (Entry | undefined)[]
  readonly code: (string | undefined)[]
}

/** Bytes of an operation in all columns of numbers: four doubles, an integer, its flags. */
const WIDTH = 4 * 8 + 4 + 1

/** All numbers lie in one piece of memory: a session costs one, and not six. */
function columns(capacity: number): Columns {
  const memory = new ArrayBuffer(WIDTH * capacity)
  const doubles = (before: number): Float64Array => new Float64Array(memory, before * 8 * capacity, capacity)
  return {
    exchange: doubles(0), at: doubles(1), held: doubles(2), doneAt: doubles(3),
    identity: new Int32Array(memory, 32 * capacity, capacity), flags: new Uint8Array(memory, 36 * capacity, capacity),
    entry: Array.from({ length: capacity }, () => undefined), code: Array.from({ length: capacity }, () => undefined),
  }
}

export class OpenOperations {
  #columns = columns(CAPACITY)
  #mask = CAPACITY - 1
  #head = 0
  #size = 0

  get size(): number { return this.#size }
  /** The oldest. */
  get head(): Slot { return this.#size === 0 ? NONE : this.#head & this.#mask }
  /** The latest. */
  get tail(): Slot { return this.#size === 0 ? NONE : (this.#head + this.#size - 1) & this.#mask }

  push(exchange: ExchangeId, entry: Entry, at: Ms, identity: number, flags: number): Slot {
    if (this.#size > this.#mask) {
      if (this.#size >= OPEN_MAX) this.drop()
      else this.#resize(2 * (this.#mask + 1))
    }
    const slot = (this.#head + this.#size++) & this.#mask
    const { exchange: exchanges, at: ats, held, doneAt, identity: identities, flags: all, entry: entries } = this.#columns
    exchanges[slot] = exchange
    ats[slot] = at
    held[slot] = 0
    doneAt[slot] = Number.NaN
    identities[slot] = identity
    all[slot] = flags
    entries[slot] = entry
    entry.opened()
    return slot
  }

  exchange(slot: Slot): ExchangeId { return this.#columns.exchange[slot] ?? 0 }
  at(slot: Slot): Ms { return ms(this.#columns.at[slot] ?? 0) }
  held(slot: Slot): Ms { return ms(this.#columns.held[slot] ?? 0) }
  doneAt(slot: Slot): number { return this.#columns.doneAt[slot] ?? Number.NaN }
  identity(slot: Slot): number { return this.#columns.identity[slot] ?? 0 }
  flags(slot: Slot): number { return this.#columns.flags[slot] ?? 0 }
  code(slot: Slot): string | undefined { return this.#columns.code[slot] }
  entry(slot: Slot): Entry | undefined { return this.#columns.entry[slot] }

  flag(slot: Slot, flags: number): void { this.#columns.flags[slot] = this.flags(slot) | flags }
  done(slot: Slot, at: Ms): void { this.#columns.doneAt[slot] = at }
  /** `code` stands also where nothing answers it. */
  failed(slot: Slot, code: string): void { this.#columns.code[slot] = code }

  /** A message of that exchange waited so long on its way to the server. Those of one operation wait side by side: the longest wait counts. */
  heldAhead(exchange: ExchangeId, duration: Ms): void {
    for (let slot = this.find(exchange); slot !== NONE && this.exchange(slot) === exchange; slot = this.after(slot)) {
      const more = duration - this.held(slot)
      if (more > 0 && Number.isNaN(this.doneAt(slot))) this.heldBack(slot, ms(more))
    }
  }

  /** Its answer waited so long. */
  heldBack(slot: Slot, duration: Ms): void {
    this.#columns.held[slot] = (this.#columns.held[slot] ?? 0) + duration
    this.entry(slot)?.heldBack(duration)
  }

  /** The first of that exchange; NONE where there is none. */
  find(exchange: ExchangeId): Slot {
    let [low, high] = [0, this.#size]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.exchange((this.#head + middle) & this.#mask) < exchange) low = middle + 1
      else high = middle
    }
    const slot = (this.#head + low) & this.#mask
    return low < this.#size && this.exchange(slot) === exchange ? slot : NONE
  }

  /** The one behind `slot`; NONE where it is the latest. */
  after(slot: Slot): Slot { return slot === this.tail ? NONE : (slot + 1) & this.#mask }

  /** Takes the oldest out; its place must have been read before. */
  shift(): void {
    const slot = this.#head & this.#mask
    this.#columns.entry[slot] = undefined
    this.#columns.code[slot] = undefined
    this.#head = (this.#head + 1) & this.#mask
    if (--this.#size === 0 && this.#mask >= 1024) {
      this.#columns = columns(CAPACITY)
      this.#mask = CAPACITY - 1
      this.#head = 0
    }
  }

  /** Takes the oldest out, unanswered. */
  drop(): void {
    this.entry(this.head)?.dropped()
    this.shift()
  }

  #resize(capacity: number): void {
    const [old, grown] = [this.#columns, columns(capacity)]
    for (let n = 0; n < this.#size; n++) {
      const from = (this.#head + n) & this.#mask
      grown.exchange[n] = old.exchange[from] ?? 0
      grown.at[n] = old.at[from] ?? 0
      grown.held[n] = old.held[from] ?? 0
      grown.doneAt[n] = old.doneAt[from] ?? Number.NaN
      grown.identity[n] = old.identity[from] ?? 0
      grown.flags[n] = old.flags[from] ?? 0
      grown.entry[n] = old.entry[from]
      grown.code[n] = old.code[from]
    }
    this.#columns = grown
    this.#mask = capacity - 1
    this.#head = 0
  }
}
