/** Asks the server behind a target how it is, once a second, on a connection of its own that goes past the proxies. */

import { realClock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { timed } from '../probes/deadline.ts'
import { Repeated } from '../probes/repeated.ts'
import { noCounts, type BucketRecord } from '../record/buckets.ts'

/** What a server said. `counters` only grow while it runs; what they gain in a second is told. */
export interface Reading { readonly gauges: Readonly<Record<string, number>>; readonly counters: Readonly<Record<string, number>> }

/** A connection that can be asked. */
export interface Asked {
  /** Rejects when it cannot be read; then it is closed, and another is made in time. */
  read(): Promise<Reading>
  /** At once. Idempotent. */
  close(): void
}

export interface ObserverOptions {
  /** The target's. */
  readonly name: string
  /** Gives up when the signal fires, and leaves no socket then. */
  connect(signal: AbortSignal): Promise<Asked>
  /** Why a failure was one, in a word or two that hold no secret. */
  describe(error: unknown): string
  /** Told once, where the server has never answered: one that did may be down for a while, which is for others to tell. */
  onProblem(text: string): void
  readonly every?: Ms
}

const EVERY: Ms = ms(1000)
const TIMEOUT: Ms = ms(2000)
/** Readings left out after one that failed. */
const REST = 4
/** A reading stands until the next one, and for so many turns at the most. */
const STANDS = 3

export class Observer {
  readonly #options: ObserverOptions
  readonly #every: Ms
  readonly #repeated: Repeated
  #asked: Asked | undefined
  #last: { readonly at: Ms; readonly reading: Reading } | undefined
  #current: { readonly at: Ms; readonly extra: Readonly<Record<string, number>> } | undefined
  #resting = 0
  #told = false
  #closed = false

  /** Asks from now on. */
  constructor(options: ObserverOptions) {
    this.#options = options
    this.#every = options.every ?? EVERY
    this.#repeated = new Repeated(this.#every, () => this.#turn())
  }

  /** What is known now, as a bucket of the target; undefined before the first reading and where the last is old. */
  usage(start: Ms, width: Ms): BucketRecord | undefined {
    const { name } = this.#options
    if (!this.#current || realClock.now() - this.#current.at > STANDS * this.#every) return undefined
    return { source: 'target', name, start, width, counts: noCounts(), extra: this.#current.extra }
  }

  /** Closes the connection at once; resolves when nothing is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#drop()
    await this.#repeated.stop()
    this.#drop()
  }

  async #turn(): Promise<void> {
    if (this.#resting > 0 || this.#closed) return void this.#resting--
    let why: string | undefined
    const { ok, problem } = await timed(TIMEOUT, async (signal) => {
      signal.addEventListener('abort', () => this.#drop(), { once: true })
      try {
        this.#asked ??= await this.#options.connect(signal)
        this.#take(await this.#asked.read())
        return { ok: true }
      } catch (error) {
        why = this.#options.describe(error)
        throw error
      }
    })
    if (ok || this.#closed) return
    this.#drop()
    this.#resting = REST
    this.#last = undefined
    if (this.#told) return
    this.#told = true
    this.#options.onProblem(why ?? problem ?? 'no answer')
  }

  #take(reading: Reading): void {
    const at = realClock.now()
    const before = this.#last
    this.#last = { at, reading }
    this.#told = true
    this.#current = { at, extra: { ...reading.gauges, ...(before ? ratesBetween(before.reading.counters, reading.counters, ms(at - before.at)) : {}) } }
  }

  #drop(): void {
    this.#asked?.close()
    this.#asked = undefined
  }
}

/** What each counter gained a second. None where one went back: the server was started anew. */
export function ratesBetween(before: Reading['counters'], after: Reading['counters'], elapsed: Ms): Readonly<Record<string, number>> {
  const gains = Object.entries(after).flatMap(([metric, value]) => (before[metric] === undefined ? [] : [[metric, ((value - before[metric]) * 1000) / elapsed] as const]))
  return elapsed > 0 && gains.every(([, gain]) => gain >= 0) ? Object.fromEntries(gains) : {}
}
