/** The figures of the screen: loads from their buckets, targets from their ticks. Bounded, however long it runs. */

import type { Tick } from '../control/contract.ts'
import type { BucketRecord } from '../record/buckets.ts'
import { bucketFigure } from '../report/figures.ts'
import type { ScreenRow } from './screen.ts'

/** So many buckets are kept of each, for the sparklines. */
const KEPT = 40
/** Figures are of the last second, or of the last bucket where that is longer. */
const FIGURE_MS = 1000

export class Rows {
  readonly #loads = new Map<string, BucketRecord[]>()
  readonly #targets = new Map<string, Tick[]>()

  /** In the order in which they shall stand. */
  constructor(loads: readonly string[], targets: readonly string[]) {
    for (const name of loads) this.#loads.set(name, [])
    for (const name of targets) this.#targets.set(name, [])
  }

  load(bucket: BucketRecord): void { if (bucket.source === 'load') keep(this.#loads, bucket.name, bucket) }
  tick(tick: Tick): void { keep(this.#targets, tick.target, tick) }

  rows(): readonly ScreenRow[] {
    return [...[...this.#loads].map(([name, buckets]) => loadRow(name, buckets)), ...[...this.#targets].map(([name, ticks]) => targetRow(name, ticks))]
  }
}

function keep<T>(all: Map<string, T[]>, name: string, one: T): void {
  const kept = all.get(name) ?? []
  kept.push(one)
  if (kept.length > KEPT) kept.shift()
  all.set(name, kept)
}

const lastOf = <T extends { readonly width: number }>(all: readonly T[]): readonly T[] => all.slice(-Math.max(1, Math.round(FIGURE_MS / (all.at(-1)?.width ?? FIGURE_MS))))

function loadRow(name: string, buckets: readonly BucketRecord[]): ScreenRow {
  const recent = lastOf(buckets)
  const of = (metric: string): number | undefined => (recent.length > 0 ? bucketFigure(recent, metric) : undefined)
  return {
    name, kind: 'load', rate: of('rate'), p95: of('p95'), success: of('success'), connections: of('connections'),
    latencies: buckets.map((bucket) => bucketFigure([bucket], 'p95')), successes: buckets.map((bucket) => bucketFigure([bucket], 'success')),
  }
}

/** The quantile of a second is that of its worst bucket: those of several do not add up. */
function targetRow(name: string, ticks: readonly Tick[]): ScreenRow {
  const recent = lastOf(ticks)
  const known = (of: (tick: Tick) => number | null): readonly number[] => recent.flatMap((tick) => of(tick) ?? [])
  const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0)
  const [rates, errors, latencies] = [known(({ rate }) => rate), known((tick) => tick.errors), known(({ p95 }) => p95)]
  const done = sum(rates) + sum(errors)
  return {
    name, kind: 'target', connections: ticks.at(-1)?.connections,
    rate: rates.length > 0 ? sum(rates) / rates.length : undefined, p95: latencies.length > 0 ? Math.max(...latencies) : undefined,
    success: done > 0 ? sum(rates) / done : known(({ success }) => success).at(-1),
    latencies: ticks.map(({ p95 }) => p95 ?? undefined), successes: ticks.map(({ success }) => success ?? undefined),
  }
}
