/** Once a bucket: gathers what the targets and the apps counted, and looks whether a stop condition has come true. */

import { realClock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Plane } from '../proxy/plane.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { JournalEvent } from '../record/events.ts'
import { figure } from '../report/figures.ts'
import { foldRun } from '../report/fold.ts'
import type { AbortWatch } from './abort.ts'
import type { Recorder } from './recorder.ts'

/** A bucket is judged this many widths after its end: the load's buckets take one to come. */
const GRACE_BUCKETS = 2

/** An app or an observer: what it used by now, as a bucket. */
export interface Meter { usage(start: Ms, width: Ms): BucketRecord | undefined }

export interface SamplerOptions { readonly plane: Plane; readonly recorder: Pick<Recorder, 'write' | 'on'>; readonly meters: readonly Meter[]; readonly origin: Ms; readonly width: Ms }

export class Sampler {
  readonly #options: SamplerOptions
  #timer: Timer | undefined
  /** What is being gathered; one at a time, so that nothing overtakes. */
  #last: Promise<void> = Promise.resolve()
  #done = 0
  #recent: JournalEvent[] = []
  #watch: { readonly conditions: AbortWatch; readonly from: Ms; trip(why: string): void } | undefined

  constructor(options: SamplerOptions) {
    this.#options = options
    const { recorder, plane, origin, width } = options
    recorder.on((event) => { if (event.kind === 'bucket' || event.kind === 'figures' || event.kind === 'probe') this.#recent.push(event) })
    plane.measure(origin, width)
    this.#wait()
  }

  /** From the bucket that begins at or after `from` on; `trip` is called once. */
  watch(conditions: AbortWatch, from: Ms, trip: (why: string) => void): void { this.#watch = { conditions, from, trip } }

  unwatch(): void { this.#watch = undefined }

  /** Takes what is complete and stops. Idempotent. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#last
    await this.#gather()
  }

  #wait(): void {
    const { origin, width } = this.#options
    this.#timer = realClock.at(ms(origin + (this.#done + 1) * width), () => {
      this.#last = this.#turn().then(() => { if (this.#timer) this.#wait() })
    })
  }

  async #turn(): Promise<void> {
    const { meters, recorder, origin, width } = this.#options
    await this.#gather()
    const start = ms(origin + this.#done * width)
    for (const meter of meters) {
      const bucket = meter.usage(start, width)
      if (bucket) recorder.write({ kind: 'bucket', bucket })
    }
    this.#done = Math.max(this.#done + 1, Math.floor((realClock.now() - origin) / width))
    this.#judge(ms(origin + (this.#done - 1 - GRACE_BUCKETS) * width))
  }

  async #gather(): Promise<void> {
    const { plane, recorder } = this.#options
    for (const bucket of await plane.takeBuckets()) recorder.write({ kind: 'bucket', bucket })
    const { figures, reactions, totals } = await plane.takeRecords()
    for (const one of figures) recorder.write({ kind: 'figures', figures: one })
    for (const one of reactions) recorder.write({ kind: 'reaction', ...one })
    for (const one of totals) recorder.write({ kind: 'reactions', ...one })
  }

  #judge(from: Ms): void {
    const { width } = this.#options
    this.#recent = this.#recent.filter((event) => (event.kind === 'bucket' ? event.bucket.start : event.at) >= from - width)
    const watch = this.#watch
    if (!watch || from < watch.from) return
    const record = foldRun(this.#recent)
    const why = watch.conditions.feed(from, width, (signal) => figure(record, signal, from, ms(from + width)))
    if (why === undefined) return
    this.#watch = undefined
    watch.trip(why)
  }
}
