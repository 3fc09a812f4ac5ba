/** One worker, as the primary has it: orders go to it and are answered, clients are handed to it one by one, and it may end. */

import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { realClock, type Timer } from '../../core/clock.ts'
import { BrownoutError } from '../../core/errors.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { Way } from '../front.ts'
import { handleOf } from './handles.ts'
import type { FromWorker, OrderName, Orders, ToWorker } from './wire.ts'

/** Who has not obeyed by then is ended: what it holds must not stay. */
const OBEY_WITHIN: Ms = ms(5000)
/** From being told to end until it is made to. */
const END_WITHIN: Ms = ms(1000)

/** What is needed of a process that was forked. */
export type WorkerProcess = Pick<ChildProcess, 'pid' | 'connected' | 'send' | 'kill' | 'disconnect' | 'on' | 'once'>

export interface Client { readonly target: string; readonly session: number; readonly way: Way; readonly socket: Socket }

export interface LinkHost {
  heard(link: WorkerLink, message: Exclude<FromWorker, { readonly kind: 'answer' | 'failed' | 'taken' | 'alive' }>): void
  /** It has ended; `clients` were on their way to it and have not left. */
  gone(link: WorkerLink, why: string, clients: readonly Client[]): void
}

interface Waiting { readonly resolve: (answer: unknown) => void; readonly reject: (error: unknown) => void; readonly late: Timer }

/** It ended before it answered. */
export class WorkerGone extends Error {}

export class WorkerLink {
  readonly number: number
  /** Takes clients. */
  serving = false
  /** As it said last. */
  connections = 0
  readonly #process: WorkerProcess
  readonly #host: LinkHost
  readonly #waiting = new Map<number, Waiting>()
  readonly #clients: Client[] = []
  /** Sent, and not said to have arrived. */
  #underway: Client | undefined
  #orders = 0
  #ended = false
  #why: string | undefined
  #ending = false

  constructor(number: number, child: WorkerProcess, host: LinkHost) {
    this.number = number
    this.#process = child
    this.#host = host
    child.on('message', (message) => this.#hear(message as FromWorker))
    child.on('error', (error) => this.#gone(error.message))
    child.on('exit', (code, signal) => this.#gone(this.#why ?? (signal ? `ended by ${signal}` : `ended with ${code ?? 'no code'}`)))
  }

  get pid(): number | undefined { return this.#process.pid }
  get ended(): boolean { return this.#ended }
  /** Clients that are on their way to it. */
  get waiting(): number { return this.#clients.length + (this.#underway ? 1 : 0) }

  /** What it answers. Rejects with its error, or WorkerGone. */
  ask<N extends OrderName>(name: N, order: Orders[N]['order'], within: Ms = OBEY_WITHIN): Promise<Orders[N]['answer']> {
    if (this.#ended) return Promise.reject(new WorkerGone())
    return new Promise<unknown>((resolve, reject) => {
      const id = ++this.#orders
      const late = realClock.at(ms(realClock.now() + within), () => this.kill(`did not obey "${name}" within ${within} ms`))
      this.#waiting.set(id, { resolve, reject, late })
      this.#send({ kind: 'order', id, name, order })
    }) as Promise<Orders[N]['answer']>
  }

  tell(message: Extract<ToWorker, { readonly kind: 'facts' | 'node' | 'reaction' }>): void { this.#send(message) }

  hand(client: Client): void {
    this.#clients.push(client)
    this.#next()
  }

  kill(why: string): void {
    this.#why ??= why
    this.#process.kill('SIGKILL')
  }

  /** It has nothing left to do. */
  end(): void {
    this.#ending = true
    if (this.#process.connected) this.#process.disconnect()
    const late = realClock.at(ms(realClock.now() + END_WITHIN), () => this.#process.kill('SIGKILL'))
    this.#process.once('exit', () => late.cancel())
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'answer': case 'failed': {
        const waiting = this.#waiting.get(message.id)
        this.#waiting.delete(message.id)
        waiting?.late.cancel()
        if (message.kind === 'answer') waiting?.resolve(message.answer)
        else waiting?.reject(new BrownoutError(message.error.code, { message: message.error.message, hint: message.error.hint }))
        return
      }
      case 'taken':
        this.connections++
        this.#underway?.socket.destroy()
        this.#underway = undefined
        return this.#next()
      case 'alive': this.connections = message.connections; return
      default: this.#host.heard(this, message)
    }
  }

  /** One at a time: Node would have every order wait behind those that it has not been told the arrival of. */
  #next(): void {
    while (!this.#underway && !this.#ended) {
      const client = this.#clients.shift()
      if (!client) return
      const handle = handleOf(client.socket)
      if (!handle) continue
      this.#underway = client
      const { target, session, way: { from, node, address } } = client
      this.#send({ kind: 'client', target, session, way: { from, node, address } }, handle)
    }
  }

  #send(message: ToWorker, handle?: object): void {
    // A channel that is closed is told of by the process's end.
    if (this.#process.connected) this.#process.send(message, handle as never, undefined, () => undefined)
  }

  #gone(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.serving = false
    for (const { reject, late } of this.#waiting.values()) {
      late.cancel()
      reject(new WorkerGone(why))
    }
    this.#waiting.clear()
    this.#underway?.socket.destroy()
    this.#underway = undefined
    if (!this.#ending) this.#host.gone(this, why, this.#clients.splice(0))
  }
}
