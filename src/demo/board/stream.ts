/** What one subscriber has of a numbered stream: told in any order, some of it twice, some of it not at all. Pure. */

/** Numbers that wait for one before them. */
const AHEAD_MAX = 10_000

export class Stream {
  readonly #ahead = new Set<number>()
  #whole: number | undefined

  /** Up to this one there is nothing missing; undefined before anything is known. */
  get whole(): number | undefined { return this.#whole }
  /** Something is missing behind it: later ones have come. */
  get torn(): boolean { return this.#ahead.size > 0 }

  /** It begins behind `id`, whatever was before. */
  start(id: number): void {
    this.#whole = id
    this.#ahead.clear()
  }

  take(id: number): void {
    this.#whole ??= id - 1
    if (id <= this.#whole) return
    if (this.#ahead.size < AHEAD_MAX) this.#ahead.add(id)
    while (this.#ahead.delete(this.#whole + 1)) this.#whole++
  }
}
