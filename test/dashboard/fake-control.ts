/** A Control that has figures without traffic: as many targets as wanted, an hour as fast as somebody reads it. */

import type { ChangeRequest, Control, FaultEntry, Halt, Injection, InjectRequest, Lease, RunStatus, Status, TargetStatus, Tick, Told } from '../../src/control/contract.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { ms, parseDuration } from '../../src/core/units.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'

export interface FakeOptions {
  readonly targets: readonly { readonly name: string; readonly protocol: Protocol }[]
  readonly catalogue: readonly FaultEntry[]
  readonly run?: RunStatus
  /** In ms since 1970; where its time begins. */
  readonly from: number
}

export const WIDTH = 250
const KEPT = 1200

/** Time goes on by `step` alone. */
export class FakeControl implements Control {
  readonly #options: FakeOptions
  readonly #hear = new Set<(told: Told) => void>()
  readonly #injections = new Map<string, Injection>()
  #events: JournalEvent[] = []
  #ticks: Tick[] = []
  #halted: Halt | null = null
  #buckets = 0

  constructor(options: FakeOptions) { this.#options = options }

  get now(): number { return this.#options.from + this.#buckets * WIDTH }
  get listeners(): number { return this.#hear.size }

  /** One bucket of every target, and the CPU and memory of an app. */
  step(): void {
    const at = this.now
    this.#buckets++
    const ticks = this.#options.targets.map(({ name, protocol }, i) => this.#tick(name, protocol, i, at))
    this.#ticks = [...this.#ticks, ...ticks].slice(-KEPT * this.#options.targets.length)
    this.#tell({ kind: 'ticks', ticks })
    if (this.#buckets % 4 === 0) this.#tell({ kind: 'resources', resources: [{ name: 'shop', at, width: 1000, values: { cpu: 0.4 + 0.3 * wave(at, 31), memory: 1.6e8 + 3e7 * wave(at, 90), handles: 60 + 9 * wave(at, 14), sockets: 40 + 8 * wave(at, 14) } }] })
    for (const { id, until } of [...this.#injections.values()]) if (until !== null && until <= this.now) this.#end(id, 'deadline')
  }

  async status(): Promise<Status> {
    const { targets, run, from } = this.#options
    return {
      version: '0.1.0', pid: process.pid, mode: 'serve', cwd: '/srv/shop', about: 'brownout.yaml', since: from, seed: 7, halted: this.#halted, policy: null,
      targets: targets.map(({ name, protocol }, i): TargetStatus => ({ name, protocol, upstream: `10.0.0.${i + 4}:${PORTS[protocol]}`, listen: [`127.0.0.1:${20000 + i}`], connections: 0, accepted: 0, failedDials: 0, resets: 0 })),
      injections: [...this.#injections.values()], run,
    }
  }

  catalogue(): readonly FaultEntry[] { return this.#options.catalogue }

  async inject({ fault = '', on, params = {}, for: length, standing }: InjectRequest, who: string): Promise<readonly Injection[]> {
    if (this.#halted) throw new BrownoutError('HALTED', { message: 'brownout is halted' })
    const entry = this.#options.catalogue.find(({ name }) => name === fault)
    if (!entry) throw new BrownoutError('FAULT_UNKNOWN', { message: `no fault is named ${fault}` })
    const lasts = parseDuration(length ?? '')
    if (!standing && lasts === undefined) throw new BrownoutError('RULE_INVALID', { message: `for: expected a duration such as 10s, not ${JSON.stringify(length)}` })
    for (const { name, kind, accepts } of entry.params) {
      if (kind === 'duration' && params[name] !== undefined && parseDuration(String(params[name])) === undefined) throw new BrownoutError('VALUE_INVALID', { message: `${name}: expected ${accepts}, not ${JSON.stringify(params[name])}` })
    }
    const id = `${fault}-${on}-${this.#buckets}`
    const words = Object.entries(params).map(([key, value]) => [key, String(value)] as const)
    const made: Injection = {
      id, fault, on: String(on), params: Object.fromEntries(words), detail: {}, text: [fault, on, ...words.map(([key, value]) => `${key}=${value}`), standing ? 'standing' : `for=${length}`].join(' '),
      by: who, since: this.now, until: standing || lasts === undefined ? null : this.now + lasts, matched: 0, altered: 0,
    }
    this.#write({ kind: 'operator', who, did: 'inject', text: made.text, rule: id })
    this.#injections.set(id, made)
    this.#write({ kind: 'rule.arming', rule: id, step: id, fault, target: String(on), params, detail: {} })
    this.#write({ kind: 'rule.armed', rule: id, step: id, effectiveAt: ms(0) })
    this.#write({ kind: 'altered', rule: id, session: 3, direction: 'to-client', did: 'delay', effectiveAt: ms(0) })
    return [made]
  }

  async change(id: string, { extend }: ChangeRequest): Promise<Injection> {
    const one = this.#injections.get(id)
    if (!one) throw new BrownoutError('INJECTION_UNKNOWN', { message: `nothing that is injected is named ${id}` })
    const changed = { ...one, until: one.until === null ? null : one.until + (parseDuration(extend ?? '') ?? 0) }
    this.#injections.set(id, changed)
    void this.#tellStatus()
    return changed
  }

  async clear({ id, on }: { readonly id?: string | undefined; readonly on?: string | undefined }): Promise<readonly Injection[]> {
    const all = [...this.#injections.values()].filter((one) => (id === undefined || one.id === id) && (on === undefined || one.on === on))
    for (const one of all) this.#end(one.id, 'request')
    return all
  }

  async halt(who: string, reason: string): Promise<void> {
    this.#halted = { by: who, at: this.now, reason }
    await this.clear({})
    this.#write({ kind: 'operator', who, did: 'halt', text: reason })
  }

  async resume(who: string, reason: string): Promise<void> {
    this.#halted = null
    this.#write({ kind: 'operator', who, did: 'resume', text: reason })
  }

  grant(): Lease { throw new BrownoutError('LEASE_LOST', { message: 'no leases here' }) }
  renew(): Lease { return this.grant() }
  async release(): Promise<void> { this.grant() }
  note(text: string, who: string): void { this.#write({ kind: 'operator', who, did: 'note', text }) }
  ticks(): readonly Tick[] { return this.#ticks }
  events(): readonly JournalEvent[] { return this.#events }

  on(hear: (told: Told) => void): () => void {
    this.#hear.add(hear)
    return () => { this.#hear.delete(hear) }
  }

  #end(id: string, reason: 'request' | 'deadline'): void {
    this.#injections.delete(id)
    this.#write({ kind: 'rule.cleared', rule: id, step: id, reason, effectiveAt: ms(0), matched: 480, altered: 480 })
  }

  #write(body: EventBody): void {
    const event: JournalEvent = { seq: this.#events.length, at: ms(this.#buckets * WIDTH), wall: new Date(this.now).toISOString(), ...body }
    this.#events = [...this.#events, event]
    this.#tell({ kind: 'event', event })
    void this.#tellStatus()
  }

  async #tellStatus(): Promise<void> { this.#tell({ kind: 'status', status: await this.status() }) }
  #tell(told: Told): void { for (const hear of this.#hear) hear(told) }

  #tick(target: string, protocol: Protocol, i: number, at: number): Tick {
    const armed = [...this.#injections.values()].some(({ on }) => on === target)
    const read = protocol !== 'tcp' && protocol !== 'websocket'
    const busy = 120 + 40 * i + 30 * wave(at, 40 + i) + 14 * wave(at, 3 + i / 7)
    const [rate, slow] = [armed ? busy * 0.4 : busy, armed ? 240 + 60 * wave(at, 2) : 0]
    return {
      target, at, width: WIDTH,
      rate: read ? rate : null, errors: read ? (armed ? 6 + 3 * wave(at, 1.5) : 0) : null, success: read ? (armed ? 0.91 : 1) : null,
      p50: read ? 0.8 + 0.1 * wave(at, 7) + slow * 0.5 : null, p95: read ? 2 + 0.5 * wave(at, 5) + slow : null, p99: read ? 4.5 + 2 * wave(at, 2.3) + slow * 1.3 : null,
      connections: Math.round(24 + 4 * wave(at, 60 + i)), accepted: 1, inFlight: read ? (armed ? 14 : 1) : null, hitRatio: protocol === 'redis' ? 0.9 + 0.05 * wave(at, 50) : null,
      held: armed ? 5000 + 900 * wave(at, 4) : 0, bytesToServer: busy * 90, bytesToClient: busy * 700, resets: 0, failedDials: 0,
      setupP95: protocol === 'websocket' ? 12 + 3 * wave(at, 9) + slow : null, messages: protocol === 'websocket' ? rate * 3 : null,
    }
  }
}

const PORTS: Readonly<Record<Protocol, number>> = { tcp: 9000, redis: 6379, postgres: 5432, http: 8080, websocket: 8090 }
/** From -1 to 1; `period` in seconds. */
const wave = (at: number, period: number): number => Math.sin((at / 1000 / period) * 2 * Math.PI)
