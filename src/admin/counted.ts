/** A histogram of Prometheus whose cells were counted elsewhere: nothing of it is called per observation. */

import { Gauge, Histogram, type Metric } from 'prom-client'

/** `counts[i]` at most `bounds[i]` ms, the last past all bounds; not cumulative. `sum` in ms. */
export interface Counted { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number }
interface Total { readonly labels: Readonly<Record<string, string>>; readonly counts: number[]; bounds: readonly number[]; sum: number }

export class CountedHistogram {
  readonly metric: Metric
  readonly #totals = new Map<string, Total>()

  /** Shown in seconds. */
  constructor(name: string, help: string, labelNames: readonly string[]) {
    const about = { name, help, labelNames, registers: [] }
    const histogram = new Histogram<string>(about)
    // A histogram of the library shows only what it was told itself; a gauge shows what its `get` answers.
    const shown = new Gauge<string>(about)
    shown.get = async () => ({ ...(await histogram.get()), values: [...this.#totals.values()].flatMap((total) => cells(name, total)) })
    this.metric = shown
  }

  /** Adds what `now` has grown by since `before`; all of it where something was counted anew. */
  add(labels: Readonly<Record<string, string>>, now: Counted, before: Counted | undefined): void {
    const key = JSON.stringify(labels)
    const total = this.#totals.get(key) ?? { labels, bounds: now.bounds, counts: now.counts.map(() => 0), sum: 0 }
    now.counts.forEach((count, cell) => { total.counts[cell] = (total.counts[cell] ?? 0) + count - (before?.counts[cell] ?? 0) })
    total.sum += now.sum - (before?.sum ?? 0)
    this.#totals.set(key, total)
  }
}

function cells(name: string, { labels, bounds, counts, sum }: Total) {
  let below = 0
  const buckets = counts.map((count, cell) => {
    below += count
    const bound = bounds[cell]
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bound === undefined ? '+Inf' : bound / 1000 }, value: below }
  })
  return [...buckets, { metricName: `${name}_sum`, labels, value: sum / 1000 }, { metricName: `${name}_count`, labels, value: below }]
}
