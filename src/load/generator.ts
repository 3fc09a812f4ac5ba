/** Every load of a run, in the generator's process: one client, schedule and tally each, one clock for all. */

import { coarseClock, realClock, sleep, type Clock } from '../core/clock.ts'
import { assertNever, ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { Client } from './client.ts'
import { Driver } from './driver.ts'
import { openHttp } from './http.ts'
import { openJourney } from './journey.ts'
import { openPostgres } from './postgres.ts'
import { openRedis } from './redis.ts'
import { scheduleOf } from './schedule.ts'
import type { LoadSpec } from './spec.ts'
import { Tally } from './tally.ts'
import { judgeLoad, type LoadVerdict } from './verdict.ts'
import { openWebSockets } from './websocket.ts'
import type { Orders } from './wire.ts'

/** Up to this many operations a second in all, each is sent to a tenth of a millisecond, for at most a quarter of a core; beyond, to about one millisecond. */
const EXACT_MAX = 200
/** Connections that do not stand by then are made while the load runs. */
const OPEN_MAX: Ms = ms(3000)
/** What is in flight at the end is waited for this long at most. */
const PATIENCE: Ms = ms(2000)

interface Load { readonly spec: LoadSpec; readonly client: Client }

export class Generator {
  readonly #orders: Orders
  readonly #loads: readonly Load[]
  readonly #clock: Clock
  readonly #emit: (bucket: BucketRecord) => void
  #drivers: readonly Driver[] = []
  #begun = { at: ms(0), cpu: process.cpuUsage() }

  private constructor(orders: Orders, loads: readonly Load[], clock: Clock, emit: (bucket: BucketRecord) => void) {
    this.#orders = orders
    this.#loads = loads
    this.#emit = emit
    this.#clock = clock
  }

  static async open(orders: Orders, emit: (bucket: BucketRecord) => void): Promise<Generator> {
    const clock = orders.specs.reduce((sum, { rate }) => sum + rate, 0) <= EXACT_MAX ? realClock : coarseClock
    const loads = orders.specs.map((spec): Load => ({ spec, client: openClient(spec, clock) }))
    await Promise.race([Promise.all(loads.map(({ client }) => client.opened)), sleep(OPEN_MAX)])
    return new Generator(orders, loads, clock, emit)
  }

  /** All loads begin at the next edge of a bucket. */
  begin(): Ms {
    const { origin, width, seed } = this.#orders
    const begin = ms(origin + Math.ceil((this.#clock.now() - origin) / width) * width)
    this.#drivers = this.#loads.map(({ spec, client }) => {
      const tally = new Tally({ name: spec.name, origin, width, begin, emit: this.#emit })
      client.begin?.({ at: begin, tally, clock: this.#clock, seed })
      return new Driver({ spec, client, clock: this.#clock, schedule: scheduleOf(spec.name, spec.rate, begin, seed), tally })
    })
    this.#begun = { at: this.#clock.now(), cpu: process.cpuUsage() }
    for (const driver of this.#drivers) driver.begin()
    return begin
  }

  async stop(): Promise<readonly LoadVerdict[]> {
    const { user, system } = process.cpuUsage(this.#begun.cpu)
    const cpu = (user + system) / 1000 / Math.max(1, this.#clock.now() - this.#begun.at)
    await Promise.all(this.#drivers.map((driver) => driver.stop(PATIENCE)))
    await Promise.all(this.#loads.map(({ client }) => client.close()))
    return this.#drivers.map((driver) => judgeLoad(driver.figures(cpu)))
  }
}

function openClient(spec: LoadSpec, clock: Clock): Client {
  const { send } = spec
  switch (send.kind) {
    case 'http': return openHttp(spec, send)
    case 'journey': return openJourney(spec, send, clock)
    case 'redis': return openRedis(spec, send)
    case 'postgres': return openPostgres(spec, send)
    case 'websocket': return openWebSockets(spec, send)
    default: return assertNever(send)
  }
}
