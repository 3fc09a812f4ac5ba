/** The admin API on a port of its own, with the plane that it drives. */

import { createServer } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { pino, type Logger } from 'pino'
import { isLoopback } from '../core/loopback.ts'
import { freshSeed } from '../core/random.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { StartWorker } from '../proxy/cluster/crew.ts'
import { LocalPlane } from '../proxy/local-plane.ts'
import type { DynamicPlane } from '../proxy/plane.ts'
import type { Rule } from '../rule.ts'
import { upstreamAddress } from './addresses.ts'
import type { Fetch } from './control-server.ts'
import type { ProxyView } from './kept.ts'
import { listening, SERVER_LIMITS } from './listening.ts'
import type { Metrics, MetricsOptions } from './metrics.ts'
import { Proxies } from './proxies.ts'
import { Refusal } from './refusal.ts'
import { rawPath, toxiproxyApi } from './toxiproxy.ts'
import { deniedUpstream } from './upstreams.ts'

export interface AdminOptions {
  readonly registry: Registry
  /** Loopback unless given. */
  readonly host?: string | undefined
  /** 0 for a free one. */
  readonly port?: number | undefined
  readonly seed?: number | undefined
  readonly token?: string | undefined
  /** Names besides localhost and numeric addresses that requests may be addressed to. */
  readonly hosts?: readonly string[] | undefined
  /** Proxies may listen on addresses other than loopback. */
  readonly allowListen?: boolean | undefined
  /** Proxies in so many other processes; absent: in this one. */
  readonly workers?: { readonly count: number; readonly start: StartWorker } | undefined
  /** Absent: there is no /metrics. */
  readonly metrics?: MetricsOptions | undefined
  /** Silent unless given. */
  readonly log?: Logger | undefined
  /** Asked before anything is armed, whoever asks; throws what stands in its way. */
  readonly admit?: ((rule: Rule) => void) | undefined
  /** Why a proxy may not have that upstream, beside what none may have. */
  readonly refuse?: ((host: string, port: number) => string | undefined) | undefined
  /** Arms and disarms in the plane's stead what the API of Toxiproxy asks for: one that writes it down. */
  readonly armory?: ((plane: DynamicPlane) => Armory) | undefined
  /** Serves paths beside those of Toxiproxy; made when the first of them is asked for. */
  readonly control?: { owns(path: string): boolean; open(inside: Inside): Promise<Fetch> } | undefined
}
/** What arms for the API: all or none. */
export interface Armory {
  arm(rules: readonly Rule[]): Promise<unknown>
  disarm(ids: readonly string[]): Promise<unknown>
  /** Targets are closed, and their rules with them. */
  forget(targets: readonly string[]): void
}
export interface Inside { readonly plane: DynamicPlane; readonly proxies: Proxies; readonly port: number }
export interface Admin extends Inside {
  readonly url: string
  /** So many workers more or fewer; those too many have `drain` until their connections are cut. How many there are then; undefined where there are none. WORKER_FAILED. */
  resize(by: number, drain: Ms): Promise<number | undefined>
  /** Clears faults, stops accepting, waits up to `drain` for connections to end, closes all. Idempotent. */
  close(drain?: Ms): Promise<void>
}

/** By what worker processes judge what may be dialled. */
export interface Facts { readonly admin: number | undefined; readonly proxies: readonly ProxyView[] }

