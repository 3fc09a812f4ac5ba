/** One of the programs behind the balancer: how it is, and how much it has to do. */

import type { ChildProcess } from 'node:child_process'
import { Pool } from 'undici'
import { ms, type Ms } from '../../core/units.ts'
import { Usage } from './usage.ts'

export type State = 'starting' | 'serving' | 'draining'

/** So many requests in a row that could not be made, or looks at its health that were bad, take it out. */
const FAILURES_MAX = 3
const UNHEALTHY_MAX = 2
/** How long at least. */
const OUT_FOR: Ms = ms(1000)
const HEALTH_WITHIN: Ms = ms(1000)
const ANSWER_WITHIN: Ms = ms(30_000)

export class Instance {
  readonly number: number
  readonly port: number
  readonly pid: number
  readonly child: ChildProcess
  readonly pool: Pool
  readonly usage: Usage
  readonly exited: Promise<void>
  state: State = 'starting'
  /** Requests under way, and WebSockets. */
  inFlight = 0
  sockets = 0
  served = 0
  use: number | undefined
  #failures = 0
  #unhealthy = 0
  #outUntil: Ms | undefined
  #ejections = 0

  constructor({ number, port, child, pid, now }: { readonly number: number; readonly port: number; readonly child: ChildProcess; readonly pid: number; readonly now: Ms }) {
    this.number = number
    this.port = port
    this.child = child
    this.pid = pid
    this.usage = new Usage(pid, now)
    this.pool = new Pool(`http://127.0.0.1:${port}`, { connections: 256, headersTimeout: ANSWER_WITHIN, bodyTimeout: ANSWER_WITHIN })
    this.exited = new Promise((resolve) => { child.once('exit', () => resolve()) })
  }

  get ejected(): boolean { return this.#outUntil !== undefined }
  get ejections(): number { return this.#ejections }
  /** May be given what is new. */
  get available(): boolean { return this.state === 'serving' && !this.ejected }

  /** A request was answered: it need not be liked. */
  answered(): void {
    this.#failures = 0
    this.served++
  }

  /** One could not be made, or its answer did not come. */
  failed(now: Ms): void { if (++this.#failures >= FAILURES_MAX) this.#eject(now) }

  /** Asks how it is; never rejects. */
  async look(now: () => Ms): Promise<void> {
    const well = await this.#isWell()
    if (!well) {
      if (this.state === 'serving' && ++this.#unhealthy >= UNHEALTHY_MAX) this.#eject(now())
      return
    }
    this.#unhealthy = 0
    if (this.state === 'starting') this.state = 'serving'
    if (this.#outUntil !== undefined && now() >= this.#outUntil) {
      this.#outUntil = undefined
      this.#failures = 0
    }
  }

  /** Idempotent. */
  close(): void { void this.pool.destroy() }

  toJSON(): Readonly<Record<string, unknown>> {
    const { number, pid, port, state, ejected, ejections, inFlight, sockets, served, use } = this
    return { number, pid, port, state, ejected, ejections, inFlight, sockets, served, use: use === undefined ? null : Math.round(100 * use) / 100 }
  }

  #eject(now: Ms): void {
    if (!this.ejected) this.#ejections++
    this.#outUntil = ms(now + OUT_FOR)
  }

  async #isWell(): Promise<boolean> {
    try {
      const { statusCode, body } = await this.pool.request({ path: '/healthz', method: 'GET', headersTimeout: HEALTH_WITHIN, signal: AbortSignal.timeout(HEALTH_WITHIN) })
      await body.dump()
      return statusCode === 200
    } catch (error) {
      if (error instanceof Error) return false
      throw error
    }
  }
}
