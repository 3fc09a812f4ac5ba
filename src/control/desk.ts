/** Where a running brownout is told what to do by hand: what comes from a terminal, a page or a program ends here, and is written down before it is done. */

import { monotonicNow, realClock, wallOf, type Clock, type Timer } from '../core/clock.ts'
import { BrownoutError, nearest } from '../core/errors.ts'
import { formatDuration, ms, parseDuration, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { PlaneFigures } from '../proxy/plane.ts'
import type { ClearReason, EventBodies, JournalEvent } from '../record/events.ts'
import type { Rule } from '../rule.ts'
import { catalogueOf } from './catalogue.ts'
import type { ChangeRequest, Control, FaultEntry, Injection, InjectRequest, Lease, Mark, Mode, RunStatus, Status, TargetStatus, Tick, Told } from './contract.ts'
import type { Feed } from './feed.ts'
import type { Gate } from './gate.ts'
import { Injections, type Made } from './injections.ts'
import { Leases } from './leases.ts'
import { Live } from './live.ts'

/** What arms rules and writes that down: that of a run, or one over a plane of its own. */
export interface Armory {
  /** False, and nothing is armed, where it could not be written down. A rule that is armed already is changed in place. */
  arm(rule: Rule, step: string): Promise<boolean>
  disarm(ids: readonly string[] | undefined, reason: ClearReason): Promise<void>
}
/** A rule, and how long after the injection it is armed. */
export interface PlannedRule { readonly at: Ms; readonly rule: Rule; readonly scenario?: string | undefined }

export interface DeskOptions {
  readonly registry: Registry
  readonly mode: Mode
  readonly version: string
  readonly cwd: string
  /** The program that is wrapped, the file that is run. */
  readonly about: string
  readonly seed: number
  /** When it was started, in ms since 1970; now unless given. */
  readonly since?: number | undefined
  readonly gate: Gate
  readonly armory: Armory
  readonly feed: Feed
  /** Reads what somebody wants injected under that name; throws what is wrong with it. */
  read(request: InjectRequest, id: string): readonly PlannedRule[]
  /** Those that are open, without figures of theirs. */
  targets(): readonly Pick<TargetStatus, 'name' | 'protocol' | 'upstream' | 'listen'>[]
  figures(): Promise<Pick<PlaneFigures, 'targets' | 'rules'>>
  readonly run?: (() => RunStatus | undefined) | undefined
  /** Called once, before the first figures are asked for: they cost something. */
  readonly measure?: (() => void) | undefined
  /** Takes away those of these rules that were armed by other ways (toxics), so that they do not come back. */
  readonly clearOthers?: ((ids: readonly string[]) => Promise<void>) | undefined
  /** Everything has been halted. */
  readonly halted?: ((why: string) => void) | undefined
  /** Somebody has resumed: what stands by the configuration may be armed again. */
  readonly resumed?: (() => Promise<void>) | undefined
  readonly url?: (() => string | undefined) | undefined
  readonly clock?: Clock
}

const EVENTS_MAX = 1000
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

export class Desk implements Control {
  readonly #options: DeskOptions
  readonly #clock: Clock
  readonly #injections: Injections
  readonly #leases: Leases
  readonly #live: Live
  readonly #hear = new Set<(told: Told) => void>()
  readonly #since: number
  /** Of scenarios: parts that are not armed yet. */
  readonly #later = new Map<string, Timer>()
  /** Names that injections were given. */
  readonly #used = new Set<string>()
  #events: JournalEvent[] = []
  #measured = false

  constructor(options: DeskOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#since = options.since ?? wallOf(monotonicNow())
    this.#injections = new Injections(options.registry)
    this.#leases = new Leases(this.#clock, (lease) => { void this.#lost(lease) })
    this.#live = new Live({ clock: this.#clock, ticks: (ticks) => this.#tell({ kind: 'ticks', ticks }), resources: (resources) => this.#tell({ kind: 'resources', resources }) })
    for (const event of options.feed.past ?? []) this.#written(event)
    options.feed.on((event) => this.#written(event))
  }

  async status(): Promise<Status> {
    this.#measure()
    const { version, mode, cwd, about, seed, gate, targets, run, url } = this.#options
    const figures = await this.#options.figures()
    const counted = new Map(figures.rules.map((one) => [one.rule, one]))
    return {
      version, pid: process.pid, mode, cwd, about, since: this.#since, seed, url: url?.(), run: run?.(),
      halted: gate.halted ?? null, policy: gate.policy?.inEffect ?? null,
      targets: targets().map((target) => {
        const { connections = 0, accepted = 0, failedDials = 0, resets = 0 } = figures.targets[target.name] ?? {}
        return { ...target, connections, accepted, failedDials, resets, last: this.#live.last(target.name) }
      }),
      injections: this.#injections.list().map((one) => ({ ...one, matched: counted.get(one.id)?.matched ?? 0, altered: counted.get(one.id)?.altered ?? 0 })),
    }
  }

  catalogue(): readonly FaultEntry[] { return catalogueOf(this.#options.registry) }

  async inject(request: InjectRequest, who: string): Promise<readonly Injection[]> {
    const { lease, id: wanted, ...rest } = request
    if (lease !== undefined && !this.#leases.has(lease)) throw new BrownoutError('LEASE_LOST', { message: 'there is no such lease (any more)' })
    const id = this.#idFor(wanted, request)
    const planned = this.#options.read(rest, id)
    for (const { rule } of planned) this.#options.gate.admit(rule)
    this.#used.add(id)
    const made = (scenario: string | undefined): Made => ({ by: who, lease, scenario, request: rest })
    const listed = planned.map(({ rule, scenario, at }) => this.#injections.make(rule, made(scenario), at > 0 ? { armed: ms(this.#clock.now() + at) } : undefined))
    this.#order(who, 'inject', listed.map(({ text }) => text).join('; '), id)
    for (const { at, rule } of planned) if (at > 0) this.#armLater(at, rule, id)
    try {
      for (const { at, rule } of planned) if (at <= 0) await this.#arm(rule, id)
    } catch (error) {
      // All of it or nothing.
      const ids = planned.map(({ rule }) => rule.id)
      await this.#heal(ids, 'error')
      for (const one of ids) this.#injections.forget(one)
      throw error
    }
    void this.#tellStatus()
    return planned.map(({ rule }, index) => ({ ...(this.#injections.get(rule.id) ?? listed[index] as Injection), matched: 0, altered: 0 }))
  }

  async change(id: string, { params, chance, for: length, extend }: ChangeRequest, who: string): Promise<Injection> {
    const made = this.#injections.made(id)
    const now = this.#known(id)
    if (!made || made.scenario !== undefined) throw new BrownoutError('RULE_INVALID', { message: `${id} was not injected by hand as one fault, and cannot be changed so`, hint: 'clear it, and inject another' })
    const left = now.until === null ? undefined : Math.max(1, now.until - wallOf(this.#clock.now()))
    const more = extend === undefined ? undefined : parseDuration(extend)
    if (extend !== undefined && more === undefined) throw new BrownoutError('VALUE_INVALID', { message: `extend: expected a duration such as 30s, not "${extend}"` })
    const lengthened = more === undefined ? length : `${(left ?? 0) + more}ms`
    const ending = lengthened === undefined ? (left === undefined ? {} : { for: `${left}ms` }) : { for: lengthened, standing: undefined }
    const request = { ...made.request, ...ending, params: { ...made.request.params, ...params }, ...(chance === undefined ? {} : { chance }) }
    const [planned] = this.#options.read(request, id)
    if (!planned) throw new BrownoutError('RULE_INVALID', { message: `${id}: nothing is left of it` })
    this.#options.gate.admit(planned.rule)
    const { text } = this.#injections.make(planned.rule, { ...made, request })
    this.#order(who, 'change', text, id)
    await this.#arm(planned.rule, id)
    void this.#tellStatus()
    return { ...this.#known(id), matched: 0, altered: 0 }
  }

  async clear({ id, on }: { readonly id?: string | undefined; readonly on?: string | undefined }, who: string): Promise<readonly Injection[]> {
    if (id !== undefined) this.#known(id)
    if (on !== undefined) this.#knownTarget(on)
    const listed = this.#injections.list().filter((one) => (id === undefined || one.id === id) && (on === undefined || one.on === on))
    const ids = listed.map((one) => one.id)
    const { rules } = await this.#options.figures()
    this.#order(who, 'clear', ids.join(', ') || on || 'all', id)
    await this.#heal(ids, 'request')
    await this.#options.clearOthers?.(ids)
    void this.#tellStatus()
    return listed.map((one) => ({ ...one, ...pick(rules.find(({ rule }) => rule === one.id)) }))
  }

  async halt(who: string, reason: string): Promise<void> {
    const { gate, clearOthers, halted } = this.#options
    const ids = this.#injections.ids(() => true)
    // First the gate: nothing gets in while it is being healed.
    gate.halt({ by: who, at: wallOf(this.#clock.now()), reason })
    this.#order(who, 'halt', reason)
    await this.#heal(undefined, 'request')
    halted?.(`halted by ${who}${reason === '' ? '' : `: ${reason}`}`)
    await clearOthers?.(ids)
    void this.#tellStatus()
  }

  async resume(who: string, reason: string): Promise<void> {
    if (reason.trim() === '') throw new BrownoutError('VALUE_INVALID', { message: 'why is it safe to go on? `reason` is empty', hint: 'it is written down' })
    this.#order(who, 'resume', reason)
    this.#options.gate.resume()
    await this.#options.resumed?.()
    void this.#tellStatus()
  }

  grant(who: string, ttl: number): Lease { return this.#leases.grant(who, ttl) }
  renew(lease: string): Lease { return this.#leases.renew(lease) }

  async release(lease: string): Promise<void> {
    this.#leases.release(lease)
    await this.#heal(this.#injections.ids((one) => one.lease === lease), 'lease')
    void this.#tellStatus()
  }

  note(text: string, who: string, mark?: Mark): void { this.#order(who, mark ?? 'note', text) }

  ticks(): readonly Tick[] { this.#measure(); return this.#live.ticks() }
  events(): readonly JournalEvent[] { return this.#events }

  on(hear: (told: Told) => void): () => void {
    this.#measure()
    this.#hear.add(hear)
    return () => { this.#hear.delete(hear) }
  }

  /** Heals what was injected here and lets go of all that waits. */
  async close(): Promise<void> {
    this.#leases.close()
    this.#live.close()
    await this.#heal(this.#injections.ids(({ id }) => this.#injections.made(id) !== undefined), 'request')
  }

  #measure(): void {
    if (!this.#measured) this.#options.measure?.()
    this.#measured = true
  }

  /** All parts of a scenario are one step: it is measured as a whole. */
  #armLater(at: Ms, rule: Rule, step: string): void {
    this.#later.set(rule.id, this.#clock.at(ms(this.#clock.now() + at), () => {
      this.#later.delete(rule.id)
      const refused = (error: unknown): void => {
        this.#injections.forget(rule.id)
        this.#options.feed.problem(error instanceof BrownoutError ? error : { code: 'INTERNAL', message: String(error) })
      }
      this.#arm(rule, step).catch(refused)
    }))
  }

  async #arm(rule: Rule, step: string): Promise<void> {
    this.#options.gate.admit(rule)
    if (!await this.#options.armory.arm(rule, step)) throw new BrownoutError('JOURNAL_FAILED', { message: `${rule.id} was not armed: it could not be written down` })
  }

  /** All where `ids` is absent. */
  async #heal(ids: readonly string[] | undefined, reason: ClearReason): Promise<void> {
    for (const [id, timer] of [...this.#later]) {
      if (ids && !ids.includes(id)) continue
      timer.cancel()
      this.#later.delete(id)
      this.#injections.forget(id)
    }
    if (!ids || ids.length > 0) await this.#options.armory.disarm(ids, reason)
  }

  async #lost({ lease, who, ttl }: Lease): Promise<void> {
    const ids = this.#injections.ids((one) => one.lease === lease)
    if (ids.length === 0) return
    this.#order(who, 'lost', `was not heard of for ${formatDuration(ms(ttl))}: ${ids.join(', ')} is healed`)
    await this.#heal(ids, 'lease')
    void this.#tellStatus()
  }

  #order(who: string, did: EventBodies['operator']['did'], text: string, rule?: string): void {
    if (!this.#options.feed.write({ kind: 'operator', who, did, text, ...(rule === undefined ? {} : { rule }) }) && (did === 'inject' || did === 'change')) {
      throw new BrownoutError('JOURNAL_FAILED', { message: 'nothing was done: it could not be written down' })
    }
  }

  #written(event: JournalEvent): void {
    this.#live.hear(event)
    if (event.kind === 'bucket' || event.kind === 'figures') return
    this.#events.push(event)
    if (this.#events.length > 2 * EVENTS_MAX) this.#events = this.#events.slice(-EVENTS_MAX)
    this.#tell({ kind: 'event', event })
    if (this.#injections.hear(event) || event.kind === 'phase' || event.kind === 'verdict') void this.#tellStatus()
  }

  #tell(told: Told): void { for (const hear of this.#hear) hear(told) }

  async #tellStatus(): Promise<void> {
    if (this.#hear.size > 0) this.#tell({ kind: 'status', status: await this.status() })
  }

  #idFor(wanted: string | undefined, { fault, scenario, on }: InjectRequest): string {
    if (wanted !== undefined && !NAME.test(wanted)) throw new BrownoutError('NAME_INVALID', { message: `"${wanted}" cannot be a name` })
    if (wanted !== undefined && this.#injections.get(wanted)) throw new BrownoutError('NAME_TAKEN', { message: `"${wanted}" is injected already`, hint: 'change or clear it, or give another name' })
    const stem = wanted ?? (`${fault ?? scenario ?? 'fault'}-${String(on)}`.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^-+/, '').slice(0, 48) || 'fault')
    // Also of what is over: each injection is measured by its name.
    const free = (id: string): boolean => ![...this.#used, ...this.#injections.ids(() => true)].some((one) => one === id || one.startsWith(`${id}-`))
    for (let n = 1; ; n++) {
      const id = n === 1 ? stem : `${stem}-${n}`
      if (wanted !== undefined || free(id)) return id
    }
  }

  #known(id: string): Injection {
    const found = this.#injections.get(id)
    if (found) return { ...found, matched: 0, altered: 0 }
    const ids = this.#injections.ids(() => true)
    const near = nearest(id, ids)
    throw new BrownoutError('INJECTION_UNKNOWN', { message: `nothing that is injected is named "${id}"`, hint: near ? `did you mean "${near}"?` : ids.length > 0 ? `injected now: ${ids.join(', ')}` : 'nothing is injected now' })
  }

  #knownTarget(on: string): void {
    const names = this.#options.targets().map(({ name }) => name)
    if (names.includes(on)) return
    const near = nearest(on, names)
    throw new BrownoutError('TARGET_UNKNOWN', { message: `no target is named "${on}"`, hint: near ? `did you mean "${near}"?` : `targets here: ${names.join(', ') || 'none'}` })
  }
}

const pick = (counted: PlaneFigures['rules'][number] | undefined): Pick<Injection, 'matched' | 'altered'> => ({ matched: counted?.matched ?? 0, altered: counted?.altered ?? 0 })
