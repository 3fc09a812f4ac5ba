/** A generator's process, from its parent's side. */

import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { realClock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { signalGroup } from '../watchdog/group.ts'
import type { Part, PartFigures } from './merge.ts'
import type { FromGenerator, Orders, ToGenerator } from './wire.ts'

const MAIN = fileURLToPath(new URL('./generator-main.js', import.meta.url))
/** A generator that says nothing for so long, where something is due, is given up. */
const SILENCE_MAX: Ms = ms(15_000)

export interface GeneratorEvents {
  onPart(part: Part): void
  /** It died, and nobody had asked it to. */
  onProblem(text: string): void
}

/** Its figures, or why there are none. */
export type Ended = { readonly parts: readonly PartFigures[] } | { readonly why: string }

export class GeneratorProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #events: GeneratorEvents
  #awaited: { kind: FromGenerator['kind']; resolve(message: FromGenerator): void; reject(error: Error): void } | undefined
  #ending = false
  #crash: string | undefined

  constructor(events: GeneratorEvents) {
    this.#events = events
    // Our own debugger's port, when there is one, is not the child's to take. It leads a group, with the programs that it starts.
    this.#child = fork(MAIN, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [], detached: true })
    this.#child.on('message', (message) => this.#receive(message as FromGenerator))
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => { this.#fail(error.message); resolve() })
      this.#child.once('exit', (code, signal) => { this.#fail(signal ?? `exit ${code}`); resolve() })
    })
  }

  /** Opens its connections; resolves when they stand or have failed. Rejects with LOAD_FAILED, as `begin` does. */
  async open(orders: Orders): Promise<void> { await this.#expect('ready', { kind: 'open', orders }) }

  async begin(at: Ms): Promise<void> { await this.#expect('begun', { kind: 'begin', at }) }

  /** Ends the loads, then the process. Never rejects. */
  async stop(): Promise<Ended> {
    try {
      const { parts } = await this.#expect('stopped', { kind: 'stop' })
      this.#ending = true
      if (this.#child.connected) this.#child.disconnect()
      const late = realClock.at(ms(realClock.now() + 1000), () => this.#end())
      await this.#exited
      late.cancel()
      this.#end()
      return { parts }
    } catch (error) {
      this.kill()
      await this.#exited
      return { why: error instanceof Error ? error.message : String(error) }
    }
  }

  kill(): void {
    this.#ending = true
    this.#end()
  }

  /** All of its group. */
  #end(): void {
    const { pid } = this.#child
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
  }

  /** Sends `order` and waits for the answer called `kind`. */
  #expect<K extends FromGenerator['kind']>(kind: K, order: ToGenerator): Promise<Extract<FromGenerator, { kind: K }>> {
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
    if (message.kind === 'bucket') return this.#events.onPart(message)
    if (message.kind === 'crashed') return this.#fail(message.text)
    if (this.#awaited?.kind === message.kind) this.#awaited.resolve(message)
  }

  #fail(how: string): void {
    if (this.#crash !== undefined) return
    this.#crash = how
    if (!this.#ending) this.#events.onProblem(failed(how).message)
    this.#awaited?.reject(failed(how))
  }
}

const failed = (how: string): BrownoutError => new BrownoutError('LOAD_FAILED', { message: `the load generator died: ${how}` })
