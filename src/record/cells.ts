/** Latencies in cells that grow with the value, sixty-four to an octave: taking one down costs nothing, and a bucket of a few is a few numbers. */

import { ms, type Ms } from '../core/units.ts'

/** Cells of a microsecond each, before they begin to grow. */
const FINE = 128
const PER_OCTAVE_BITS = 6
const PER_OCTAVE = 1 << PER_OCTAVE_BITS
/** What is longer than ten minutes counts as ten. */
const LATENCY_MAX_US = 600_000_000
export const CELLS = cellOf(LATENCY_MAX_US) + 1

/** Cell and count in turn, cells ascending: `[1042, 3, 1044, 1]`. */
export type CellCounts = readonly number[]

/** The cell of a whole number of microseconds. */
function cellOf(us: number): number {
  if (us < FINE) return us
  const shift = 31 - Math.clz32(us) - PER_OCTAVE_BITS
  return (shift << PER_OCTAVE_BITS) + (us >> shift)
}

/** The largest value of a cell, in ms: at most 1/64 above the least. */
export function topOf(cell: number): Ms {
  if (cell < FINE) return ms(cell / 1000)
  const shift = (cell >> PER_OCTAVE_BITS) - 1
  return ms((((cell & (PER_OCTAVE - 1)) + PER_OCTAVE + 1) * 2 ** shift - 1) / 1000)
}

export class Cells {
  readonly #counts = new Uint32Array(CELLS)
  #total = 0
  #least = CELLS
  #most = 0
  /** Of the values, in ms. */
  sum = 0

  get total(): number { return this.#total }

  record(latency: Ms): void {
    const us = Math.round(latency * 1000)
    const cell = us > 0 ? cellOf(us < LATENCY_MAX_US ? us : LATENCY_MAX_US) : 0
    this.#counts[cell] = (this.#counts[cell] ?? 0) + 1
    this.#total++
    this.sum += latency
    if (cell < this.#least) this.#least = cell
    if (cell > this.#most) this.#most = cell
  }

  each(visit: (cell: number, count: number) => void): void {
    for (let cell = this.#least; cell <= this.#most; cell++) {
      const count = this.#counts[cell] ?? 0
      if (count > 0) visit(cell, count)
    }
  }

  reset(): void {
    if (this.#total === 0) return
    this.#counts.fill(0, this.#least, this.#most + 1)
    this.#total = 0
    this.#least = CELLS
    this.#most = 0
    this.sum = 0
  }
}

/** All of them together. */
export function cellCounts(parts: readonly Cells[]): CellCounts {
  const sums = new Map<number, number>()
  for (const part of parts) part.each((cell, count) => sums.set(cell, (sums.get(cell) ?? 0) + count))
  return inOrder(sums)
}

/** The same of what was counted elsewhere. */
export function addedCells(parts: readonly CellCounts[]): CellCounts {
  const sums = new Map<number, number>()
  for (const part of parts) for (let at = 0; at + 1 < part.length; at += 2) sums.set(part[at] ?? 0, (sums.get(part[at] ?? 0) ?? 0) + (part[at + 1] ?? 0))
  return inOrder(sums)
}

const inOrder = (sums: ReadonlyMap<number, number>): CellCounts => [...sums].sort(([a], [b]) => a - b).flat()
