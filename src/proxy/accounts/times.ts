/** Durations of one kind: those of the bucket at hand in fine cells, and all before them in coarse ones. */

import { ms, type Ms } from '../../core/units.ts'
import { cellCounts, Cells, topOf, type CellCounts } from '../../record/cells.ts'
import type { HeldTimes } from '../plane.ts'

/** Upper bounds of the cells in which durations are counted for good. */
export const DURATION_BOUNDS: readonly Ms[] = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000].map(ms)

export class Times {
  /** Of what was not held back, and of what was: as clients saw it, and as the server took. */
  readonly #direct = new Cells()
  #delayed: { readonly seen: Cells; readonly server: Cells } | undefined
  readonly #before = { sum: 0, counts: [...DURATION_BOUNDS, 0].map(() => 0) }

  /** `held` of `took` is by us. */
  record(took: Ms, held: Ms): void {
    if (held <= 0) return this.#direct.record(took)
    this.#delayed ??= { seen: new Cells(), server: new Cells() }
    this.#delayed.seen.record(took)
    this.#delayed.server.record(ms(Math.max(0, took - held)))
  }

  /** The bucket at hand, which ends here; `server` only where that is not the same. Empty where nothing was recorded. */
  take(): { readonly seen: CellCounts; readonly server: CellCounts | undefined } {
    const delayed = this.#delayed && this.#delayed.seen.total > 0 ? this.#delayed : undefined
    const taken = { seen: cellCounts(delayed ? [this.#direct, delayed.seen] : [this.#direct]), server: delayed && cellCounts([this.#direct, delayed.server]) }
    for (const cells of this.#seen()) {
      count(cells, this.#before.counts)
      this.#before.sum += cells.sum
      cells.reset()
    }
    this.#delayed?.server.reset()
    return taken
  }

  /** All of them, as clients saw them. */
  durations(): HeldTimes {
    const counts = [...this.#before.counts]
    for (const cells of this.#seen()) count(cells, counts)
    return { bounds: DURATION_BOUNDS, counts, sum: ms(this.#seen().reduce((sum, cells) => sum + cells.sum, this.#before.sum)) }
  }

  #seen(): readonly Cells[] { return this.#delayed ? [this.#direct, this.#delayed.seen] : [this.#direct] }
}

function count(cells: Cells, durations: number[]): void {
  cells.each((cell, number) => {
    const top = topOf(cell)
    const found = DURATION_BOUNDS.findIndex((bound) => top <= bound)
    const at = found < 0 ? DURATION_BOUNDS.length : found
    durations[at] = (durations[at] ?? 0) + number
  })
}
