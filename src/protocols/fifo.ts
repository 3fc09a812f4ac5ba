/** A queue in a ring that keeps its room while it is used, and gives back what a burst has made of it: what a server was sent and has not answered, oldest first. */

const CAPACITY = 8
/** Room for more than this is given back once the queue is empty. */
const KEPT = 1024

const room = <T>(capacity: number): (T | undefined)[] => Array.from({ length: capacity }, () => undefined)

export class Fifo<T> {
  #entries: (T | undefined)[] = room(CAPACITY)
  #mask = CAPACITY - 1
  #first = 0
  #size = 0

  get size(): number { return this.#size }
  get head(): T | undefined { return this.#entries[this.#first] }
  get tail(): T | undefined { return this.#size === 0 ? undefined : this.#entries[(this.#first + this.#size - 1) & this.#mask] }

  push(entry: T): void {
    if (this.#size > this.#mask) this.#grow()
    this.#entries[(this.#first + this.#size++) & this.#mask] = entry
  }

  pop(): T | undefined {
    if (this.#size === 0) return undefined
    const entry = this.#entries[this.#first]
    this.#entries[this.#first] = undefined
    this.#first = (this.#first + 1) & this.#mask
    if (--this.#size === 0 && this.#mask >= KEPT) this.clear()
    return entry
  }

  /** Keeps those that `keeps` is true of. */
  retain(keeps: (entry: T) => boolean): void {
    for (let left = this.#size; left > 0; left--) {
      const entry = this.pop()
      if (entry !== undefined && keeps(entry)) this.push(entry)
    }
  }

  clear(): void {
    this.#entries = room(CAPACITY)
    this.#mask = CAPACITY - 1
    this.#first = this.#size = 0
  }

  #grow(): void {
    const grown = room<T>(2 * this.#entries.length)
    for (let n = 0; n < this.#size; n++) grown[n] = this.#entries[(this.#first + n) & this.#mask]
    this.#entries = grown
    this.#mask = grown.length - 1
    this.#first = 0
  }
}
