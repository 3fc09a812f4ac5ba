/** A queue that gives its room back: what a server was sent and has not answered, oldest first. */

/** Shorter than this it is not worth moving what is left. */
const COMPACT_FROM = 1024

export class Fifo<T> {
  #entries: (T | undefined)[] = []
  #first = 0

  get size(): number { return this.#entries.length - this.#first }
  get head(): T | undefined { return this.#entries[this.#first] }
  get tail(): T | undefined { return this.#entries.at(-1) }

  push(entry: T): void { this.#entries.push(entry) }

  pop(): T | undefined {
    if (this.size === 0) return undefined
    // The one that is there is the usual case.
    if (this.#first === 0 && this.#entries.length === 1) return this.#entries.pop()
    const entry = this.#entries[this.#first]
    this.#entries[this.#first++] = undefined
    if (this.#first === this.#entries.length) this.clear()
    else if (this.#first >= COMPACT_FROM && 2 * this.#first > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first)
      this.#first = 0
    }
    return entry
  }

  /** Keeps those that `keeps` is true of. */
  retain(keeps: (entry: T) => boolean): void {
    this.#entries = this.#entries.slice(this.#first).filter((entry) => entry !== undefined && keeps(entry))
    this.#first = 0
  }

  clear(): void {
    this.#entries.length = 0
    this.#first = 0
  }
}
