/**
 * Proxies in several processes. This one, the primary, has the listeners, accepts, numbers the clients and hands each to a worker in
 * turn; it holds the rules and their times, and puts together what the workers have counted. It reads no byte of theirs.
 *
 *   client ─> primary: accept, session n ─> worker n mod N: session, rules, upstream
 *   arm ─> all workers ─> all have acknowledged ─> it holds
 */

import { realClock, type Timer } from '../../core/clock.ts'
import { BrownoutError } from '../../core/errors.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { Registry } from '../../fault.ts'
import type { BucketRecord } from '../../record/buckets.ts'
import type { ClearReason } from '../../record/events.ts'
import { faultNamed, type Rule } from '../../rule.ts'
import { checkArmable } from '../local-plane.ts'
import type { Cleared, DynamicPlane, OpenTarget, PlaneEvent, PlaneFigures, PlaneSnapshot, TakenRecords, TargetSpec } from '../plane.ts'
import { Counted } from './counted.ts'
import { Crew, type StartWorker } from './crew.ts'
import { Handling, withCertificate } from './handling.ts'
import { Ledger, TARGETS, WORKERS } from './ledger.ts'
import type { LinkHost, WorkerLink } from './link.ts'
import { RuleBook, type ClusterRule } from './rules.ts'

export interface ClusterPlaneOptions {
  readonly registry: Registry
  readonly seed: number
  /** At most 64. */
  readonly workers: number
  readonly start: StartWorker
  /** JSON by which workers judge what may be dialled; told anew by `inform`. */
  readonly facts?: unknown
  /** Asked before anything is armed; throws what stands in its way. */
  readonly admit?: ((rule: Rule) => void) | undefined
}

export class ClusterPlane implements DynamicPlane {
  readonly #options: ClusterPlaneOptions
  readonly #crew: Crew
  readonly #ledger = new Ledger()
  readonly #handlings = new Map<string, Handling>()
  readonly #rules: RuleBook
  readonly #clearing = new Set<Promise<unknown>>()
  readonly #listeners: ((event: PlaneEvent) => void)[] = []
  readonly #counted: Counted
  /** What is told once, though every worker finds it. */
  readonly #told = new Set<string>()
  #facts: unknown
  #measuring: { readonly origin: Ms; readonly width: Ms } | undefined
  #targetsMade = 0
  #started: Promise<void> | undefined
  #expiry: Timer | undefined
  #closing: Promise<void> | undefined

