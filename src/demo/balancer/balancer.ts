/** Instances, what is passed on to them, and how many there are to be. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { coarseClock, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { answered, type Page, Refused } from '../pages.ts'
import { Fleet, type FleetOptions } from './fleet.ts'
import { type Forwarding, forwarding } from './forward.ts'
import { type Bounds, decide, type Standing } from './scale.ts'

export interface BalancerOptions extends Bounds, Omit<FleetOptions, 'wanted' | 'onChange'> {}

interface Decided { readonly atSeconds: number; readonly from: number; readonly to: number; readonly why: string }

const LOOK_EVERY: Ms = ms(1000)
const DECISIONS_KEPT = 50

export class Balancer {
  readonly request: RequestListener
  readonly upgrade: Forwarding['upgrade']
  readonly #options: BalancerOptions
  readonly #fleet: Fleet
  readonly #forwarding: Forwarding
  readonly #began = coarseClock.now()
  readonly #decisions: Decided[] = []
  #standing: Standing = {}
  #p95: number | undefined
  #rate = 0
  #timer: Timer | undefined

  constructor(options: BalancerOptions) {
    const { min, log } = options
    this.#options = options
    this.#fleet = new Fleet({ ...options, wanted: min })
    this.#forwarding = forwarding(this.#fleet, log)
    const own = answered((request) => this.#page(request), 503, log)
    this.request = (request, response) => (isOwn(request) ? own : this.#forwarding.request)(request, response as ServerResponse<IncomingMessage> & { req: IncomingMessage })
    this.upgrade = this.#forwarding.upgrade
  }

  /** Resolves at once: whether anybody serves GET /healthz says. */
  async begin(): Promise<void> {
    this.#fleet.begin()
    this.#look()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#fleet.stop()
  }

  close(): void {
    this.#fleet.close()
    this.#options.watchdog.close()
  }

  async #page({ url }: IncomingMessage): Promise<Page> {
    const { instances } = this.#fleet
    const serving = instances.filter(({ state }) => state === 'serving').length
    if (url === '/healthz') return { status: serving > 0 ? 200 : 503, body: { ready: serving > 0, serving, wanted: this.#fleet.wanted } }
    if (url !== '/balancer') throw new Refused(404, 'there is no such page')
    const { min, max } = this.#options
    const { retries, failures } = this.#forwarding
    const sum = (of: 'inFlight' | 'sockets'): number => instances.reduce((all, instance) => all + instance[of], 0)
    return { status: 200, body: { min, max, wanted: this.#fleet.wanted, serving, lost: this.#fleet.lost, inFlight: sum('inFlight'), sockets: sum('sockets'), rate: this.#rate, p95Ms: this.#p95 ?? null, retries, failures, instances, decisions: this.#decisions } }
  }

  #look(): void {
    this.#timer = coarseClock.at(ms(coarseClock.now() + LOOK_EVERY), () => {
      const now = coarseClock.now()
      const taken = this.#forwarding.taken()
      this.#rate = taken.length
      this.#p95 = quantile(taken, 0.95)
      for (const instance of this.#fleet.instances) instance.use = instance.usage.look(now)
      this.#scale(now)
      this.#look()
    })
  }

  #scale(now: Ms): void {
    const { instances, settled } = this.#fleet
    const uses = instances.flatMap(({ use }) => (use === undefined ? [] : [use]))
    // While one comes or goes what is measured says nothing of how it will be.
    if (!settled || uses.length < instances.length) {
      this.#standing = { restUntil: this.#standing.restUntil }
      return
    }
    const seen = { now, instances: instances.length, use: uses.reduce((sum, use) => sum + use, 0) / uses.length }
    const { instances: to, standing, why } = decide(this.#standing, seen, this.#options)
    this.#standing = standing
    if (why === undefined) return
    const told = `${why}; p95 ${this.#p95 === undefined ? 'unknown' : `${Math.round(this.#p95)} ms`}, ${this.#rate}/s`
    this.#options.log(`${seen.instances} to ${to} instances: ${told}`)
    this.#decisions.push({ atSeconds: Math.round((now - this.#began) / 100) / 10, from: seen.instances, to, why: told })
    if (this.#decisions.length > DECISIONS_KEPT) this.#decisions.shift()
    this.#fleet.want(to)
  }
}

const isOwn = ({ url }: IncomingMessage): boolean => url === '/healthz' || url === '/balancer'

function quantile(values: readonly number[], q: number): number | undefined {
  const sorted = Float64Array.from(values).sort()
  const value = sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
  return value === undefined ? undefined : Math.round(10 * value) / 10
}
