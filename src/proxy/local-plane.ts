/** All proxies in this process. */

import type { Socket } from 'node:net'
import { realClock, sleep, type Clock, type Timer } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { AnyFault, Registry } from '../fault.ts'
import { facetProblem, nodeProblem, tellsApart } from '../match.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { ClearReason } from '../record/events.ts'
import { checkRule, faultNamed, type Rule } from '../rule.ts'
import type { Word } from './accounts/reactions.ts'
import type { ArmedRule, Grant } from './armed.ts'
import type { Way } from './front.ts'
import type { Cleared, DynamicPlane, OpenTarget, PlaneEvent, PlaneFigures, PlaneSnapshot, TakenRecords, TargetSpec } from './plane.ts'
import { TargetProxy, type ProxyHost } from './proxy.ts'

/** How often the process looks whether it was held up, and how late it must be for that to be told. */
const PULSE: Ms = ms(200)
const SUSPECT: Ms = ms(250)
const DRAIN_POLL: Ms = ms(5)

export interface LocalPlaneOptions extends Pick<ProxyHost, 'permit' | 'front' | 'connections' | 'tell'> { readonly registry: Registry; readonly seed: number; readonly clock?: Clock
  /** Asked before anything is armed; throws what stands in its way. */
  readonly admit?: ((rule: Rule) => void) | undefined
}

export class LocalPlane implements DynamicPlane {
  readonly #registry: Registry
  readonly #seed: number
  readonly #clock: Clock
  readonly #options: Pick<ProxyHost, 'permit' | 'front' | 'connections' | 'tell'>
  readonly #admit: ((rule: Rule) => void) | undefined
  readonly #listeners: ((event: PlaneEvent) => void)[] = []
  #proxies: readonly TargetProxy[] = []
  /** Shut, but with connections that are still saying goodbye. */
  #leaving: readonly TargetProxy[] = []
  #measuring: { readonly origin: Ms; readonly width: Ms } | undefined
  #expiry: Timer | undefined
  #pulse: Timer | undefined
  #closing: Promise<void> | undefined

  constructor({ registry, seed, clock = realClock, admit, ...options }: LocalPlaneOptions) {
    this.#admit = admit
    this.#options = options
    this.#registry = registry
    this.#seed = seed
    this.#clock = clock
  }

