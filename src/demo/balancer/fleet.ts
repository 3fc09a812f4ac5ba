/** The instances: so many as are wanted, replaced when they are lost, chosen by who has least to do. */

import { spawn } from 'node:child_process'
import { coarseClock, sleep, type Timer } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { Watchdog } from '../../watchdog/watchdog.ts'
import { freePort, settled } from '../daemon.ts'
import { Instance } from './instance.ts'

export interface FleetOptions {
  /** A program that listens on PORT of its environment, answers GET /healthz and ends on SIGTERM. */
  readonly command: readonly [string, ...string[]]
  readonly env: NodeJS.ProcessEnv
  readonly wanted: number
  readonly watchdog: Watchdog
  onChange?(): void
  log(line: string): void
}

const LOOK_EVERY: Ms = ms(250)
/** One that ends before it serves is not started again at once. */
const AGAIN_IN: Ms = ms(1000)
/** What is under way at one that is taken away has so long to end; then its WebSockets are told to go elsewhere. */
const DRAIN: Ms = ms(5000)
const DRAIN_LOOK: Ms = ms(50)
const END_WITHIN: Ms = ms(2000)

export class Fleet {
  readonly #options: FleetOptions
  readonly #instances = new Set<Instance>()
  #timer: Timer | undefined
  #wanted: number
  #starting = 0
  #number = 0
  #lost = 0
  #turn = 0
  #closed = false

  constructor(options: FleetOptions) {
    this.#options = options
    this.#wanted = options.wanted
  }

  get instances(): readonly Instance[] { return [...this.#instances] }
  get wanted(): number { return this.#wanted }
  /** Ended though nobody had asked. */
  get lost(): number { return this.#lost }
  /** As many serve as are wanted, and none is being started or taken away. */
  get settled(): boolean { return this.#starting === 0 && this.#instances.size === this.#wanted && this.instances.every(({ state }) => state === 'serving') }

  begin(): void {
    this.#fill()
    this.#look()
  }

  want(wanted: number): void {
    this.#wanted = wanted
    this.#fill()
    const kept = this.instances.filter(({ state }) => state !== 'draining')
    // The youngest, as the others have what is warm.
    for (const instance of kept.slice(wanted)) void this.#drain(instance)
  }

  /** Who has least of it, in turn where they have as much; of those that are well, or of all that serve where none is. Undefined: nobody serves. */
  least(of: 'inFlight' | 'sockets', but?: Instance): Instance | undefined {
    const serving = this.instances.filter((instance) => instance.state === 'serving' && instance !== but)
    const well = serving.filter(({ available }) => available)
    const candidates = well.length > 0 ? well : serving
    this.#turn = (this.#turn + 1) % 1_000_000
    let best: Instance | undefined
    for (let i = 0; i < candidates.length; i++) {
      const one = candidates[(this.#turn + i) % candidates.length]
      if (one && (!best || one[of] < best[of])) best = one
    }
    return best
  }

  /** All of them are asked to end. */
  stop(): void {
    this.#closed = true
    this.#timer?.cancel()
    for (const { child } of this.#instances) child.kill('SIGTERM')
  }

  /** Those that are left are ended. */
  close(): void {
    for (const instance of this.#instances) {
      instance.child.kill('SIGKILL')
      instance.close()
    }
  }

  #fill(): void {
    const kept = this.instances.filter(({ state }) => state !== 'draining').length
    for (let count = kept + this.#starting; count < this.#wanted && !this.#closed; count++) {
      this.#starting++
      this.#start().catch((error: unknown) => this.#options.log(`not started: ${String(error)}`)).finally(() => { this.#starting-- })
    }
  }

  async #start(): Promise<void> {
    const { command: [program, ...args], env, watchdog, log } = this.#options
    const port = await freePort()
    if (this.#closed) return
    const child = spawn(program, args, { env: { ...env, PORT: String(port) }, stdio: ['ignore', 'ignore', 'inherit'] })
    child.on('error', (error) => log(`instance: ${error.message}`))
    const { pid } = child
    if (pid === undefined) return
    watchdog.guard(pid, { group: false })
    const instance = new Instance({ number: ++this.#number, port, child, pid, now: coarseClock.now() })
    this.#instances.add(instance)
    log(`instance ${instance.number} at port ${port}`)
    void instance.exited.then(() => this.#gone(instance))
  }

  async #gone(instance: Instance): Promise<void> {
    const { watchdog, log, onChange } = this.#options
    this.#instances.delete(instance)
    instance.close()
    watchdog.release(instance.pid)
    if (this.#closed) return
    if (instance.state !== 'draining') {
      this.#lost++
      log(`instance ${instance.number} is lost`)
    }
    onChange?.()
    if (instance.state === 'starting') await sleep(AGAIN_IN)
    this.#fill()
  }

  async #drain(instance: Instance): Promise<void> {
    instance.state = 'draining'
    this.#options.log(`instance ${instance.number} is taken away`)
    const until = ms(coarseClock.now() + DRAIN)
    while (instance.inFlight > 0 && coarseClock.now() < until) await sleep(DRAIN_LOOK)
    instance.child.kill('SIGTERM')
    if (!await settled(instance.exited, END_WITHIN)) instance.child.kill('SIGKILL')
  }

  #look(): void {
    this.#timer = coarseClock.at(ms(coarseClock.now() + LOOK_EVERY), () => {
      const before = this.settled
      void Promise.all(this.instances.map((instance) => instance.look(() => coarseClock.now()))).then(() => {
        if (this.#closed) return
        if (!before && this.settled) this.#options.onChange?.()
        this.#look()
      })
    })
  }
}
