/** Speaks to the inspector of a Node process: a profile from `start` to `stop`. (Chrome DevTools Protocol, domains Profiler and Runtime) */

import { WebSocket } from 'ws'
import { monotonicNow, realClock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'
import { isCpuProfile } from './cpu-profile.ts'
import type { Profiled } from './compare.ts'

const ANSWER_WITHIN = ms(10_000)
/** A profile of minutes is some megabytes, and is made on the application's own thread. */
const PROFILE_WITHIN = ms(30_000)
const MESSAGE_MAX = 512 * 1024 * 1024
/** A start that seems further from ours than this is on another clock. */
const SAME_CLOCK = ms(5000)

interface Waiting { resolve(result: unknown): void; reject(error: Error): void }

export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #closed: Error | undefined
  #startedAt: Ms = ms(0)

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#hear(String(data)))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('its inspector has gone')))
  }

  /** Rejects where nobody answers there. */
  static connect(url: string): Promise<Inspector> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MESSAGE_MAX, handshakeTimeout: ANSWER_WITHIN })
      socket.once('error', reject)
      socket.once('open', () => {
        socket.off('error', reject)
        resolve(new Inspector(socket))
      })
    })
  }

  /** The process that answers. */
  async pid(): Promise<number | undefined> {
    const answer = await this.#ask('Runtime.evaluate', { expression: 'process.pid', returnByValue: true })
    const value = at(at(answer, 'result'), 'value')
    return typeof value === 'number' ? value : undefined
  }

  /** Rejects where the process cannot. */
  async start(interval: Ms): Promise<void> {
    await this.#ask('Profiler.enable')
    await this.#ask('Profiler.setSamplingInterval', { interval: Math.round(interval * 1000) })
    await this.#ask('Profiler.start')
    this.#startedAt = monotonicNow()
  }

  async stop(): Promise<Profiled> {
    const profile = at(await this.#ask('Profiler.stop', {}, PROFILE_WITHIN), 'profile')
    if (!isCpuProfile(profile)) throw new Error('what its inspector gave is no profile')
    // Both are CLOCK_MONOTONIC, unless the process lives elsewhere.
    const apart = ms(this.#startedAt - profile.startTime / 1000)
    return { profile, offset: Math.abs(apart) < SAME_CLOCK ? ms(0) : apart }
  }

  close(): void { this.#socket.terminate() }

  #ask(method: string, params: object = {}, within: Ms = ANSWER_WITHIN): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed)
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      const timer = realClock.at(ms(realClock.now() + within), () => { this.#waiting.delete(id); reject(new Error(`${method} was not answered`)) })
      this.#waiting.set(id, {
        resolve: (result) => { timer.cancel(); resolve(result) },
        reject: (error) => { timer.cancel(); reject(error) },
      })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  #hear(text: string): void {
    const message = parsed(text)
    const id = at(message, 'id')
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined
    if (!waiting || typeof id !== 'number') return
    this.#waiting.delete(id)
    const problem = at(at(message, 'error'), 'message')
    if (problem !== undefined) waiting.reject(new Error(String(problem)))
    else waiting.resolve(at(message, 'result'))
  }

  #end(error: Error): void {
    this.#closed ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#closed)
    this.#waiting.clear()
  }
}

const at = (value: unknown, key: string): unknown => (typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
