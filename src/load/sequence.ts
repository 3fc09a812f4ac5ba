/** What one subscriber has seen of a numbered stream, over all its connections: how much of it is missing, and what came twice. Pure. */

export interface Taken { readonly lost: number; readonly doubled: boolean }

/**
 * Ids are expected to count upwards by one: a gap is lost at once, and what is not above the last one has come before. One that is no whole
 * number only serves to go on from, and is doubled where it is the last one again.
 */
export class Sequence {
  #last: string | undefined
  #count: number | undefined

  /** The id to go on from; undefined while there is none. */
  get last(): string | undefined { return this.#last }

  take(id: unknown): Taken {
    const text = typeof id === 'string' ? id : JSON.stringify(id)
    const count = /^\d{1,15}$/.test(text) ? Number(text) : undefined
    const [before, last] = [this.#count, this.#last]
    const doubled = count !== undefined && before !== undefined ? count <= before : text === last
    if (doubled) return { lost: 0, doubled }
    this.#last = text
    this.#count = count
    return { lost: count !== undefined && before !== undefined ? count - before - 1 : 0, doubled }
  }
}