  async open(targets: readonly TargetSpec[]): Promise<readonly OpenTarget[]> {
    for (const { name } of targets) {
      if (this.#find(name)) throw new BrownoutError('NAME_TAKEN', { message: `a target is named "${name}" already` })
    }
    const host = {
      ...this.#options, clock: this.#clock, seed: this.#seed,
      emit: (event: PlaneEvent): void => this.#emit(event),
      expire: (now: Ms): void => this.#expire(now),
      // Not from inside the judgement that found it: the chunk at hand is still being scheduled.
      broken: (armed: ArmedRule): void => { this.#clock.at(this.#clock.now(), () => { void this.disarm([armed.rule.id], 'error') }) },
    }
    const proxies = targets.map((target) => new TargetProxy(target, host))
    const open: OpenTarget[] = []
    try {
      for (const proxy of proxies) open.push(await proxy.open())
    } catch (error) {
      await Promise.all(proxies.map((proxy) => proxy.stopListening()))
      throw error
    }
    this.#proxies = [...this.#proxies, ...proxies]
    for (const proxy of proxies) this.#measureToo(proxy)
    if (!this.#pulse) this.#beat(this.#clock.now())
    return open
  }

  async shut(names: readonly string[]): Promise<void> {
    const going = this.#proxies.filter(({ spec }) => names.includes(spec.name))
    this.#proxies = this.#proxies.filter((proxy) => !going.includes(proxy))
    this.#leaving = [...this.#leaving, ...going].filter((proxy) => proxy.sessions > 0)
    // Before their rules are gone: what those held must not come out.
    for (const proxy of going) proxy.endSessions()
    for (const proxy of going) proxy.forgetRules()
    this.#watchDeadlines()
    await Promise.all(going.map((proxy) => proxy.stopListening()))
  }

  async change(target: TargetSpec): Promise<OpenTarget> {
    const proxy = this.#proxy(target.name)
    const { accounts } = proxy
    const open = await proxy.change(target)
    // One that speaks another protocol has accounts of its own.
    if (proxy.accounts !== accounts) this.#measureToo(proxy)
    return open
  }

  async figures(): Promise<PlaneFigures> {
    return {
      targets: Object.fromEntries(this.#proxies.map(({ spec, meter }) => [spec.name, meter.figures()])),
      rules: this.#proxies.flatMap(({ armed }) => armed.map(({ rule, matched, altered }) => ({ rule: rule.id, on: rule.on, fault: rule.fault, matched, altered }))),
      operations: Object.fromEntries(this.#proxies.map(({ spec, accounts }) => [spec.name, accounts.figures()])),
    }
  }

  async arm(rules: readonly Rule[], grant?: (rule: Rule) => Grant): Promise<Ms> {
    checkArmable(this.#registry, rules, (name) => this.#proxy(name).spec, this.#admit)
    await Promise.all(rules.map((rule) => this.#proxy(rule.on).arm(faultNamed(this.#registry, rule.fault), rule, grant?.(rule))))
    this.#watchDeadlines()
    return this.#clock.now()
  }

  /** A client of that target that another process has accepted; false where there is no such target (any more). */
  adopt(target: string, socket: Socket, way: Way, session: number): boolean {
    const proxy = this.#find(target)
    proxy?.accept(socket, way, session)
    return proxy !== undefined
  }

  /** Another process that serves the target has told this of its clients. */
  hear(target: string, word: Word): void { this.#find(target)?.accounts.hear(word) }

  disarm(ids?: readonly string[], reason: ClearReason = 'request'): Promise<readonly Cleared[]> {
    return this.#disarm((armed) => ids === undefined || ids.includes(armed.rule.id), reason)
  }

  async snapshot(): Promise<PlaneSnapshot> {
    return {
      targets: Object.fromEntries(this.#proxies.map(({ spec, meter }) => [spec.name, meter.gauges()])),
      armed: this.#proxies.flatMap((proxy) => proxy.armed.map((armed) => armed.rule.id)),
    }
  }

  measure(origin: Ms, width: Ms): void {
    this.#measuring = { origin, width }
    for (const { meter, accounts } of this.#proxies) {
      meter.cut(origin, width)
      accounts.cut(origin, width)
    }
  }

  /** Of a target that comes while others are measured: from the bucket on that is under way. */
  #measureToo({ meter, accounts }: TargetProxy): void {
    if (!this.#measuring) return
    const { origin, width } = this.#measuring
    const from = ms(origin + Math.max(0, Math.floor((this.#clock.now() - origin) / width)) * width)
    meter.cut(from, width)
    accounts.cut(from, width)
  }

  async takeBuckets(): Promise<readonly BucketRecord[]> {
    const now = this.#clock.now()
    return this.#proxies.flatMap(({ meter }) => meter.take(now))
  }

  async takeRecords(): Promise<TakenRecords> {
    const taken = this.#proxies.map(({ accounts }) => accounts.take(this.#clock.now()))
    return { figures: taken.flatMap(({ figures }) => figures), reactions: taken.flatMap(({ reactions }) => reactions), totals: taken.flatMap(({ totals }) => totals) }
  }

  on(listener: (event: PlaneEvent) => void): void { this.#listeners.push(listener) }

  close(drain: Ms = ms(0)): Promise<void> {
    this.#closing ??= this.#close(drain)
    return this.#closing
  }

  async #close(drain: Ms): Promise<void> {
    this.#pulse?.cancel()
    await this.disarm(undefined, 'request')
    for (const proxy of this.#leaving) proxy.destroySessions()
    await Promise.all(this.#proxies.map((proxy) => {
      const stopped = proxy.stopListening()
      return this.#drained(proxy, drain).then(() => { proxy.destroySessions(); return stopped })
    }))
  }

  async #drained(proxy: TargetProxy, drain: Ms): Promise<void> {
    const until = this.#clock.now() + drain
    while (proxy.sessions > 0 && this.#clock.now() < until) await sleep(DRAIN_POLL, this.#clock)
  }

  /** Rules go at once, all of them, before anything is waited for. */
  async #disarm(which: (armed: ArmedRule) => boolean, reason: ClearReason): Promise<readonly Cleared[]> {
    const cleared: Cleared[] = []
    const listening: Promise<void>[] = []
    for (const proxy of this.#proxies) {
      for (const armed of proxy.armed.filter(which)) {
        listening.push(proxy.disarm(armed))
        cleared.push({ rule: armed.rule.id, reason, at: this.#clock.now(), matched: armed.matched, altered: armed.altered, ...(armed.draining > 0 ? { draining: true } : {}) })
      }
    }
    this.#watchDeadlines()
    for (const one of cleared) this.#emit({ kind: 'cleared', ...one })
    await Promise.all(listening)
    return cleared
  }

  #expire(now: Ms): void { void this.#disarm((armed) => now >= armed.until, 'deadline') }

  #watchDeadlines(): void {
    this.#expiry?.cancel()
    const next = Math.min(...this.#proxies.flatMap((proxy) => proxy.armed.map((armed) => armed.until)))
    if (next < Number.POSITIVE_INFINITY) this.#expiry = this.#clock.at(ms(next), () => this.#expire(this.#clock.now()))
  }

  /** A pulse that comes late says that the process did not run: figures of that time are not to be trusted. */
  #beat(last: Ms): void {
    const due = ms(last + PULSE)
    this.#pulse = this.#clock.at(due, () => {
      const now = this.#clock.now()
      this.#expire(now)
      if (now - due > SUSPECT) this.#emit({ kind: 'suspect', stall: ms(now - due), at: now })
      this.#beat(now)
    })
  }

  #emit(event: PlaneEvent): void { for (const listener of this.#listeners) listener(event) }

  #find(name: string): TargetProxy | undefined { return this.#proxies.find(({ spec }) => spec.name === name) }

  #proxy(name: string): TargetProxy {
    const proxy = this.#find(name)
    if (!proxy) throw new BrownoutError('TARGET_UNKNOWN', { message: `no target is named "${name}"` })
    return proxy
  }
}

/** Throws unless all of them can be armed on the targets that they name: what checkRule does, TARGET_UNKNOWN of `specOf`, PROTOCOL_MISMATCH, RULE_INVALID, and whatever `admit` throws. */
export function checkArmable(registry: Registry, rules: readonly Rule[], specOf: (target: string) => TargetSpec, admit?: (rule: Rule) => void): void {
  for (const rule of rules) {
    checkRule(registry, rule)
    admit?.(rule)
    checkSpoken(rule, faultNamed(registry, rule.fault), specOf(rule.on))
  }
}

/** PROTOCOL_MISMATCH, RULE_INVALID: the fault or its `where` speaks of what the target does not. */
function checkSpoken({ id, on, where = {} }: Rule, fault: AnyFault, { protocol, cluster }: Pick<TargetSpec, 'protocol' | 'cluster'>): void {
  if (fault.protocols.length > 0 && !fault.protocols.includes(protocol)) {
    throw new BrownoutError('PROTOCOL_MISMATCH', { message: `${fault.name} acts on ${fault.protocols.join(', ')}, and "${on}" speaks ${protocol}` })
  }
  for (const [name, wanted] of Object.entries(where)) {
    if (name === 'client' || name === 'from' || wanted === undefined) continue
    const apart = tellsApart(fault)
    const found = name === 'node' ? nodeProblem(wanted, cluster === true) : apart !== 'connections' ? facetProblem(name, wanted, protocol, apart) : { problem: `${fault.name} acts on whole connections, which have no "${name}"` }
    if (found) throw new BrownoutError('RULE_INVALID', { message: `${id}: where.${found.problem}`, hint: found.hint })
  }
}
