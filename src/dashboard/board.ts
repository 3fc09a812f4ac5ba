/** All that the page knows: it is fed by the stream, and tells its parts, once a frame at the most, what has changed. */

import type { ResourceTick, Status, Tick } from '../control/contract.ts'
import type { JournalEvent } from '../record/events.ts'
import { wallNow } from './clock.ts'
import { Log } from './log.ts'
import { METRICS, Series, type Metric } from './rings.ts'
import { Spans } from './spans.ts'

/** What parts of the page may want to hear of. */
export type Topic = 'ticks' | 'resources' | 'status' | 'log' | 'link' | 'view'
/** How the page hears of brownout. `refused`: the token is none, or missing. */
export type Link = { readonly kind: 'connecting' | 'live' | 'refused' } | { readonly kind: 'offline'; readonly why: string; readonly until: number }

/** A second is shown as it was a little ago: buckets are made when they are over. */
const RESOURCES_MAX = 24
const NAMES_MAX = 64

export class Board {
  status: Status | undefined
  link: Link = { kind: 'connecting' }
  /** The end of the newest bucket, in ms since 1970 by brownout's clock; 0 before the first. */
  now = 0
  readonly log = new Log()
  readonly spans = new Spans()
  readonly #targets = new Map<string, Series>()
  readonly #last = new Map<string, Tick>()
  readonly #resources = new Map<string, Series>()
  readonly #lastResources = new Map<string, ResourceTick>()
  readonly #hearers = new Map<Topic, Set<() => void>>()
  readonly #changed = new Set<Topic>()
  readonly #frame: (draw: () => void) => void
  #waiting = false

  readonly #local: () => number
  /** When the newest bucket came, by the clock of the page. */
  #heard = 0

  /** `frame` calls once, when the page is drawn next. */
  constructor(frame: (draw: () => void) => void, local: () => number = wallNow) {
    this.#frame = frame
    this.#local = local
  }

  /** What time it is for brownout: buckets come a little late, and without targets there are none. */
  clock(): number { return this.now === 0 ? this.#local() : this.now + this.#local() - this.#heard }

  ticks(ticks: readonly Tick[]): void {
    for (const tick of ticks) {
      const { target, at, width } = tick
      let series = this.#targets.get(target)
      if (!series) {
        if (this.#targets.size >= NAMES_MAX) continue
        series = new Series(METRICS)
        this.#targets.set(target, series)
      }
      series.hear(at, width, rowOf(tick))
      if (at >= (this.#last.get(target)?.at ?? 0)) this.#last.set(target, tick)
      this.now = Math.max(this.now, at + width)
    }
    this.#heard = this.#local()
    this.tell('ticks')
  }

  resources(ticks: readonly ResourceTick[]): void {
    for (const tick of ticks) {
      let series = this.#resources.get(tick.name)
      if (!series) {
        if (this.#resources.size >= NAMES_MAX) continue
        series = new Series([], RESOURCES_MAX)
        this.#resources.set(tick.name, series)
      }
      series.hear(tick.at, tick.width, tick.values)
      this.#lastResources.set(tick.name, tick)
      this.now = Math.max(this.now, tick.at + tick.width)
    }
    this.tell('resources')
  }

  events(events: readonly JournalEvent[]): void {
    for (const event of events) if (this.log.hear(event)) this.spans.hear(event)
    this.tell('log')
    this.tell('ticks')
  }

  /** Another process than before begins with nothing. `after`: it was asked for when all events until then were known. */
  heardStatus(status: Status, after = false): void {
    if (this.status && (this.status.pid !== status.pid || this.status.since !== status.since)) this.#forget()
    this.status = status
    this.spans.agree(status.injections, this.clock(), after)
    this.tell('status')
    this.tell('ticks')
  }

  linked(link: Link): void {
    this.link = link
    this.tell('link')
  }

  seriesOf(target: string): Series | undefined { return this.#targets.get(target) }
  lastOf(target: string): Tick | undefined { return this.#last.get(target) }

  /** As `lastOf`, calmer. */
  recentOf(target: string): Tick | undefined {
    const last = this.#last.get(target)
    const series = this.#targets.get(target)
    if (!last || !series) return undefined
    const values = series.recent(this.now, CALMED)
    return { ...last, ...Object.fromEntries(CALMED.map((metric, i) => [metric, values[i] ?? last[metric]])) }
  }

  get resourceNames(): readonly string[] { return [...this.#resources.keys()] }
  resourcesOf(name: string): Series | undefined { return this.#resources.get(name) }
  lastResourcesOf(name: string): ResourceTick | undefined { return this.#lastResources.get(name) }

  /** The answer ends it. */
  on(topic: Topic, hear: () => void): () => void {
    const own = this.#hearers.get(topic) ?? new Set()
    this.#hearers.set(topic, own.add(hear))
    return () => { own.delete(hear) }
  }

  tell(topic: Topic): void {
    this.#changed.add(topic)
    if (this.#waiting) return
    this.#waiting = true
    this.#frame(() => {
      this.#waiting = false
      const topics = [...this.#changed]
      this.#changed.clear()
      for (const one of topics) for (const hear of [...(this.#hearers.get(one) ?? [])]) hear()
    })
  }

  #forget(): void {
    this.#targets.clear()
    this.#last.clear()
    this.#resources.clear()
    this.#lastResources.clear()
    this.spans.clear()
    this.log.clear()
    this.now = 0
  }
}

/** What people read as a number. */
const CALMED = ['rate', 'errors', 'success', 'p95', 'hitRatio', 'messages', 'setupP95'] as const satisfies readonly Metric[]

const rowOf = (tick: Tick): Readonly<Record<string, number | null>> => Object.fromEntries(METRICS.map((metric) => [metric, tick[metric]]))