  constructor(options: ClusterPlaneOptions) {
    this.#options = options
    this.#facts = options.facts
    this.#rules = new RuleBook((slot) => this.#ledger.clear(slot))
    this.#crew = new Crew(options.start, {
      heard: (link, message) => this.#heard(link, message),
      equip: (link) => this.#equip(link),
      lost: (link, why, replaced) => this.#lost(link, why, replaced),
      left: ({ number }, last) => { this.#counted.gone(number, last); this.#empty(number) },
    })
    this.#counted = new Counted(this.#crew)
  }

  /** The process ids of the workers. */
  get workers(): readonly number[] { return this.#crew.links.flatMap(({ pid }) => pid ?? []) }

  /** How many connections each of those that serve has, as they said last. */
  spread(): readonly number[] { return this.#crew.links.filter(({ serving }) => serving).map(({ connections }) => connections) }

  /** As every plane, and WORKER_FAILED. */
  async open(targets: readonly TargetSpec[]): Promise<readonly OpenTarget[]> {
    for (const { name } of targets) if (this.#handlings.has(name)) throw new BrownoutError('NAME_TAKEN', { message: `a target is named "${name}" already` })
    await this.#start()
    const handlings = await Promise.all(targets.map(async (spec) => this.#handling(await withCertificate(spec))))
    try {
      for (const handling of handlings) await handling.open()
      // From here on a worker that is new has them too.
      for (const handling of handlings) this.#handlings.set(handling.spec.name, handling)
      await this.#crew.all('open', handlings.map(({ handed }) => handed))
    } catch (error) {
      await this.shut(targets.map(({ name }) => name))
      await Promise.all(handlings.map((handling) => handling.close()))
      throw error
    }
    return handlings.map(({ opened }) => opened)
  }

  async shut(names: readonly string[]): Promise<void> {
    const going = names.flatMap((name) => this.#handlings.get(name) ?? [])
    for (const { spec: { name } } of going) this.#handlings.delete(name)
    this.#rules.forget(names)
    this.#watchDeadlines()
    await Promise.all([...going.map((handling) => handling.close()), this.#crew.all('shut', going.map(({ spec: { name } }) => name))])
    this.#counted.forget(names)
  }

  async change(target: TargetSpec): Promise<OpenTarget> {
    const handling = this.#named(target.name)
    const old = handling.spec
    await handling.change(await withCertificate(target))
    try {
      await this.#crew.all('change', handling.handed)
    } catch (error) {
      await handling.change(old)
      throw error
    }
    await handling.settle()
    return handling.opened
  }

  async arm(rules: readonly Rule[]): Promise<Ms> {
    checkArmable(this.#options.registry, rules, (name) => this.#named(name).spec, this.#options.admit)
    const armed = rules.map((rule) => this.#arm(rule))
    this.#watchDeadlines()
    const [at] = await Promise.all([this.#crew.all('arm', armed.map(({ handed }) => handed)), ...new Set(rules.map(({ on }) => this.#named(on).settle()))])
    const holds = ms(Math.max(realClock.now(), ...at))
    for (const { armed: one } of armed) one.until = holds + (one.rule.for ?? Number.POSITIVE_INFINITY)
    this.#watchDeadlines()
    return holds
  }

  async disarm(ids?: readonly string[], reason: ClearReason = 'request'): Promise<readonly Cleared[]> {
    const cleared = this.#disarm(({ rule }) => ids === undefined || ids.includes(rule.id), reason)
    // What somebody else is taking off too: whoever heals has healed when all is.
    return (await Promise.all([cleared, ...this.#clearing]))[0]
  }

  async snapshot(): Promise<PlaneSnapshot> {
    const gauges = await this.#counted.gauges()
    const handlings = [...this.#handlings.values()]
    return {
      targets: Object.fromEntries(handlings.flatMap(({ spec: { name } }) => { const own = gauges[name]; return own ? [[name, own] as const] : [] })),
      armed: handlings.flatMap(({ armed }) => armed.map(({ rule }) => rule.id)),
    }
  }

  measure(origin: Ms, width: Ms): void {
    this.#measuring = { origin, width }
    this.#crew.all('measure', this.#measuring).catch(() => undefined)
  }

  takeBuckets(): Promise<readonly BucketRecord[]> { return this.#counted.buckets() }

  takeRecords(): Promise<TakenRecords> { return this.#counted.records() }

  figures(): Promise<PlaneFigures> {
    return this.#counted.figures(this.#rules.all.map(({ armed: { rule: { id, on, fault }, matched, altered } }) => ({ rule: id, on, fault, matched, altered })))
  }

  on(listener: (event: PlaneEvent) => void): void { this.#listeners.push(listener) }

  /** From now on workers judge by these what may be dialled. */
  inform(facts: unknown): void {
    this.#facts = facts
    for (const link of this.#crew.links) link.tell({ kind: 'facts', facts })
  }

  /** So many workers more or fewer, from 1 to 64; those too many take nobody new, and have `drain` until what they have is cut. How many there are then. WORKER_FAILED. */
  async resize(by: number, drain: Ms): Promise<number> {
    await this.#start()
    const count = Math.min(WORKERS, Math.max(1, this.spread().length + by))
    await this.#crew.resize(count, drain)
    return count
  }

  close(drain: Ms = ms(0)): Promise<void> {
    this.#closing ??= this.#close(drain)
    return this.#closing
  }

  async #close(drain: Ms): Promise<void> {
    await this.disarm()
    await Promise.all([...this.#handlings.values()].map((handling) => handling.close()))
    await this.#crew.resize(0, drain)
    await this.#crew.end()
    this.#ledger.remove()
  }

  #start(): Promise<void> {
    this.#started ??= this.#crew.resize(this.#options.workers, ms(0))
    return this.#started
  }

  #handling(spec: TargetSpec): Handling {
    return new Handling(spec, this.#targetsMade++ % TARGETS, {
      clock: realClock, emit: (event) => this.#emit(event),
      hand: (target, session, way, socket) => this.#crew.hand({ target, session, way, socket }),
      connections: (index) => this.#ledger.total(index),
    })
  }

  #arm(rule: Rule): ClusterRule {
    const handling = this.#named(rule.on)
    const context = { seed: this.#options.seed, now: () => realClock.now(), connections: () => this.#ledger.total(handling.index) }
    const one = this.#rules.arm(faultNamed(this.#options.registry, rule.fault), rule, context)
    this.#armedChanged(handling)
    return one
  }

  /** All workers are told in this very tick. */
  async #disarm(which: (one: ClusterRule) => boolean, reason: ClearReason): Promise<readonly Cleared[]> {
    const going = this.#rules.take(which)
    if (going.length === 0) return []
    const handlings = new Set(going.flatMap(({ rule }) => this.#handlings.get(rule.on) ?? []))
    for (const handling of handlings) this.#armedChanged(handling)
    this.#watchDeadlines()
    const done = Promise.all([this.#crew.all('disarm', { ids: going.map(({ rule }) => rule.id), reason }), ...[...handlings].map((handling) => handling.settle())])
    this.#clearing.add(done)
    await done.finally(() => this.#clearing.delete(done))
    const cleared = this.#rules.settle(going, reason, realClock.now())
    for (const one of cleared) this.#emit({ kind: 'cleared', ...one })
    for (const one of going) this.#tellDrained(one)
    return cleared
  }

  #armedChanged(handling: Handling): void {
    handling.armed = this.#rules.all.filter(({ rule }) => rule.on === handling.spec.name).map(({ armed }) => armed)
  }

  #watchDeadlines(): void {
    this.#expiry?.cancel()
    const next = Math.min(...this.#rules.all.map(({ armed }) => armed.until))
    if (next < Number.POSITIVE_INFINITY) this.#expiry = realClock.at(ms(next), () => { const now = realClock.now(); void this.#disarm(({ armed }) => now >= armed.until, 'deadline') })
  }

  /** What a new worker must know, in one go: what is ordered from here on comes behind it. */
  async #equip(link: WorkerLink): Promise<void> {
    const { seed } = this.#options
    await Promise.all([
      link.ask('begin', { worker: link.number, seed, numbers: this.#ledger.folder, facts: this.#facts }),
      link.ask('open', [...this.#handlings.values()].map(({ handed }) => handed)),
      ...(this.#measuring ? [link.ask('measure', this.#measuring)] : []),
      link.ask('arm', this.#rules.all.map(({ handed }) => handed)),
    ])
  }

  #lost({ number, connections }: WorkerLink, why: string, replaced: boolean): void {
    this.#counted.gone(number)
    this.#empty(number)
    this.#emit({ kind: 'lost', connections, why, replaced, at: realClock.now() })
    for (const one of this.#rules.leaving) this.#tellDrained(one, number)
  }

  /** Nobody has a connection there any more. */
  #empty(worker: number): void { for (const { index } of this.#handlings.values()) this.#ledger.count(index, worker, 0) }

  #heard(link: WorkerLink, message: Heard): void {
    if (message.kind === 'event') return this.#hear(link, message.event)
    if (message.kind === 'reaction') return this.#crew.tellOthers(link, message)
    const { id, target, node, from } = message
    const asked = this.#handlings.get(target)?.node(node, from) ?? Promise.resolve(undefined)
    void asked.then((address) => link.tell({ kind: 'node', id, address }))
  }

  #hear({ number }: WorkerLink, event: PlaneEvent): void {
    const rule = 'rule' in event ? this.#rules.find(event.rule) : undefined
    switch (event.kind) {
      case 'cleared': return rule?.let(number, event)
      case 'drained': return rule && this.#tellDrained(rule, number, event.at)
      case 'altered': if (rule?.tells(event.note) !== false) this.#emit(event); return
      case 'broken':
        this.#emit(event)
        return void this.#disarm((one) => one === rule, 'error')
      case 'opaque': case 'spared': case 'unreached': case 'full': {
        const key = [event.kind, 'target' in event ? event.target : event.rule, 'why' in event && event.why].join(' ')
        if (!this.#told.has(key)) this.#emit(event)
        this.#told.add(key)
        return
      }
      default: this.#emit(event)
    }
  }

  /** Once the last worker says so, and all have let go. */
  #tellDrained(one: ClusterRule, worker?: number, at?: Ms): void {
    if (worker !== undefined) one.drained(worker, at)
    const { settled, drains, drainedAt } = one
    if (!settled || drains) return
    this.#rules.gone(one)
    if (drainedAt !== undefined) this.#emit({ kind: 'drained', rule: one.rule.id, at: drainedAt })
  }

  #emit(event: PlaneEvent): void { for (const listener of this.#listeners) listener(event) }

  #named(name: string): Handling {
    const handling = this.#handlings.get(name)
    if (!handling) throw new BrownoutError('TARGET_UNKNOWN', { message: `no target is named "${name}"` })
    return handling
  }
}

type Heard = Parameters<LinkHost['heard']>[1]
