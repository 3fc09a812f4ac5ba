/** What is kept of the ticks of a target: five minutes as they came, an hour in steps of ten seconds. Both are bounded, however long the page is open. */

import type { Tick } from '../control/contract.ts'

/** Five minutes at four a second, and an hour of tens. */
export const FINE_MAX = 1200
export const COARSE_MAX = 360
export const COARSE_MS = 10_000

export const METRICS = [
  'rate', 'errors', 'success', 'p50', 'p95', 'p99', 'connections', 'accepted', 'inFlight', 'hitRatio', 'held', 'bytesToServer', 'bytesToClient', 'resets', 'failedDials', 'setupP95', 'messages',
] as const satisfies readonly (keyof Tick)[]
export type Metric = (typeof METRICS)[number]

/** How several ticks become one: what is worst must stay to be seen, what counts is added, the rest is its mean. */
const WORST: ReadonlySet<string> = new Set(['p50', 'p95', 'p99', 'connections', 'inFlight', 'setupP95', 'memory'])
const ADDED: ReadonlySet<string> = new Set(['accepted', 'resets', 'failedDials'])

/** Points for a chart: times in ms since 1970, and a column a metric; null where nothing is known, and where nothing came for a time. */
export interface Points { readonly x: number[]; readonly columns: readonly (number | null)[][] }

/** Columns of the same length, in which the newest row takes the place of the oldest. */
export class Ring {
  readonly #rows: number
  readonly #at: Float64Array
  readonly #columns: readonly Float64Array[]
  #next = 0
  #length = 0
  #width = 0

  constructor(columns: number, rows: number) {
    this.#rows = rows
    this.#at = new Float64Array(rows)
    this.#columns = Array.from({ length: columns }, () => new Float64Array(rows))
  }

  get last(): number { return this.#length === 0 ? Number.NEGATIVE_INFINITY : this.#at[this.#place(this.#length - 1)] ?? 0 }

  /** What is not newer than the last row is known already. */
  push(at: number, width: number, values: ArrayLike<number>): boolean {
    if (at <= this.last) return false
    this.#at[this.#next] = at
    this.#columns.forEach((column, i) => { column[this.#next] = values[i] ?? Number.NaN })
    this.#next = (this.#next + 1) % this.#rows
    this.#length = Math.min(this.#length + 1, this.#rows)
    this.#width = width
    return true
  }

  /**
   * The rows from that time on, and the one before; at most about `most` of them: rows of the same stretch of time become one, of those columns
   * that are `worst` the highest, of others the mean.
   */
  points(since: number, columns: readonly number[], worst: readonly boolean[], most = Number.POSITIVE_INFINITY): Points {
    const x: number[] = []
    const out: (number | null)[][] = columns.map(() => [])
    const first = this.#first(since)
    const step = Math.max(1, this.#width) * Math.max(1, Math.ceil((this.#length - first) / most))
    for (let i = first; i < this.#length;) {
      const time = this.#at[this.#place(i)] ?? 0
      const before = x.at(-1)
      if (before !== undefined && time - before > 3 * step) {
        x.push(before + step)
        for (const column of out) column.push(null)
      }
      // Stretches begin at round times, so that what is drawn does not change as it moves.
      const end = (Math.floor(time / step) + 1) * step
      let next = i + 1
      while (next < this.#length && (this.#at[this.#place(next)] ?? 0) < end) next++
      x.push(time)
      columns.forEach((column, c) => out[c]?.push(this.#one(column, i, next, worst[c] ?? false)))
      i = next
    }
    return { x, columns: out }
  }

  /** All rows from that time on as one. */
  joined(since: number, columns: readonly number[], worst: readonly boolean[]): readonly (number | null)[] {
    const first = this.#first(since)
    return columns.map((column, i) => this.#one(column, first, this.#length, worst[i] ?? false))
  }

  #one(column: number, from: number, to: number, worst: boolean): number | null {
    let [sum, count] = [worst ? Number.NEGATIVE_INFINITY : 0, 0]
    for (let i = from; i < to; i++) {
      const value = this.#columns[column]?.[this.#place(i)] ?? Number.NaN
      if (Number.isNaN(value)) continue
      sum = worst ? Math.max(sum, value) : sum + value
      count++
    }
    return count === 0 ? null : worst ? sum : sum / count
  }

  #first(since: number): number {
    let [low, high] = [0, this.#length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#at[this.#place(middle)] ?? 0) < since) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #place(i: number): number { return (this.#next - this.#length + i + 2 * this.#rows) % this.#rows }
}

/** Ticks of some figures, by name; a name keeps its column from when it was first heard, at most `columns` of them. */
export class Series {
  readonly #names: string[]
  readonly #columns: number
  readonly #fine: Ring
  readonly #coarse: Ring
  #sums: number[] = []
  #counts: number[] = []
  #bucket = Number.NaN

  constructor(names: readonly string[], columns = names.length) {
    this.#names = [...names]
    this.#columns = columns
    this.#fine = new Ring(columns, FINE_MAX)
    this.#coarse = new Ring(columns, COARSE_MAX)
  }

  get names(): readonly string[] { return this.#names }

  hear(at: number, width: number, values: Readonly<Record<string, number | null | undefined>>): void {
    for (const name of Object.keys(values)) if (!this.#names.includes(name) && this.#names.length < this.#columns) this.#names.push(name)
    const row = this.#names.map((name) => values[name] ?? Number.NaN)
    if (width >= COARSE_MS) this.#coarse.push(at, width, row)
    else if (this.#fine.push(at, width, row)) this.#join(at, row)
  }

  /** `span` in ms before `now`, in about `most` points; past what the fine ring holds, the coarse one. */
  points(now: number, span: number, names: readonly string[], most?: number): Points {
    const ring = span > FINE_SPAN_MS ? this.#coarse : this.#fine
    return ring.points(now - span, names.map((name) => this.#names.indexOf(name)), names.map((name) => WORST.has(name)), most)
  }

  /** The figures of the last moments as one of each, for those who read them: a single bucket is too restless. */
  recent(now: number, names: readonly string[]): readonly (number | null)[] {
    return this.#fine.joined(now - RECENT_MS, names.map((name) => this.#names.indexOf(name)), names.map((name) => WORST.has(name)))
  }

  #join(at: number, row: readonly number[]): void {
    const bucket = Math.floor(at / COARSE_MS) * COARSE_MS
    if (bucket !== this.#bucket) {
      if (this.#counts.length > 0) this.#coarse.push(this.#bucket, COARSE_MS, this.#names.map((name, i) => this.#joined(name, i)))
      this.#bucket = bucket
      this.#sums = []
      this.#counts = []
    }
    row.forEach((value, i) => {
      if (Number.isNaN(value)) return
      const before = this.#sums[i]
      this.#sums[i] = before === undefined ? value : WORST.has(this.#names[i] ?? '') ? Math.max(before, value) : before + value
      this.#counts[i] = (this.#counts[i] ?? 0) + 1
    })
  }

  #joined(name: string, i: number): number {
    const sum = this.#sums[i]
    return sum === undefined ? Number.NaN : WORST.has(name) || ADDED.has(name) ? sum : sum / (this.#counts[i] ?? 1)
  }
}
const FINE_SPAN_MS = 300_000
const RECENT_MS = 2000
