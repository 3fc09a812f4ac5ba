/** The buckets of one load while it runs, and its figures over the whole run. Pure: told what happened and when. */

import type { Histogram } from 'hdr-histogram-js'
import { ms, type Ms } from '../core/units.ts'
import { encodeHistogram, newHistogram, noCounts, quantile, recordLatency, type BucketRecord, type Counts } from '../record/buckets.ts'
import type { Detail } from './merge.ts'

type Measured = 'response' | 'service' | 'lateness' | 'setup'
interface Bucket { readonly counts: Counts; readonly histograms: Partial<Record<Measured, Histogram>>; readonly extra: Record<string, number> }
const emptyBucket = (): Bucket => ({ counts: noCounts(), histograms: {}, extra: {} })
/** What is counted of connections that are told of one by one. */
const COUNTERS = ['reconnects', 'messages', 'messages_lost', 'messages_doubled'] as const
export type Counter = (typeof COUNTERS)[number]

/** Why operations failed is kept by reason up to this many; the rest counts as `other`. */
const ERRORS_MAX = 20
const OUTCOMES = ['ok', 'error', 'timeout', 'indeterminate', 'dropped'] as const satisfies readonly (keyof Counts)[]

export interface TallyOptions {
  readonly name: string
  readonly origin: Ms
  readonly width: Ms
  /** The first bucket is the one that holds it. */
  readonly begin: Ms
  /** What happened before is in buckets but in no figure of the whole run: the warm-up. From `begin` on unless given. */
  readonly measuredFrom?: Ms | undefined
  emit(bucket: BucketRecord, detail: Detail): void
  /** Another makes a part of the load too: details are told. */
  readonly shared?: boolean | undefined
  /** So many widths after its end a bucket is told; one unless given. */
  readonly grace?: number | undefined
}

export class Tally {
  readonly #options: TallyOptions
  /** Those not yet sent, without gaps, oldest first; a histogram is made when something is recorded. */
  readonly #open: Bucket[] = []
  readonly #spare: Histogram[] = []
  readonly #run = { service: newHistogram(), lateness: newHistogram() }
  readonly #totals = noCounts()
  readonly #errors = new Map<string, number>()
  readonly #closes = new Map<string, number>()
  /** Index of the oldest open bucket. */
  #first: number
  #underWay = 0
  #sent = 0
  /** Connections that stand; undefined where they are not told of. */
  #standing: number | undefined

  constructor(options: TallyOptions) {
    this.#options = options
    this.#first = this.#index(options.begin)
  }

