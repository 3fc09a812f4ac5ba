/** Answers that were seen, and since when: what the answer was some time ago. */

import type { Ms } from '../../core/units.ts'

interface Seen { readonly at: Ms; readonly raw: Buffer }

/** Of one question; past it those that stand closest are thinned out. */
const PER_KEY_MAX = 64
const ENTRIES_MAX = 20_000
const BYTES_MAX = 16 * 1024 ** 2

/** Bounded in entries and bytes: past either the questions go that were asked longest ago. */
export class Remembered {
  /** By question, the one asked last at the end. */
  readonly #answers = new Map<string, Seen[]>()
  #entries = 0
  #bytes = 0

  get size(): { readonly entries: number; readonly bytes: number } { return { entries: this.#entries, bytes: this.#bytes } }

  /** `raw` is kept as it is: no view into memory that is used again. */
  add(question: string, raw: Buffer, at: Ms): void {
    const seen = this.#answers.get(question) ?? []
    this.#answers.delete(question)
    this.#answers.set(question, seen)
    if (seen.at(-1)?.raw.equals(raw)) return
    this.#count(1, raw)
    seen.push({ at, raw })
    if (seen.length > PER_KEY_MAX) this.#thin(seen)
    for (const [oldest] of this.#answers) {
      if (this.#entries <= ENTRIES_MAX && this.#bytes <= BYTES_MAX) break
      this.#forget(oldest)
    }
  }

  /** The answer as it was at `time`; undefined where none had been seen. */
  asOf(question: string, time: Ms): Buffer | undefined {
    return this.#answers.get(question)?.findLast(({ at }) => at <= time)?.raw
  }

  #thin(seen: Seen[]): void {
    let closest = 1
    const gap = (i: number): number => (seen[i + 1]?.at ?? Number.POSITIVE_INFINITY) - (seen[i - 1]?.at ?? 0)
    for (let i = 2; i < seen.length - 1; i++) if (gap(i) < gap(closest)) closest = i
    for (const { raw } of seen.splice(closest, 1)) this.#count(-1, raw)
  }

  #forget(question: string): void {
    for (const { raw } of this.#answers.get(question) ?? []) this.#count(-1, raw)
    this.#answers.delete(question)
  }

  #count(entries: 1 | -1, raw: Buffer): void {
    this.#entries += entries
    this.#bytes += entries * raw.length
  }
}
