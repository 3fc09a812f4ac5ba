/** `serve` as something to speak to beside the API of Toxiproxy: over its socket, and under /api/v1. The desk is made when somebody comes. */

import type { Logger } from 'pino'
import { API } from '../admin/control-routes.ts'
import { openSocket, ownsPath, type ControlFetches, type OpenSocket } from '../admin/control-server.ts'
import type { Admin, AdminOptions, Inside } from '../admin/server.ts'
import type { ControlMetricsOptions, Watchable } from '../admin/control-metrics.ts'
import type { AlertSpec } from '../alerts/alert.ts'
import { monotonicNow, wallOf } from '../core/clock.ts'
import { MemoryFeed } from '../control/feed.ts'
import { Injections } from '../control/injections.ts'
import { productionUpstream } from '../core/production.ts'
import { freshToken } from '../core/random.ts'
import { Arming } from '../control/arming.ts'
import type { DynamicPlane } from '../proxy/plane.ts'
import type { Context } from './command.ts'
import type { OutletArgs } from './outlet-options.ts'
import { OUTLETS_PATIENCE_STOPPED } from './outlets.ts'
import { safetyOf, type Safety } from './safety.ts'
import type { SafetyArgs } from './safety-options.ts'
import type { Held } from './hold.ts'
import { Watching } from './watching.ts'

export interface ServeControlOptions { readonly seed: number; readonly token: string | undefined; readonly safety: SafetyArgs; readonly hosts: readonly string[]; readonly config: string | undefined; readonly outlets: Partial<OutletArgs> }

export class ServeControl {
  readonly #options: ServeControlOptions
  readonly #context: Context
  readonly #log: Logger
  readonly #safety: Safety
  readonly #feed: MemoryFeed
  readonly #watching: Watching
  readonly #injections: Injections
  readonly #token: string
  readonly #since = wallOf(monotonicNow())
  #arming: Arming | undefined
  #url: string | undefined
  #socket: OpenSocket | undefined
  #held: Promise<{ readonly held: Held; readonly fetches: ControlFetches }> | undefined

  private constructor(options: ServeControlOptions, context: Context, log: Logger, { safety, feed, watching }: { readonly safety: Safety; readonly feed: MemoryFeed; readonly watching: Watching }) {
    this.#options = options
    this.#context = context
    this.#log = log
    this.#safety = safety
    this.#feed = feed
    this.#watching = watching
    this.#injections = new Injections(context.registry)
    this.#token = options.token ?? freshToken()
    feed.on((event) => {
      this.#injections.hear(event)
      if (event.kind === 'alert') log[event.state === 'firing' ? 'warn' : 'info']({ alert: event.alert, state: event.state }, event.text)
      if (event.kind === 'operator') log.info({ who: event.who, did: event.did, rule: event.rule }, event.text)
      if (event.kind === 'problem') log.error({ code: event.code }, event.text)
    })
  }

  /** POLICY_INVALID, FILE_UNREADABLE, USAGE. */
  static async create(options: ServeControlOptions, context: Context, log: Logger): Promise<ServeControl> {
    const safety = await safetyOf(options.safety, context)
    if (safety.note !== undefined) log.info({}, safety.note)
    const feed = new MemoryFeed()
    return new ServeControl(options, context, log, { safety, feed, watching: await Watching.open(options.outlets, feed, context, (text) => log.warn({}, text)) })
  }

  /** What the server is started with. */
  get forServer(): Pick<AdminOptions, 'admit' | 'refuse' | 'armory' | 'control'> {
    return {
      admit: this.#safety.gate.admit, refuse: (host, port) => productionUpstream(host, port, this.#safety.guard),
      armory: (plane) => {
        const arming = this.#armingOf(plane)
        return { arm: (rules) => arming.armAll(rules), disarm: (ids) => arming.disarm(ids, 'request'), forget: (targets) => arming.forget(targets) }
      },
      control: { owns: ownsPath, open: async (inside) => (await this.#open(inside)).fetches.network },
    }
  }

  /** What /metrics shows of it. The desk is not made for that. */
  get forMetrics(): ControlMetricsOptions & { readonly told: Watchable } {
    return {
      alerts: () => this.#watching.alerts,
      told: {
        events: () => this.#feed.past,
        on: (hear) => { this.#feed.on((event) => hear({ kind: 'event', event })); return () => undefined },
        status: async () => {
          const desk = this.#held && (await this.#held).held.desk
          return desk ? desk.status() : { version: this.#context.version, mode: 'serve', halted: this.#safety.gate.halted ?? null, injections: this.#injections.list() }
        },
      },
    }
  }

  /** Alerts as the configuration has them now. */
  declare(alerts: readonly AlertSpec[], inside: Inside): Promise<void> { return this.#watching.declare(alerts, async () => (await this.#open(inside)).held.desk) }

  /** Lets those of the same user in, by a socket. */
  async start(admin: Admin): Promise<void> {
    this.#url = admin.url
    this.#socket = await openSocket(async (request, bindings) => (await this.#open(admin)).fetches.socket(request, bindings), this.#context.env, this.#log)
    this.#log.info({ api: `${admin.url}${API}` }, 'the dashboard\'s address is told by `brownout status`')
  }

  async close(): Promise<void> {
    await this.#socket?.close()
    await (await this.#held)?.held.close()
    await this.#watching.close(OUTLETS_PATIENCE_STOPPED)
  }

  #armingOf(plane: DynamicPlane): Arming {
    this.#arming ??= new Arming({ plane, recorder: this.#feed, stop: { trip: () => undefined } })
    return this.#arming
  }

  #open(inside: Inside): Promise<{ readonly held: Held; readonly fetches: ControlFetches }> {
    this.#held ??= this.#make(inside)
    return this.#held
  }

  async #make({ plane, proxies }: Inside): Promise<{ readonly held: Held; readonly fetches: ControlFetches }> {
    // They bring the loader of experiments along, which a server that nobody speaks to needs not wait for.
    const [{ holdDesk }, { controlFetches }, { shownRuns }, { historyFolder }] = await Promise.all([import('./hold.ts'), import('../admin/control-server.ts'), import('./shown-runs.ts'), import('./history.ts')])
    const { registry, version, cwd } = this.#context
    const { seed, config, hosts } = this.#options
    const held = holdDesk({
      registry, mode: 'serve', version, cwd, about: config ?? 'proxies', seed, since: this.#since, gate: this.#safety.gate, feed: this.#feed, armory: this.#armingOf(plane),
      open: () => proxies.open(), figures: () => plane.figures(), sampled: plane, url: () => this.#url,
      clearOthers: (ids) => proxies.clear(ids), resumed: () => proxies.rearm(),
    })
    return { held, fetches: controlFetches({ control: held.desk, runs: shownRuns(historyFolder(this.#context, undefined)), token: this.#token, hosts, log: this.#log }) }
  }
}
