/** A worker process: serves the clients that the primary hands over, by the rules that it gives, and tells what passes. It decides nothing. */

import { realClock } from '../../core/clock.ts'
import { knownError } from '../../core/errors.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { Registry } from '../../fault.ts'
import type { Permit } from '../dial.ts'
import { LocalPlane } from '../local-plane.ts'
import type { Address } from '../plane.ts'
import { HandedFront } from './handed.ts'
import { socketOn, type Handle } from './handles.ts'
import { Ledger } from './ledger.ts'
import type { FromWorker, HandedRule, LastFigures, OrderName, Orders, ToWorker, WorkerSetup } from './wire.ts'

/** How often it says that it runs. */
const ALIVE_EVERY: Ms = ms(200)
const FORBIDDEN_TOLD_MAX = 1000

/** By what the primary knows: why `host:port` may not be dialled. */
export type PermitBy = (facts: unknown, target: string, host: string, port: number) => string | undefined

export interface WorkerOptions { readonly registry: Registry; /** Absent: every upstream may be dialled. */ readonly permit?: PermitBy }
export type WorkerHost = Pick<NodeJS.Process, 'on' | 'exit' | 'connected'> & { send?: NodeJS.Process['send'] }

/** Works for the process that has started this one, and ends with it. */
export function work(options: WorkerOptions, host: WorkerHost): void {
  // A signal to the whole group (Ctrl-C) is the primary's to answer: it heals first and ends us then.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTTIN', 'SIGTTOU'] as const) host.on(signal, () => undefined)
  host.on('disconnect', () => host.exit(0))
  const worker = new Worker(options, (message) => {
    // A channel that is closed is told of by `disconnect`.
    if (host.connected) host.send?.(message, undefined, undefined, () => undefined)
  })
  host.on('message', (message, handle) => worker.hear(message as ToWorker, handle as Handle | undefined))
}

class Worker {
  readonly #options: WorkerOptions
  readonly #tell: (message: FromWorker) => void
  readonly #asked = new Map<number, (address: Address | undefined) => void>()
  readonly #targets = new Map<string, number>()
  /** Orders are obeyed one after the other. */
  #last: Promise<void> = Promise.resolve()
  #number = 0
  #plane: LocalPlane | undefined
  #ledger: Ledger | undefined
  #facts: unknown
  #forbidden = 0

  constructor(options: WorkerOptions, tell: (message: FromWorker) => void) {
    this.#options = options
    this.#tell = tell
    this.#sayAlive()
  }

  hear(message: ToWorker, handle: Handle | undefined): void {
    switch (message.kind) {
      case 'order': {
        const { id, name, order } = message
        this.#last = this.#last.then(() => this.#obey(name, order)).then(
          (answer) => this.#tell({ kind: 'answer', id, answer }),
          (error: unknown) => { const { code, message: text, hint } = knownError(error); this.#tell({ kind: 'failed', id, error: { code, message: text, hint } }) },
        )
        return
      }
      case 'client': {
        this.#tell({ kind: 'taken' })
        if (!handle) return
        const socket = socketOn(handle)
        if (!this.#plane?.adopt(message.target, socket, message.way, message.session)) socket.destroy()
        return
      }
      case 'reaction': return this.#plane?.hear(message.target, message.word)
      case 'facts': this.#facts = message.facts; return
      case 'node': this.#asked.get(message.id)?.(message.address); this.#asked.delete(message.id); return
    }
  }

  async #obey<N extends OrderName>(name: N, order: unknown): Promise<Orders[N]['answer']> { return this.#orders[name](order as Orders[N]['order']) }

  get #served(): LocalPlane {
    if (this.#plane) return this.#plane
    throw new Error('no setup was given')
  }

  readonly #orders: { readonly [N in OrderName]: (order: Orders[N]['order']) => Orders[N]['answer'] | Promise<Orders[N]['answer']> } = {
    begin: (setup) => this.#begin(setup),
    open: async (targets) => {
      for (const { spec, index } of targets) this.#targets.set(spec.name, index)
      await this.#served.open(targets.map(({ spec }) => spec))
      return true
    },
    change: async ({ spec }) => { await this.#served.change(spec); return true },
    shut: async (names) => { await this.#served.shut(names); return true },
    arm: (rules) => this.#arm(rules),
    disarm: async ({ ids, reason }) => { await this.#served.disarm(ids, reason); return true },
    measure: ({ origin, width }) => { this.#served.measure(origin, width); return true },
    snapshot: () => this.#served.snapshot(),
    figures: () => this.#served.figures(),
    buckets: () => this.#served.takeBuckets(),
    records: () => this.#served.takeRecords(),
    close: () => this.#close(this.#served),
  }

  #begin({ worker, seed, numbers, facts }: WorkerSetup): true {
    const { registry, permit } = this.#options
    this.#number = worker
    this.#facts = facts
    const ledger = new Ledger(numbers)
    this.#ledger = ledger
    this.#plane = new LocalPlane({
      registry, seed,
      front: (spec) => new HandedFront(spec, (target, node, from) => this.#askNode((id) => ({ kind: 'node', id, target, node, from }))),
      tell: (target, word) => this.#tell({ kind: 'reaction', target, word }),
      connections: (target, here) => {
        const index = this.#targets.get(target) ?? 0
        ledger.count(index, this.#number, here)
        return ledger.total(index)
      },
      ...(permit ? { permit: this.#permit(permit) } : {}),
    })
    this.#plane.on((event) => this.#tell({ kind: 'event', event }))
    return true
  }

  #arm(rules: readonly HandedRule[]): Promise<Ms> {
    const handed = new Map(rules.map((one) => [one.rule.id, one]))
    return this.#served.arm(rules.map(({ rule }) => rule), ({ id }) => {
      const { at, slot } = handed.get(id) as HandedRule
      return { at, common: (this.#ledger as Ledger).slot(slot) }
    })
  }

  async #close(plane: LocalPlane): Promise<LastFigures> {
    await plane.close()
    const last = { figures: await plane.figures(), buckets: await plane.takeBuckets(), records: await plane.takeRecords() }
    this.#plane = undefined
    this.#targets.clear()
    this.#ledger?.close()
    this.#ledger = undefined
    return last
  }

  #askNode(question: (id: number) => FromWorker): Promise<Address | undefined> {
    return new Promise((resolve) => {
      let id = 1
      while (this.#asked.has(id)) id++
      this.#asked.set(id, resolve)
      this.#tell(question(id))
    })
  }

  #permit(permit: PermitBy): Permit {
    return (target, host, port) => {
      const why = permit(this.#facts, target, host, port)
      if (why !== undefined && this.#forbidden++ < FORBIDDEN_TOLD_MAX) this.#tell({ kind: 'event', event: { kind: 'denied', target, to: `${host}:${port}`, why, at: realClock.now() } })
      return why
    }
  }

  #sayAlive(): void {
    realClock.at(ms(realClock.now() + ALIVE_EVERY), () => {
      void this.#plane?.snapshot().then(({ targets }) => {
        this.#tell({ kind: 'alive', connections: Object.values(targets).reduce((sum, { connections }) => sum + connections, 0) })
      })
      this.#sayAlive()
    })
  }
}
