/** Reads of one tick, asked together: who asks for product 7 while others ask for 8 and 9 shares a statement with them. */

interface Waiting<T> { resolve(value: T | null): void; reject(error: unknown): void }

export interface BatchOptions<T> {
  /** Where nobody else asked. */
  one(id: number): Promise<T | null>
  /** In any order; what is not there is left out. */
  many(ids: readonly number[]): Promise<readonly T[]>
  idOf(value: T): number
}

/** More go in a second statement. */
const TOGETHER_MAX = 100

export class Batch<T> {
  readonly #options: BatchOptions<T>
  #waiting = new Map<number, Waiting<T>[]>()

  constructor(options: BatchOptions<T>) { this.#options = options }

  load(id: number): Promise<T | null> {
    if (this.#waiting.size === 0) setImmediate(() => this.#ask())
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(id) ?? []
      waiting.push({ resolve, reject })
      this.#waiting.set(id, waiting)
      if (this.#waiting.size === TOGETHER_MAX) this.#ask()
    })
  }

  #ask(): void {
    const asked = this.#waiting
    this.#waiting = new Map()
    const ids = [...asked.keys()]
    const [only] = ids
    if (only === undefined) return
    const { one, many, idOf } = this.#options
    const read = ids.length === 1 ? one(only).then((value) => new Map(value === null ? [] : [[only, value]])) : many(ids).then((values) => new Map(values.map((value) => [idOf(value), value])))
    read.then(
      (found) => { for (const [id, waiting] of asked) for (const { resolve } of waiting) resolve(found.get(id) ?? null) },
      (error: unknown) => { for (const waiting of asked.values()) for (const { reject } of waiting) reject(error) },
    )
  }
}
