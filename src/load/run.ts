/** The parent's side of the load: a generator in a process of its own, so that neither can slow the other down. */

import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { realClock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { LoadSpec } from './spec.ts'
import { judgeLoad, type LoadVerdict } from './verdict.ts'
import type { FromGenerator, Orders, ToGenerator } from './wire.ts'

export interface LoadOptions {
  /** None: nothing is started, and stop() answers with nothing. */
  readonly specs: readonly LoadSpec[]
  /** Monotonic time at which bucket 0 begins; bucket i covers [origin + i width, origin + (i + 1) width). */
  readonly origin: Ms
  readonly width: Ms
  /** Shifts each load's first operation within 1 / rate, so that equal rates do not march in step. */
  readonly seed: number
  /** Every bucket of every load from the first operation on, empty ones too, in order, about one width after its end. */
  onBucket(bucket: BucketRecord): void
  /** What a person should know; holds no secret. */
  onProblem(text: string): void
}

export interface LoadRun {
  /** Begins to send at the next bucket's edge and resolves with that time, which may be a width ahead. Rejects with LOAD_FAILED. */
  begin(): Promise<Ms>
  /** Sends nothing more, waits for what is in flight (at most its timeout, at most 2 s), delivers the last buckets and ends the process. Never rejects; idempotent. */
  stop(): Promise<readonly LoadVerdict[]>
  /** Ends the process at once; what was in flight is lost. */
  kill(): void
}

const MAIN = fileURLToPath(new URL('./generator-main.js', import.meta.url))
/** A generator that says nothing for so long, where something is due, is given up. */
const SILENCE_MAX: Ms = ms(15_000)

/** Starts the generator and opens its connections; resolves when they stand or have failed. Rejects with LOAD_FAILED when the process cannot be started. */
export async function startLoad({ specs, origin, width, seed, onBucket, onProblem }: LoadOptions): Promise<LoadRun> {
  if (specs.length === 0) return { begin: () => Promise.resolve(origin), stop: () => Promise.resolve([]), kill: () => undefined }
  const generator = new GeneratorProcess({ specs, origin, width, seed }, onBucket, onProblem)
  try {
    await generator.expect('ready', { kind: 'open', orders: { specs, origin, width, seed } })
  } catch (error) {
    generator.kill()
    throw error
  }
  return generator
}

class GeneratorProcess implements LoadRun {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #orders: Orders
  readonly #onBucket: LoadOptions['onBucket']
  readonly #onProblem: LoadOptions['onProblem']
  #awaited: { kind: FromGenerator['kind']; resolve(message: FromGenerator): void; reject(error: Error): void } | undefined
  #ending = false
  #crash: string | undefined
  #stopping: Promise<readonly LoadVerdict[]> | undefined

  constructor(orders: Orders, onBucket: LoadOptions['onBucket'], onProblem: LoadOptions['onProblem']) {
    this.#orders = orders
    this.#onBucket = onBucket
    this.#onProblem = onProblem
    // Our own debugger's port, when there is one, is not the child's to take.
    this.#child = fork(MAIN, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
    this.#child.on('message', (message) => this.#receive(message as FromGenerator))
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => { this.#fail(error.message); resolve() })
      this.#child.once('exit', (code, signal) => { this.#fail(signal ?? `exit ${code}`); resolve() })
    })
  }

  async begin(): Promise<Ms> {
    const message = await this.expect('begun', { kind: 'begin' })
    return message.at
  }

  stop(): Promise<readonly LoadVerdict[]> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  kill(): void {
    this.#ending = true
    this.#child.kill('SIGKILL')
  }

  async #stop(): Promise<readonly LoadVerdict[]> {
    try {
      const { verdicts } = await this.expect('stopped', { kind: 'stop' })
      this.#ending = true
      if (this.#child.connected) this.#child.disconnect()
      const late = realClock.at(ms(realClock.now() + 1000), () => this.#child.kill('SIGKILL'))
      await this.#exited
      late.cancel()
      return verdicts
    } catch (error) {
      this.kill()
      await this.#exited
      const why = error instanceof Error ? error.message : String(error)
      return this.#orders.specs.map(({ name }) => ({
        ...judgeLoad({ name, offered: 0, sent: 0, dropped: 0, droppedByUs: 0, latenessP99Ms: undefined, serviceP99Ms: undefined, cpu: 0, errors: {}, closes: {} }), valid: false, why,
      }))
    }
  }

  /** Sends `order` and waits for the answer called `kind`. */
  expect<K extends FromGenerator['kind']>(kind: K, order: ToGenerator): Promise<Extract<FromGenerator, { kind: K }>> {
    return new Promise((resolve, reject) => {
      if (this.#crash !== undefined || this.#ending) return reject(failed(this.#crash ?? 'it was ended'))
      this.#awaited?.reject(failed('it was ended'))
      const silence = realClock.at(ms(realClock.now() + SILENCE_MAX), () => this.#awaited?.reject(failed('it does not answer')))
      const settle = (): void => { silence.cancel(); this.#awaited = undefined }
      this.#awaited = {
        kind,
        resolve: (message) => { settle(); resolve(message as Extract<FromGenerator, { kind: K }>) },
        reject: (error) => { settle(); reject(error) },
      }
      this.#child.send(order, (error) => { if (error) this.#awaited?.reject(failed('it cannot be reached')) })
    })
  }

  #receive(message: FromGenerator): void {
    if (message.kind === 'bucket') return this.#onBucket(message.bucket)
    if (message.kind === 'crashed') return this.#fail(message.text)
    if (this.#awaited?.kind === message.kind) this.#awaited.resolve(message)
  }

  #fail(how: string): void {
    if (this.#crash !== undefined) return
    this.#crash = how
    if (!this.#ending) this.#onProblem(failed(how).message)
    this.#awaited?.reject(failed(how))
  }
}

const failed = (how: string): BrownoutError => new BrownoutError('LOAD_FAILED', { message: `the load generator died: ${how}` })
