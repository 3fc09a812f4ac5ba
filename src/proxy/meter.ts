/** What passes through a target, in counters and one histogram a bucket. Nothing is allocated per exchange. */

import type { Histogram } from 'hdr-histogram-js'
import { ms, type Ms } from '../core/units.ts'
import { encodeHistogram, newHistogram, noCounts, recordLatency, type BucketRecord, type Counts } from '../record/buckets.ts'
import type { Direction } from '../protocols/codec.ts'
import type { HeldTimes, TargetFigures, TargetGauges } from './plane.ts'

/** Upper bounds of the cells in which the time that chunks were held back is counted. */
const HELD_BOUNDS: readonly Ms[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000].map(ms)

/** Finished buckets that wait to be taken; past it the oldest go. */
const FINISHED_MAX = 10_000

/**
 * Passive figures of one target. An exchange opens with the first bytes to the server after bytes to the client (or at the
 * start) and is answered by the next byte to the client: its latency is the time to first byte. What is still open when its
 * connection is reset counts as an error, and so does a dial that failed.
 */
export class Meter {
  #connections = 0
  accepted = 0
  failedDials = 0
  resets = 0
  bytesToServer = 0
  bytesToClient = 0
  /** As read, whether or not they were passed on. */
  bytesFromClient = 0
  bytesFromServer = 0
  readonly #held = { counts: [...HELD_BOUNDS, 0].map(() => 0), sum: 0 }
  readonly #name: string
  readonly #told: ((connections: number) => void) | undefined
  /** From the first cut on: without buckets nobody asks for it. */
  #histogram: Histogram | undefined
  readonly #finished: BucketRecord[] = []
  #counts: Counts = noCounts()
  #start = 0
  #width = Number.POSITIVE_INFINITY
  #end = Number.POSITIVE_INFINITY
  #before: TargetGauges

  /** `told` hears of every change in the number of connections. */
  constructor(name: string, told?: (connections: number) => void) {
    this.#name = name
    this.#told = told
    this.#before = this.gauges()
  }

  get connections(): number { return this.#connections }

  opened(): void { this.#told?.(++this.#connections) }

  closed(): void { this.#told?.(--this.#connections) }

  arrived(direction: Direction, size: number): void {
    if (direction === 'to-server') this.bytesFromClient += size
    else this.bytesFromServer += size
  }

  heldBack(duration: Ms): void {
    const cell = HELD_BOUNDS.findIndex((bound) => duration <= bound)
    const { counts } = this.#held
    const at = cell < 0 ? HELD_BOUNDS.length : cell
    counts[at] = (counts[at] ?? 0) + 1
    this.#held.sum += duration
  }

  /** Begins to cut buckets: bucket i covers [origin + i width, …). What was counted before is in the totals only. */
  cut(origin: Ms, width: Ms): void {
    this.#start = origin
    this.#width = width
    this.#end = origin + width
    this.#counts = noCounts()
    this.#histogram = newHistogram()
    this.#before = this.gauges()
    this.#finished.length = 0
  }

  exchangeOpened(now: Ms): void {
    if (now >= this.#end) this.#roll(now)
    this.#counts.offered++
  }

  exchangeAnswered(openedAt: Ms, now: Ms): void {
    if (now >= this.#end) this.#roll(now)
    this.#counts.ok++
    if (this.#histogram) recordLatency(this.#histogram, ms(now - openedAt))
  }

  exchangeFailed(now: Ms): void {
    if (now >= this.#end) this.#roll(now)
    this.#counts.error++
  }

  gauges(): TargetGauges {
    const { connections, accepted, failedDials, resets, bytesToServer, bytesToClient } = this
    return { connections, accepted, failedDials, resets, bytesToServer, bytesToClient }
  }

  figures(): TargetFigures {
    const held: HeldTimes = { bounds: HELD_BOUNDS, counts: [...this.#held.counts], sum: ms(this.#held.sum) }
    return { ...this.gauges(), bytesFromClient: this.bytesFromClient, bytesFromServer: this.bytesFromServer, held }
  }

  /** The buckets that have ended by `now` and were not taken yet. */
  take(now: Ms): readonly BucketRecord[] {
    if (now >= this.#end) this.#roll(now)
    return this.#finished.splice(0)
  }

  #roll(now: Ms): void {
    const histogram = this.#histogram
    while (now >= this.#end) {
      const latency = histogram && histogram.totalCount > 0 ? { latency: encodeHistogram(histogram) } : {}
      const gauges = this.gauges()
      this.#finished.push({
        source: 'target', name: this.#name, start: ms(this.#start), width: ms(this.#width), counts: this.#counts, ...latency,
        extra: {
          connections: gauges.connections,
          attempts: gauges.accepted - this.#before.accepted,
          failed_dials: gauges.failedDials - this.#before.failedDials,
          resets: gauges.resets - this.#before.resets,
          bytes_to_server: gauges.bytesToServer - this.#before.bytesToServer,
          bytes_to_client: gauges.bytesToClient - this.#before.bytesToClient,
        },
      })
      if (this.#finished.length > FINISHED_MAX) this.#finished.shift()
      this.#before = gauges
      this.#counts = noCounts()
      if (histogram && histogram.totalCount > 0) histogram.reset()
      this.#start = this.#end
      this.#end += this.#width
    }
  }
}
