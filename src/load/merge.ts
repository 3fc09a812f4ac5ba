/** One load made by several processes: its buckets and figures are put together from theirs, histograms by addition. Pure. */

import { encodeHistogram, quantile, type BucketRecord } from '../record/buckets.ts'
import { added, addedCounts, summed } from '../record/sums.ts'
import type { LoadFigures } from './verdict.ts'

/** Histograms of a bucket that are not journalled: what its p99s are made of. */
export interface Detail { readonly service?: string | undefined; readonly lateness?: string | undefined }
/** A bucket of one process. */
export interface Part { readonly bucket: BucketRecord; readonly detail: Detail }
/** Of one process over the whole run, with what the quantiles are made of. */
export interface PartFigures { readonly figures: LoadFigures; readonly detail: Detail }

/** Of all processes of one load. Buckets are told in order, once every process has told its own. */
export class Merger {
  readonly #processes: number
  readonly #emit: (bucket: BucketRecord) => void
  readonly #parts = new Map<number, Part[]>()

  constructor(processes: number, emit: (bucket: BucketRecord) => void) {
    this.#processes = processes
    this.#emit = emit
  }

  take(part: Part): void {
    const { start } = part.bucket
    const parts = [...this.#parts.get(start) ?? [], part]
    this.#parts.set(start, parts)
    if (parts.length === this.#processes) this.#tell(start)
  }

  /** Tells what is left, though some have not told theirs: they ended earlier than the others, or died. */
  finish(): void { for (const start of [...this.#parts.keys()].sort((a, b) => a - b)) this.#tell(start) }

  #tell(start: number): void {
    const parts = this.#parts.get(start) ?? []
    this.#parts.delete(start)
    const [first] = parts
    if (first) this.#emit(merged(first, parts))
  }
}

function merged({ bucket: { source, name, start, width } }: Part, parts: readonly Part[]): BucketRecord {
  const counts = addedCounts(parts.map(({ bucket }) => bucket.counts))
  const [latency, setup] = [summed(parts.map(({ bucket }) => bucket.latency)), summed(parts.map(({ bucket }) => bucket.setup))]
  const p99s = ([['service_p99', 'service'], ['lateness_p99', 'lateness']] as const).flatMap(([metric, of]) => {
    const whole = summed(parts.map(({ detail }) => detail[of]))
    return whole ? [[metric, quantile(whole, 0.99) ?? 0] as const] : []
  })
  const gauges = added(parts.map(({ bucket: { extra: { service_p99: _, lateness_p99: __, ...rest } = {} } }) => rest))
  return {
    source, name, start, width, counts, ...(latency ? { latency: encodeHistogram(latency) } : {}), ...(setup ? { setup: encodeHistogram(setup) } : {}),
    extra: { ...gauges, ...Object.fromEntries(p99s) },
  }
}

/** Saturated is a load as soon as one of its processes is. */
export function mergedFigures(parts: readonly PartFigures[]): LoadFigures | undefined {
  const [first] = parts
  if (!first) return undefined
  const all = parts.map(({ figures }) => figures)
  const total = (of: (one: LoadFigures) => number): number => all.reduce((sum, one) => sum + of(one), 0)
  const p99 = (of: keyof Detail): number | undefined => {
    const whole = summed(parts.map(({ detail }) => detail[of]))
    return whole && quantile(whole, 0.99)
  }
  return {
    name: first.figures.name, offered: total((one) => one.offered), sent: total((one) => one.sent), dropped: total((one) => one.dropped), droppedByUs: total((one) => one.droppedByUs),
    latenessP99Ms: p99('lateness'), serviceP99Ms: p99('service'), cpu: Math.max(...all.map(({ cpu }) => cpu)),
    errors: added(all.map(({ errors }) => errors)), closes: added(all.map(({ closes }) => closes)),
  }
}