  get totals(): Readonly<Counts> { return this.#totals }
  get sent(): number { return this.#sent }
  get errors(): Readonly<Record<string, number>> { return Object.fromEntries(this.#errors) }
  /** How often which close code ended a connection that stood. */
  get closes(): Readonly<Record<string, number>> { return Object.fromEntries(this.#closes) }
  get serviceP99(): Ms | undefined { return quantile(this.#run.service, 0.99) }
  get latenessP99(): Ms | undefined { return quantile(this.#run.lateness, 0.99) }

  /** Whether the figures of the whole run begin by then. */
  measures(at: Ms): boolean { return at >= (this.#options.measuredFrom ?? this.#options.begin) }

  /** An operation was due. */
  offered(due: Ms): void { this.#count(due, 'offered') }

  /** It was sent at `at`, `lateness` after it was due, where that is known. */
  sending(at: Ms, lateness: Ms | undefined): void {
    if (this.measures(at)) this.#sent++
    if (lateness !== undefined) this.#record(this.#bucket(at), 'lateness', lateness)
  }

  /** It was never sent. */
  dropped(due: Ms): void { this.#count(due, 'dropped') }

  /** It was answered at `at`; `response` is since it was due, `service` since it was sent. */
  ok(at: Ms, response: Ms, service: Ms): void { this.#timed(at, 'ok', response, service) }

  /** It became late at `at`, or would have; `timeout` is the value it counts with. */
  late(at: Ms, timeout: Ms, service: Ms, reason?: string): void {
    this.#timed(at, 'timeout', timeout, service)
    if (reason !== undefined) this.#reason(at, reason)
  }

  error(at: Ms, reason: string): void {
    this.#count(at, 'error')
    this.#reason(at, reason)
  }

  /** Something came of the system's own accord, and is known of only now. */
  came(at: Ms): void {
    this.#count(at, 'offered')
    this.#count(at, 'ok')
    this.add(at, 'messages')
  }

  /** The same, of `count` that did not come or that went wrong. */
  wanting(at: Ms, reason: string, count = 1): void {
    this.#count(at, 'offered', count)
    this.#count(at, 'error', count)
    this.#reason(at, reason, count)
  }

  add(at: Ms, counter: Counter, count = 1): void { more(this.#bucket(at), counter, count) }

  /** A connection opened at `at`, `took` after it was meant to be begun; or it did not in that time, which counts the same. */
  setUp(at: Ms, took: Ms): void { this.#record(this.#bucket(at), 'setup', took) }

  /** Connections will be told of one by one: none stands yet, and nothing has come. */
  keepConnections(): void { this.#standing = 0 }

  /** One connection more stands, or one fewer, for the reason `code`. */
  stands(at: Ms, change: 1 | -1, code?: string): void {
    more(this.#bucket(at), 'connections', change)
    if (code !== undefined && this.measures(at)) add(this.#closes, code)
  }

  /** Nobody will know: it was still under way at the end. */
  indeterminate(at: Ms): void { this.#count(at, 'indeterminate') }

  /** Over the whole run, as far as it is told. */
  get detail(): Detail { return { service: encodeHistogram(this.#run.service), lateness: encodeHistogram(this.#run.lateness) } }

  /** When the oldest open bucket is to be sent: its grace after its end. */
  get flushAt(): Ms { return this.#start(this.#first + 1 + (this.#options.grace ?? 1)) }

  /** Sends every bucket whose grace is over at `now`. */
  flush(now: Ms): void {
    while (this.flushAt <= now) this.#send()
  }

  /** Sends what is left, up to the bucket of `now`. */
  finish(now: Ms): void {
    const last = Math.max(this.#index(now), this.#first + this.#open.length - 1)
    while (this.#first <= last) this.#send()
  }

  #index(at: Ms): number { return Math.floor((at - this.#options.origin) / this.#options.width) }
  #start(index: number): Ms { return ms(this.#options.origin + index * this.#options.width) }

  /** The bucket of `at`; the oldest open one for what comes after its own was sent, so that the sums hold. */
  #bucket(at: Ms): Bucket {
    const place = Math.max(0, this.#index(at) - this.#first)
    for (;;) {
      const bucket = this.#open[place]
      if (bucket) return bucket
      this.#open.push(emptyBucket())
    }
  }

  #count(at: Ms, what: keyof Counts, count = 1): Bucket {
    const bucket = this.#bucket(at)
    bucket.counts[what] += count
    if (this.measures(at)) this.#totals[what] += count
    return bucket
  }

  #reason(at: Ms, reason: string, count = 1): void { if (this.measures(at)) add(this.#errors, reason, count) }

  #timed(at: Ms, outcome: 'ok' | 'timeout', response: Ms, service: Ms): void {
    const bucket = this.#count(at, outcome)
    this.#record(bucket, 'response', response)
    this.#record(bucket, 'service', service)
  }

  #record({ histograms }: Bucket, measured: Measured, value: Ms): void {
    histograms[measured] ??= this.#spare.pop() ?? newHistogram()
    recordLatency(histograms[measured], value)
  }

  #send(): void {
    const { counts, histograms: { response, service, lateness, setup }, extra: { connections = 0, ...added } } = this.#open.shift() ?? emptyBucket()
    this.#underWay += counts.offered - OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0)
    const extra: Record<string, number> = { in_flight: this.#underWay }
    if (this.#standing !== undefined) {
      extra['connections'] = this.#standing += connections
      for (const counter of COUNTERS) extra[counter] = added[counter] ?? 0
    }
    for (const [name, histogram, whole] of [['service_p99', service, this.#run.service], ['lateness_p99', lateness, this.#run.lateness]] as const) {
      if (!histogram) continue
      extra[name] = quantile(histogram, 0.99) ?? 0
      if (this.measures(this.#start(this.#first))) whole.add(histogram)
    }
    const { name, width, emit, shared } = this.#options
    const encoded = { ...(response ? { latency: encodeHistogram(response) } : {}), ...(setup ? { setup: encodeHistogram(setup) } : {}) }
    emit({ source: 'load', name, start: this.#start(this.#first), width, counts, ...encoded, extra }, shared ? { ...(service ? { service: encodeHistogram(service) } : {}), ...(lateness ? { lateness: encodeHistogram(lateness) } : {}) } : {})
    this.#first++
    for (const histogram of [response, service, lateness, setup]) if (histogram) { histogram.reset(); this.#spare.push(histogram) }
  }
}

function add(to: Map<string, number>, reason: string, count = 1): void {
  const known = to.has(reason) || to.size < ERRORS_MAX ? reason : 'other'
  to.set(known, (to.get(known) ?? 0) + count)
}

function more({ extra }: Bucket, what: string, count: number): void { extra[what] = (extra[what] ?? 0) + count }
