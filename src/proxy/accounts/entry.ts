/** What passed under one name: the bucket at hand, and all before it. */

import { ms, type Ms } from '../../core/units.ts'
import { cellCounts, Cells, topOf } from '../../record/cells.ts'
import type { Labels, PartRecord } from '../../record/figures.ts'
import type { NamedFigures } from '../plane.ts'

/** Codes told apart under one name; the rest are `other`. */
const CODES_MAX = 20
/** A code is a word. What is none might be anything. */
const CODE = /^[A-Za-z0-9_][A-Za-z0-9_ -]{0,31}$/

/** Upper bounds of the cells in which durations are counted for good. */
export const DURATION_BOUNDS: readonly Ms[] = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000].map(ms)

const noErrors = (): Map<string, number> => new Map()

export class Entry {
  readonly of: Labels
  /** Counts the names of a target. */
  readonly number: number
  inFlight = 0
  #offered = 0
  #ok = 0
  #errors = noErrors()
  #hits = 0
  #misses = 0
  #peak = 0
  #heldSum = 0
  /** Of what was not held back, and of what was: as clients saw it, and as the server took. */
  readonly #direct = new Cells()
  #delayed: { readonly seen: Cells; readonly server: Cells } | undefined
  readonly #before = { offered: 0, ok: 0, errors: noErrors(), hits: 0, misses: 0, heldSum: 0, sum: 0, durations: [...DURATION_BOUNDS, 0].map(() => 0) }

  constructor(of: Labels, number: number) {
    this.of = of
    this.number = number
  }

  opened(): void {
    this.#offered++
    if (++this.inFlight > this.#peak) this.#peak = this.inFlight
  }

  /** Answered well, `took` after its first byte, `held` of that by us. A `took` below zero is not taken down. */
  answered(took: Ms, held: Ms): void {
    this.inFlight--
    this.#ok++
    if (took < 0) return
    if (held <= 0) return this.#direct.record(took)
    this.#delayed ??= { seen: new Cells(), server: new Cells() }
    this.#delayed.seen.record(took)
    this.#delayed.server.record(ms(Math.max(0, took - held)))
  }

  failed(code: string): void {
    this.inFlight--
    const known = CODE.test(code) && (this.#errors.has(code) || this.#errors.size < CODES_MAX) ? code : 'other'
    this.#errors.set(known, (this.#errors.get(known) ?? 0) + 1)
  }

  /** Nothing will answer it. */
  dropped(): void { this.inFlight-- }

  heldBack(duration: Ms): void { this.#heldSum += duration }

  looked(hits: number, misses: number): void {
    this.#hits += hits
    this.#misses += misses
  }

  /** The bucket at hand, which ends here; undefined when there was nothing in it. */
  take(): PartRecord | undefined {
    if (this.#offered === 0 && this.#ok === 0 && this.#errors.size === 0 && this.#peak === 0) return undefined
    const delayed = this.#delayed && this.#delayed.seen.total > 0 ? this.#delayed : undefined
    const latency = cellCounts(delayed ? [this.#direct, delayed.seen] : [this.#direct])
    const record: PartRecord = {
      of: this.of, offered: this.#offered, ok: this.#ok,
      ...(this.#errors.size > 0 ? { errors: Object.fromEntries(this.#errors) } : {}),
      ...(latency.length > 0 ? { latency } : {}),
      ...(delayed ? { server: cellCounts([this.#direct, delayed.server]) } : {}),
      ...(this.#heldSum > 0 ? { heldMs: Number(this.#heldSum.toFixed(3)) } : {}),
      ...(this.#hits > 0 ? { hits: this.#hits } : {}), ...(this.#misses > 0 ? { misses: this.#misses } : {}),
      ...(this.#peak > 0 ? { inFlight: this.#peak } : {}),
    }
    this.#close()
    return record
  }

  /** Since the target was opened. */
  figures(): NamedFigures {
    const before = this.#before
    const errors = new Map(before.errors)
    for (const [code, count] of this.#errors) errors.set(code, (errors.get(code) ?? 0) + count)
    const durations = [...before.durations]
    for (const cells of this.#seen()) count(cells, durations)
    return {
      of: this.of, inFlight: this.inFlight, offered: before.offered + this.#offered, ok: before.ok + this.#ok, errors: Object.fromEntries(errors),
      hits: before.hits + this.#hits, misses: before.misses + this.#misses, held: ms(before.heldSum + this.#heldSum),
      durations: { bounds: DURATION_BOUNDS, counts: durations, sum: ms(this.#seen().reduce((sum, cells) => sum + cells.sum, before.sum)) },
    }
  }

  #seen(): readonly Cells[] { return this.#delayed ? [this.#direct, this.#delayed.seen] : [this.#direct] }

  #close(): void {
    const before = this.#before
    before.offered += this.#offered
    before.ok += this.#ok
    before.hits += this.#hits
    before.misses += this.#misses
    before.heldSum += this.#heldSum
    for (const [code, count] of this.#errors) before.errors.set(code, (before.errors.get(code) ?? 0) + count)
    for (const cells of this.#seen()) {
      count(cells, before.durations)
      before.sum += cells.sum
      cells.reset()
    }
    this.#delayed?.server.reset()
    this.#offered = this.#ok = this.#hits = this.#misses = this.#heldSum = 0
    if (this.#errors.size > 0) this.#errors = noErrors()
    this.#peak = this.inFlight
  }
}

function count(cells: Cells, durations: number[]): void {
  cells.each((cell, number) => {
    const top = topOf(cell)
    const found = DURATION_BOUNDS.findIndex((bound) => top <= bound)
    const at = found < 0 ? DURATION_BOUNDS.length : found
    durations[at] = (durations[at] ?? 0) + number
  })
}
