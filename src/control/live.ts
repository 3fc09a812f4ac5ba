/** Live figures: the buckets of a journal as they are written, made into what a screen shows. Bounded, however long it runs. */

import { realClock, wallOf, type Clock, type Timer } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { JournalEvent } from '../record/events.ts'
import type { FiguresRecord } from '../record/figures.ts'
import { bucketFigure } from '../report/figures.ts'
import { foldRun } from '../report/fold.ts'
import type { ResourceTick, Tick } from './contract.ts'

/** What belongs together comes within this. */
const GATHER: Ms = ms(40)
/** Ticks as they came, for so long; joined to one for COARSE, for an hour. */
const FINE_MS = 300_000
const COARSE_MS = 10_000
const HOUR_MS = 3_600_000
const RESOURCE_PREFIX = 'server_'

export interface LiveOptions {
  readonly clock?: Clock
  ticks(ticks: readonly Tick[]): void
  resources(resources: readonly ResourceTick[]): void
}

export class Live {
  readonly #options: LiveOptions
  readonly #clock: Clock
  readonly #last = new Map<string, Tick>()
  #gathered: JournalEvent[] = []
  #timer: Timer | undefined
  #fine: Tick[] = []
  #coarse: Tick[] = []

  constructor(options: LiveOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
  }

  hear(event: JournalEvent): void {
    if (event.kind !== 'bucket' && event.kind !== 'figures') return
    this.#gathered.push(event)
    this.#timer ??= this.#clock.at(ms(this.#clock.now() + GATHER), () => this.#turn())
  }

  last(target: string): Tick | undefined { return this.#last.get(target) }

  /** The older ones first. */
  ticks(): readonly Tick[] { return [...this.#coarse, ...this.#fine] }

  close(): void { this.#timer?.cancel() }

  #turn(): void {
    this.#timer = undefined
    const events = this.#gathered
    this.#gathered = []
    const ticks = ticksOf(events)
    const resources = resourcesOf(events)
    for (const tick of ticks) this.#last.set(tick.target, tick)
    this.#keep(ticks)
    if (ticks.length > 0) this.#options.ticks(ticks)
    if (resources.length > 0) this.#options.resources(resources)
  }

  #keep(ticks: readonly Tick[]): void {
    this.#fine.push(...ticks)
    const now = wallOf(this.#clock.now())
    // What is older is joined by whole stretches, so that none is joined twice.
    const edge = Math.floor((now - FINE_MS) / COARSE_MS) * COARSE_MS
    if ((this.#fine[0]?.at ?? now) >= edge - COARSE_MS) return
    const old = this.#fine.filter(({ at }) => at < edge)
    this.#fine = this.#fine.filter(({ at }) => at >= edge)
    this.#coarse = [...this.#coarse, ...joined(old)].filter(({ at }) => at >= now - HOUR_MS)
  }
}

/** A tick for each target and bucket of which these events tell. */
export function ticksOf(events: readonly JournalEvent[]): readonly Tick[] {
  const { signals, figures } = foldRun(events)
  return signals.filter(({ source }) => source === 'target').flatMap(({ name, buckets }) => {
    const starts = grouped(buckets.filter(({ extra = {} }) => !Object.keys(extra).some((key) => key.startsWith(RESOURCE_PREFIX))), ({ start }) => start)
    return [...starts.values()].map((some) => tickOf(name, some, figures.filter((one) => one.target === name && one.start === some[0]?.start)))
  })
}

function tickOf(target: string, buckets: readonly BucketRecord[], figures: readonly FiguresRecord[]): Tick {
  const [{ start, width } = { start: ms(0), width: ms(1) }] = buckets
  const of = (metric: string): number | null => bucketFigure(buckets, metric) ?? null
  const each = (metric: string): number => ((of(metric) ?? 0) * 1000) / width
  const errors = of('errors')
  const heard = buckets.some(({ counts }) => counts.offered + counts.ok + counts.error + counts.timeout > 0)
  return {
    target, at: wallOf(start), width,
    rate: heard || figures.length > 0 ? of('rate') : null, errors: errors === null ? null : (errors * 1000) / width, success: of('success'),
    p50: of('p50'), p95: of('p95'), p99: of('p99'),
    connections: of('connections') ?? 0, accepted: of('attempts') ?? 0, inFlight: of('in_flight'), hitRatio: of('hit_ratio'),
    held: figures.length > 0 ? (figures.flatMap(({ parts }) => parts).reduce((sum, { heldMs = 0 }) => sum + heldMs, 0) * 1000) / width : null,
    bytesToServer: each('bytes_to_server'), bytesToClient: each('bytes_to_client'), resets: of('resets') ?? 0, failedDials: of('failed_dials') ?? 0,
    setupP95: of('setup_p95'), messages: of('messages') === null ? null : each('messages'),
  }
}

/** Of apps, and of servers that can be asked. */
export const resourcesOf = (events: readonly JournalEvent[]): readonly ResourceTick[] => events.flatMap((event) => {
  if (event.kind !== 'bucket') return []
  const { source, name, start, width, extra = {} } = event.bucket
  const values = Object.entries(extra).filter(([key]) => source === 'app' || key.startsWith(RESOURCE_PREFIX))
  return values.length > 0 ? [{ name, at: wallOf(start), width, values: Object.fromEntries(values) }] : []
})

function grouped<T>(all: readonly T[], key: (one: T) => string | number): ReadonlyMap<string | number, readonly T[]> {
  const groups = new Map<string | number, T[]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group) group.push(one)
    else groups.set(key(one), [one])
  }
  return groups
}

/** One for each target and stretch: rates are means, times and counts the highest, the share that succeeded the lowest. */
export function joined(ticks: readonly Tick[]): readonly Tick[] {
  const stretches = grouped(ticks, ({ target, at }) => `${Math.floor(at / COARSE_MS)} ${target}`)
  return [...stretches.values()].map((some): Tick => {
    const known = (of: (tick: Tick) => number | null): number[] => some.flatMap((tick) => of(tick) ?? [])
    const mean = (of: (tick: Tick) => number | null): number | null => (known(of).length > 0 ? known(of).reduce((a, b) => a + b, 0) / known(of).length : null)
    const most = (of: (tick: Tick) => number | null): number | null => (known(of).length > 0 ? Math.max(...known(of)) : null)
    const sum = (of: (tick: Tick) => number): number => some.reduce((all, tick) => all + of(tick), 0)
    const success = known((tick) => tick.success)
    return {
      target: some[0]?.target ?? '', at: Math.floor((some[0]?.at ?? 0) / COARSE_MS) * COARSE_MS, width: COARSE_MS,
      rate: mean((tick) => tick.rate), errors: mean((tick) => tick.errors), success: success.length > 0 ? Math.min(...success) : null,
      p50: most((tick) => tick.p50), p95: most((tick) => tick.p95), p99: most((tick) => tick.p99),
      connections: most((tick) => tick.connections) ?? 0, accepted: sum((tick) => tick.accepted), inFlight: most((tick) => tick.inFlight), hitRatio: mean((tick) => tick.hitRatio),
      held: mean((tick) => tick.held), bytesToServer: mean((tick) => tick.bytesToServer) ?? 0, bytesToClient: mean((tick) => tick.bytesToClient) ?? 0,
      resets: sum((tick) => tick.resets), failedDials: sum((tick) => tick.failedDials), setupP95: most((tick) => tick.setupP95), messages: mean((tick) => tick.messages),
    }
  })
}
