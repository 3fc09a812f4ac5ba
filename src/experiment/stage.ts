/** Everything that a run starts: servers, proxies, apps, load, probes. Opened in that order, ended in the other, come what may. */

import { monotonicNow } from '../core/clock.ts'
import type { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { startLoad, type LoadRun } from '../load/run.ts'
import type { LoadSpec } from '../load/spec.ts'
import type { ProbeSpec } from '../probes/spec.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Plane, TargetSpec } from '../proxy/plane.ts'
import type { TargetRecord } from '../record/events.ts'
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts'
import { type Addresses, addressesOf, withAddresses } from './addresses.ts'
import { App, appName, holdPort, type AppProcess, type HeldPort } from './app.ts'
import { ask, doorsOf, refuseDown, type Answers, type Door } from './heal.ts'
import type { Plan, PlannedTarget } from './plan.ts'
import type { Observer } from '../observe/observer.ts'
import type { ServerSpec } from '../observe/server.ts'
import { serversOf, startObservers } from './observe.ts'
import { ProcessTree } from '../observe/process-tree.ts'
import type { Hook } from '../profile/hook.ts'
import { openHook, profiled } from './profile.ts'
import type { Recorder } from './recorder.ts'
import { joinStream, startServers, type StartedServer, type StartServer } from './servers.ts'
import { Stopped } from './stop.ts'

export interface StageOptions {
  readonly plan: Plan
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  readonly recorder: Recorder
  readonly plane: Plane
  readonly startServer: StartServer
  /** The application of the plan, where it runs already. */
  readonly running?: AppProcess | undefined
  /** The listeners are open. */
  onOpen(targets: readonly TargetRecord[]): void
  /** Something of it ended although nobody asked it to. */
  onDeath(error: BrownoutError): void
}

const APP_PATIENCE = ms(5000)

export class Stage {
  readonly watchdog: Watchdog = startWatchdog()
  readonly apps: App[] = []
  /** Those that can be asked how they are. */
  servers: readonly ServerSpec[] = []
  observers: readonly Observer[] = []
  /** Of the targets that have been asked. */
  doors: readonly Door[] = []
  /** What each target answered before anything was done to it. */
  before: Answers = new Map()
  /** Of the open listeners, as load, probes and actions see them. */
  addresses: Addresses = { targets: new Map(), ports: new Map() }
  probes: readonly ProbeSpec[] = []
  load: LoadRun | undefined
  /** Where its application is profiled. */
  hook: Hook | undefined
  readonly #options: StageOptions
  /** In the order of opening. */
  readonly #closers: (() => Promise<void>)[] = []
  #loads: readonly LoadSpec[] = []
  #closing = false
  #killAt: Ms = ms(0)

  constructor(options: StageOptions) { this.#options = options }

  /** Rejects with UPSTREAM_DOWN, APP_FAILED, PORT_IN_USE and what else a start can come to; with Stopped when it is closed meanwhile. */
  async open(): Promise<void> {
    const { plan, plane, recorder, startServer, onOpen } = this.#options
    const held = new Map<string, HeldPort>()
    for (const { name } of plan.apps) {
      const port = await holdPort()
      this.#closers.push(() => port.release())
      held.set(name, port)
    }
    const ports = new Map([...held].map(([name, { port }]) => [name, port]))
    this.#goOn()
    const servers = await startServers(plan.targets, startServer, this.watchdog, (server) => {
      this.#closers.push(() => server.stop())
      this.#goOn()
    })
    const targets = plan.targets.map((target) => served(target, ports, servers))
    const specs = targets.map(({ spec }) => spec)
    this.#closers.push(() => plane.close())
    const open = await plane.open(specs)
    onOpen(specs.map((spec) => recordOf(spec, open.find(({ name }) => name === spec.name)?.listen ?? [])))
    this.addresses = addressesOf(targets, open, ports)
    await joinStream(targets, servers, this.addresses)
    const doors = doorsOf(specs, open)
    const ours = new Set(targets.flatMap(({ spec, app }) => (app === undefined ? [] : [spec.name])))
    await this.#ask(doors.filter(({ spec }) => !ours.has(spec.name)))
    this.hook = await openHook(plan, recorder)
    this.#closers.push(async () => { await this.hook?.close() })
    for (const spec of plan.apps) {
      this.#goOn()
      await held.get(spec.name)?.release()
      await this.#startApp(profiled(withAddresses(spec, addressesOf(targets, open, ports, spec.name)), plan.profile, this.hook, this.#options.env))
    }
    await this.#ask(doors.filter(({ spec }) => ours.has(spec.name)))
    this.servers = serversOf(targets)
    this.observers = startObservers(this.servers, (text) => recorder.problem({ code: 'OBSERVE_FAILED', message: text }))
    this.#closers.push(async () => { await Promise.all(this.observers.map((one) => one.close())) })
    this.probes = withAddresses(plan.probes, this.addresses)
    this.#loads = withAddresses(plan.loads, this.addresses)
    for (const { spec, via } of targets) {
      if (via) recorder.write({ kind: 'note', text: `${spec.name}: faults are injected by the Toxiproxy at ${via.server}, which tells nothing of what they did; what passed while they held counts as altered` })
    }
    if (this.before.size > 0) recorder.write({ kind: 'note', text: `targets answer ${[...this.before].map(([name, answer]) => `${name} ${answer}`).join(', ')}` })
  }

  /** Starts the load's process, in place of one that has ended; it sends nothing before `load.begin()`. */
  async openLoad(origin: Ms, width: Ms, change: (spec: LoadSpec) => LoadSpec = (spec) => spec): Promise<LoadRun> {
    this.#goOn()
    const { recorder, plan, folder, env } = this.#options
    for (const { name, send } of this.#loads) if (send.kind === 'driven') recorder.write({ kind: 'note', text: `${name}: made by ${send.driver}, which is waited for until it tells of a first operation` })
    const load = await startLoad({
      specs: this.#loads.map(change), origin, width, warmup: plan.windows.warmup, seed: plan.seed,
      premises: { folder, env, watchdog: this.watchdog, cpuMeter: meterOf },
      onBucket: (bucket) => recorder.write({ kind: 'bucket', bucket }),
      onProblem: (text) => recorder.problem({ code: 'LOAD_FAILED', message: text }),
    })
    // Whoever closed us meanwhile did not know of it.
    if (this.#closing) load.kill()
    if (!this.load) this.#closers.push(async () => { await this.load?.stop() })
    this.load = load
    this.#goOn()
    return load
  }

  /** Ends all that was started, the last first; the apps have `patience` to end by themselves. Never rejects. */
  async close(opening: Promise<unknown>, patience: Ms = APP_PATIENCE): Promise<void> {
    this.#closing = true
    this.#killAt = ms(monotonicNow() + patience)
    // All at once, and an app that is still waited for must not keep us.
    for (const app of this.apps) app.halt()
    await opening.catch(() => undefined)
    for (const close of this.#closers.reverse()) {
      await close().catch((error: unknown) => this.#options.recorder.problem({ code: 'INTERNAL', message: `while closing: ${error instanceof Error ? error.message : String(error)}` }))
    }
    this.watchdog.close()
  }

  /** At once, without waiting for anything. */
  kill(): void {
    this.load?.kill()
    for (const app of this.apps) app.kill()
    this.hook?.discard()
    this.watchdog.close()
  }

  /** What those doors answer while nothing is done to them. UPSTREAM_DOWN. */
  async #ask(doors: readonly Door[]): Promise<void> {
    const answers = await ask(doors)
    await refuseDown(doors, answers)
    this.doors = [...this.doors, ...doors]
    this.before = new Map([...this.before, ...answers])
    this.#goOn()
  }

  async #startApp(spec: Plan['apps'][number]): Promise<void> {
    const { recorder, env, folder, running, onDeath } = this.#options
    const name = appName(spec)
    if (!running) recorder.write({ kind: 'app', app: name, event: 'starting', detail: spec.command.join(' ') })
    const app = App.start({ spec, env, folder, watchdog: this.watchdog, running, onDeath: (error) => {
      recorder.write({ kind: 'app', app: name, event: 'exited', detail: error.message })
      onDeath(error)
    } })
    this.apps.push(app)
    this.#closers.push(async () => {
      await app.stop(ms(Math.max(0, this.#killAt - monotonicNow())))
      if (!running) recorder.write({ kind: 'app', app: name, event: 'stopped' })
    })
    await app.ready()
    this.#goOn()
    recorder.write({ kind: 'app', app: name, event: 'ready' })
  }

  #goOn(): void { if (this.#closing) throw new Stopped() }
}

/** With the address of what the run has started for it. */
function served(target: PlannedTarget, ports: ReadonlyMap<string, number>, servers: ReadonlyMap<string, StartedServer>): PlannedTarget {
  if (target.app !== undefined) {
    const address = { host: '127.0.0.1', port: ports.get(target.app) ?? 0 }
    return { ...target, spec: { ...target.spec, upstream: address, ...(target.spec.host === undefined ? {} : { host: formatAddress(address) }) } }
  }
  const server = servers.get(target.spec.name)
  if (!server) return target
  const { url, host, port } = server
  return { ...target, url: new URL(url), spec: { ...target.spec, upstream: { host, port } } }
}

function meterOf(pid: number): () => Ms | undefined {
  const tree = new ProcessTree(pid)
  return () => tree.look(monotonicNow())?.cpu
}

const recordOf = ({ name, protocol, upstream }: TargetSpec, listen: readonly { readonly from?: string | undefined; readonly address: TargetSpec['upstream'] }[]): TargetRecord =>
  ({ name, protocol, upstream: formatAddress(upstream), listen: listen.map(({ from, address }) => ({ from, address: formatAddress(address) })) })
