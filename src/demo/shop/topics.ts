/** Who wants to hear of which products, found by product. */

export type Wish = 'all' | readonly number[]

export class Topics<P> {
  readonly #wishes = new Map<P, Wish>()
  readonly #byProduct = new Map<number, Set<P>>()
  readonly #all = new Set<P>()

  /** Products that somebody asked for. */
  get count(): number { return this.#byProduct.size }

  /** In place of what it had asked for. */
  join(peer: P, wish: Wish): void {
    this.leave(peer)
    this.#wishes.set(peer, wish)
    if (wish === 'all') return void this.#all.add(peer)
    for (const product of wish) {
      const peers = this.#byProduct.get(product) ?? new Set()
      this.#byProduct.set(product, peers.add(peer))
    }
  }

  leave(peer: P): void {
    const wish = this.#wishes.get(peer)
    this.#wishes.delete(peer)
    this.#all.delete(peer)
    for (const product of typeof wish === 'object' ? wish : []) {
      const peers = this.#byProduct.get(product)
      peers?.delete(peer)
      if (peers?.size === 0) this.#byProduct.delete(product)
    }
  }

  /** All who asked for anything. */
  peers(): Iterable<P> { return this.#wishes.keys() }

  /** Whom these products concern, each with those that it asked for, in the given order. */
  * concerned(products: readonly number[]): Iterable<readonly [P, readonly number[]]> {
    for (const peer of this.#all) yield [peer, products]
    const [only] = products
    if (products.length === 1 && only !== undefined) {
      for (const peer of this.#byProduct.get(only) ?? []) yield [peer, products]
      return
    }
    const wanted = new Map<P, number[]>()
    for (const product of products) {
      for (const peer of this.#byProduct.get(product) ?? []) {
        const found = wanted.get(peer)
        if (found) found.push(product)
        else wanted.set(peer, [product])
      }
    }
    yield* wanted
  }
}
