/** The loads of a run, or one process's share of them: one client, arrivals and tally each, one clock for all. */

import { coarseClock, realClock, sleep, type Clock } from '../core/clock.ts'
import { randomAt } from '../core/random.ts'
import { assertNever, ms, type Ms } from '../core/units.ts'
import { arrivalsOf, type Share } from './arrivals.ts'
import type { Client } from './client.ts'
import { openData, type Data, type DataSource } from './data.ts'
import { Driver } from './driver.ts'
import { openHttp } from './http.ts'
import { openJourney, openJourneys } from './journey.ts'
import type { Part, PartFigures } from './merge.ts'
import { openPostgres } from './postgres.ts'
import { openPrograms } from './programs.ts'
import { openRedis } from './redis.ts'
import type { LoadSpec } from './spec.ts'
import { Tally } from './tally.ts'
import { openWebSockets } from './websocket.ts'
import type { Orders } from './wire.ts'

/** Up to this many operations a second in all, each is sent to a tenth of a millisecond, for at most a quarter of a core; beyond, to about one millisecond. */
const EXACT_MAX = 200
/** Connections that do not stand by then are made while the load runs. */
const OPEN_MAX: Ms = ms(3000)
/** What is in flight at the end is waited for this long at most. */
const PATIENCE: Ms = ms(2000)

/** `spec` as far as it is this process's. */
interface Load { readonly spec: LoadSpec; readonly share: Share; readonly client: Client }
type Emit = (part: Part) => void

export class Generator {
  readonly #orders: Orders
  readonly #loads: readonly Load[]
  readonly #clock: Clock
  readonly #emit: Emit
  #drivers: readonly Driver[] = []
  #begun = { at: ms(0), cpu: process.cpuUsage() }

  private constructor(orders: Orders, loads: readonly Load[], clock: Clock, emit: Emit) {
    this.#orders = orders
    this.#loads = loads
    this.#emit = emit
    this.#clock = clock
  }

  static async open(orders: Orders, emit: Emit): Promise<Generator> {
    const clock = orders.specs.reduce((sum, spec) => sum + busyOf(spec), 0) <= EXACT_MAX ? realClock : coarseClock
    const data = openData(Object.assign({}, ...orders.specs.map((spec) => spec.data ?? {})) as Record<string, DataSource>, orders.seed)
    const loads = orders.specs.map((whole): Load => {
      const share = { index: orders.process, of: whole.processes ?? 1 }
      const spec = sharedSpec(whole, share)
      return { spec, share, client: openClient(spec, { clock, share, data, seed: orders.seed }) }
    })
    await Promise.race([Promise.all(loads.map(({ client }) => client.opened)), sleep(OPEN_MAX)])
    return new Generator(orders, loads, clock, emit)
  }

  /** All loads begin at `at`, the edge of a bucket. */
  begin(at: Ms): void {
    const { origin, width, seed, warmup } = this.#orders
    this.#drivers = this.#loads.map(({ spec, share, client }) => {
      const tally = new Tally({ name: spec.name, origin, width, begin: at, measuredFrom: ms(at + warmup), emit: (bucket, detail) => this.#emit({ bucket, detail }), shared: share.of > 1 })
      client.begin?.({ at, tally, clock: this.#clock, seed })
      return new Driver({ spec, client, clock: this.#clock, arrivals: arrivalsOf({ spec, begin: at, warmup, seed, share }), tally })
    })
    this.#begun = { at: this.#clock.now(), cpu: process.cpuUsage() }
    for (const driver of this.#drivers) driver.begin()
  }

  async stop(): Promise<readonly PartFigures[]> {
    const { user, system } = process.cpuUsage(this.#begun.cpu)
    const cpu = (user + system) / 1000 / Math.max(1, this.#clock.now() - this.#begun.at)
    await Promise.all(this.#drivers.map((driver) => driver.stop(PATIENCE)))
    await Promise.all(this.#loads.map(({ client }) => client.close()))
    return this.#drivers.map((driver) => ({ figures: driver.figures(cpu), detail: driver.detail }))
  }
}

/** Operations a second, as far as can be told before. */
const busyOf = ({ rate, users }: LoadSpec): number => rate + (users ? (users.count * 1000) / users.think : 0)

/** Messages of a WebSocket are of the process that keeps it, whose client counts its connections by itself. */
function sharedSpec(spec: LoadSpec, { index, of }: Share): LoadSpec {
  if (of === 1) return spec
  const { connections, inFlightMax, send } = spec
  return { ...spec, inFlightMax: Math.ceil(inFlightMax / of), ...(send.kind === 'websocket' ? {} : { connections: Math.max(1, Math.floor(connections / of) + (index < connections % of ? 1 : 0)) }) }
}

interface Means { readonly clock: Clock; readonly share: Share; readonly data: Data; readonly seed: number }

function openClient(spec: LoadSpec, { clock, share, data, seed }: Means): Client {
  const { send, name } = spec
  switch (send.kind) {
    case 'http': return openHttp(spec, send, data)
    case 'journey': return openJourney(spec, send, clock, data)
    case 'journeys': return openJourneys(spec, send, clock, data, randomAt(seed, `journeys/${name}`))
    case 'redis': return openRedis(spec, send, data)
    case 'postgres': return openPostgres(spec, send, data)
    case 'websocket': return openWebSockets(spec, send, share, data)
    case 'program': return openPrograms(send)
    case 'driven': throw new TypeError(`${spec.name} is made by ${send.driver}`)
    default: return assertNever(send)
  }
}