/** PORT_IN_USE, LISTEN_FAILED. */
export async function startAdmin(options: AdminOptions): Promise<Admin> {
  const { registry, seed = freshSeed(), token, hosts = [], allowListen = false, log = pino({ enabled: false }) } = options
  const host = options.host === undefined || options.host === 'localhost' ? '127.0.0.1' : options.host
  let port: number | undefined
  const own = { admin: () => port, proxies: () => proxies.views() }
  const denied = (proxy: string, upstream: string, why: string): void => log.warn({ proxy, upstream }, `not connected: ${why}`)
  const facts = (): Facts => ({ admin: port, proxies: proxies.views() })
  const cluster = options.workers && new (await import('../proxy/cluster/plane.ts')).ClusterPlane({ registry, seed, workers: options.workers.count, start: options.workers.start, facts: { admin: undefined, proxies: [] }, admit: options.admit })
  const plane = cluster ?? new LocalPlane({
    registry, seed, admit: options.admit,
    permit: (target, address, to) => {
      const why = deniedUpstream(target, address, to, own)
      if (why !== undefined) denied(target, `${address}:${to}`, why)
      return why
    },
  })
  const armory = options.armory?.(plane)
  const proxies = new Proxies({
    plane: armory ? { open: (targets) => plane.open(targets), change: (target) => plane.change(target), arm: (rules) => armory.arm(rules), disarm: (ids) => armory.disarm(ids), async shut(names) { await plane.shut(names); armory.forget(names) } } : plane,
    registry,
    listen: { allowListen, onDefault: (listen) => log.warn({ listen }, 'no host to listen on was given: 127.0.0.1 is taken') },
    permitUpstream(proxy, upstream) {
      const { host: name, port: to } = upstreamAddress(upstream)
      const why = deniedUpstream(proxy, name, to, own) ?? options.refuse?.(name, to)
      if (why !== undefined) throw new Refusal(403, `upstream ${upstream} is not allowed: ${why}`)
    },
    observe: async () => (await metricsOf?.())?.observe(),
    forget: (name) => metrics?.forget(name),
    changed: () => cluster?.inform(facts()),
  })
  const wanted = options.metrics
  let metrics: Metrics | undefined
  // Made when first asked for: the library is a third of what a server would load. Until then the figures are the plane's.
  const metricsOf = wanted && (async (): Promise<Metrics> => {
    const library = await import('./metrics.ts')
    metrics ??= new library.Metrics(plane, () => proxies.views(), wanted.control ? { ...wanted, control: { workers: () => cluster?.workers.length, ...wanted.control } } : wanted)
    return metrics
  })
  plane.on((event) => {
    if (event.kind === 'cleared') metrics?.cleared(event)
    if (event.kind === 'denied') denied(event.target, event.to, event.why)
    if (event.kind === 'lost') log.error({ connections: event.connections }, `a worker ${event.why}: its connections are lost; ${event.replaced ? 'another takes its place' : 'it is not replaced, for too many have ended'}`)
    if (event.kind === 'full') log.warn({ proxy: event.target, connections: event.room }, 'clients are turned away: no more connections fit, with so many open files')
    if (event.kind === 'unreached') log.warn({ proxy: event.target, why: event.why }, 'its upstream cannot be reached: clients are answered 502')
  })
  const app = toxiproxyApi({ proxies, log, token, metrics: metricsOf && (async () => (await metricsOf()).page()), hosts: isLoopback(host) ? hosts : [...hosts, host] })
  const { control } = options
  let opened: Promise<Fetch> | undefined
  const fetch: typeof app.fetch = async (request, bindings, ...rest) => {
    if (control?.owns(rawPath((bindings as HttpBindings).incoming.url ?? '/'))) {
      opened ??= control.open({ plane, proxies, port: port ?? 0 })
      return (await opened)(request, bindings as HttpBindings)
    }
    return app.fetch(request, bindings, ...rest)
  }
  const server = createServer(SERVER_LIMITS, getRequestListener(fetch))
  port = await listening(server, host, options.port ?? 0)
  cluster?.inform(facts())
  let closing: Promise<void> | undefined
  const close = async (drain: Ms): Promise<void> => {
    const gone = new Promise((resolve) => { server.close(resolve) })
    server.closeIdleConnections()
    await proxies.close()
    await plane.close(drain)
    server.closeAllConnections()
    await gone
  }
  return {
    port, proxies, plane,
    resize: async (by, drain) => cluster?.resize(by, drain),
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: (drain = ms(0)) => { closing ??= close(drain); return closing },
  }
}
