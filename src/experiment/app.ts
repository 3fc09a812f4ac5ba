/** The application under test: started with the proxied addresses, waited for, watched, stopped. */

import { createServer } from 'node:net'
import { join } from 'node:path'
import { monotonicNow, sleep } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { formatDuration, ms, type Ms } from '../core/units.ts'
import { readProbe } from '../probes/probe.ts'
import type { ProbeCheck } from '../probes/spec.ts'
import { ProcessTree } from '../observe/process-tree.ts'
import { noCounts, type BucketRecord } from '../record/buckets.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'
import { Child, describeEnding, type Ending } from './child.ts'
import type { AppSpec } from './plan.ts'

/** What an application is to who looks after it. */
export interface AppProcess {
  readonly pid: number | undefined
  /** Undefined while it runs. */
  readonly ending: Ending | undefined
  readonly ended: Promise<Ending>
  stop(patience: Ms): Promise<unknown>
  ask(): void
  kill(): void
  tail(lines: number): string
}

export interface AppOptions {
  /** Every address in it stands. */
  readonly spec: AppSpec
  readonly env: NodeJS.ProcessEnv
  /** The run's folder; the output goes to `<name>.log` in it. */
  readonly folder: string
  readonly watchdog: Watchdog
  /** Runs already, and is looked after by somebody else. */
  readonly running?: AppProcess | undefined
  /** It has ended although nobody asked it to. */
  onDeath(error: BrownoutError): void
}

const READY_POLL = ms(100)
const READY_TIMEOUT = ms(1000)
const TAIL_LINES = 20

/** The name of the only app in signals, files and messages. */
export const appName = ({ name }: Pick<AppSpec, 'name'>): string => name || 'app'

export class App {
  readonly name: string
  readonly #spec: AppSpec
  readonly #child: AppProcess
  #stopping = false
  #tree: ProcessTree | undefined
  #lookedAt: Ms | undefined

  private constructor(spec: AppSpec, child: AppProcess) {
    this.name = appName(spec)
    this.#spec = spec
    this.#child = child
  }

  static start({ spec, env, folder, watchdog, running, onDeath }: AppOptions): App {
    const log = join(folder, `${appName(spec)}.log`)
    const app = new App(spec, running ?? Child.start({ argv: spec.command, cwd: spec.cwd, env: { ...env, ...spec.env }, log, watchdog }))
    void app.#child.ended.then(() => { if (!app.#stopping) onDeath(app.#failure()) })
    return app
  }

  get pid(): number | undefined { return this.#child.pid }

  /** Resolves once it answers, or at once when the experiment does not say how to tell. Rejects with APP_FAILED. */
  async ready(): Promise<void> {
    const { ready } = this.#spec
    const check = ready && checkOf(ready)
    if (!ready || !check) return
    const until = ms(monotonicNow() + ready.within)
    let last = ''
    while (monotonicNow() < until) {
      if (this.#stopping) return
      if (this.#child.ending) throw this.#failure()
      const timeout = ms(Math.min(READY_TIMEOUT, Math.max(1, until - monotonicNow())))
      const { ok, problem } = await readProbe({ check, timeout })
      if (ok) return
      last = problem ?? 'no answer'
      await sleep(READY_POLL)
    }
    throw this.#failure(`was not ready within ${formatDuration(ready.within)} (${last})`)
  }

  /** What it and its children used since the last call, as a bucket; undefined where the machine does not tell. */
  usage(start: Ms, width: Ms): BucketRecord | undefined {
    if (this.pid === undefined || this.#child.ending) return undefined
    this.#tree ??= new ProcessTree(this.pid)
    const now = monotonicNow()
    const elapsed = now - (this.#lookedAt ?? now)
    this.#lookedAt = now
    const used = this.#tree.look(now)
    if (!used || elapsed <= 0) return undefined
    const rates = Object.entries(used.bytes).map(([metric, bytes]) => [metric, (bytes * 1000) / elapsed] as const)
    return { source: 'app', name: this.name, start, width, counts: noCounts(), extra: { cpu: used.cpu / elapsed, ...used.gauges, ...Object.fromEntries(rates) } }
  }

  /** With its children, which are killed after `patience`. Idempotent. */
  async stop(patience: Ms): Promise<void> {
    this.#stopping = true
    await this.#child.stop(patience)
  }

  /** Asks it to end without waiting for that; `stop` still has to be called. */
  halt(): void {
    this.#stopping = true
    this.#child.ask()
  }

  /** At once, without waiting. */
  kill(): void {
    this.#stopping = true
    this.#child.kill()
  }

  #failure(how?: string): BrownoutError {
    const { ending } = this.#child
    const what = how ?? `ended unasked: ${ending ? describeEnding(ending) : 'for no known reason'}`
    const tail = this.#child.tail(TAIL_LINES)
    return new BrownoutError('APP_FAILED', { message: `${this.name} ${what}${tail ? `\n${tail.replace(/^/gm, '    ')}` : ''}` })
  }
}

function checkOf({ http, tcp }: NonNullable<AppSpec['ready']>): ProbeCheck | undefined {
  if (http !== undefined) return { kind: 'http', url: http }
  if (tcp === undefined) return undefined
  const at = tcp.lastIndexOf(':')
  return { kind: 'tcp', host: tcp.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(tcp.slice(at + 1)) }
}

export interface HeldPort {
  readonly port: number
  /** Idempotent; then it is free for the application. */
  release(): Promise<void>
}

/** A port of 127.0.0.1 that nobody else gets until it is released. */
export const holdPort = (): Promise<HeldPort> => new Promise((resolve, reject) => {
  // Reset, not closed: a connection that lingers would keep the application from its port.
  const server = createServer((socket) => socket.resetAndDestroy())
  server.once('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    resolve({ port, release: () => new Promise((done) => { server.close(() => done()) }) })
  })
})
