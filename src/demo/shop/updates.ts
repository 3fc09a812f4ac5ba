/** What happens in the shop, numbered, and the last of it kept for those who were away. */

const KEPT = 1000

/** `id` is one more than the one before it. */
export interface Update { readonly id: number; readonly order: number; readonly totalCents: number }

export class Updates {
  readonly #kept: Update[] = []
  readonly #listeners = new Set<(update: Update) => void>()
  #last = 0

  /** The number of the latest; 0 before there was any. */
  get last(): number { return this.#last }

  publish(order: { readonly id: number; readonly totalCents: number }): void {
    const update = { id: ++this.#last, order: order.id, totalCents: order.totalCents }
    this.#kept.push(update)
    if (this.#kept.length > KEPT) this.#kept.shift()
    for (const listener of this.#listeners) listener(update)
  }

  /** All that came after `id`, oldest first; `whole` is false where some of it is not kept any more, or `id` is of another life of the shop. */
  after(id: number): { readonly updates: readonly Update[]; readonly whole: boolean } {
    const oldest = this.#last - this.#kept.length
    if (id > this.#last || id < oldest) return { updates: [...this.#kept], whole: false }
    return { updates: this.#kept.slice(id - oldest), whole: true }
  }

  /** From the next one on; gives what ends it. */
  listen(listener: (update: Update) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
