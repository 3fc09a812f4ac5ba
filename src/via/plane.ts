/**
 * Targets whose faults a real Toxiproxy injects, beside targets of our own:
 *
 *   client ─▶ our proxy (counts, sees what passes) ─▶ Toxiproxy (toxics) ─▶ server
 *
 * Our proxy is there on every target, so every figure is measured alike; on a target that goes by a Toxiproxy it injects nothing.
 * A rule holds from the server's acknowledgement, and an operation counts as altered when it passed after that: what a toxic did
 * with it, Toxiproxy does not tell. Where only a share is hit, as many count as are to be expected.
 */

import { monotonicNow, sleep } from '../core/clock.ts'
import { BrownoutError, knownError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { Registry } from '../fault.ts'
import type { Cleared, OpenTarget, Plane, PlaneEvent, PlaneSnapshot, TakenRecords, TargetSpec } from '../proxy/plane.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { ClearReason } from '../record/events.ts'
import { checkRule, faultNamed, type Rule } from '../rule.ts'
import { startKeeper, type Keeper } from './keeper.ts'
import { mapRule, type Mapping } from './mapping.ts'
import { Remote, sweep } from './remote.ts'
import type { ViaRoute } from './route.ts'
import { WITNESS, witness, type Sighting } from './witness.ts'

/** Altered operations of a rule that are told one by one. */
const TOLD_MAX = 200
/** A server that has not taken a toxic off by then has failed to. */
const HEAL_WITHIN: Ms = ms(3000)
const HEAL_POLL: Ms = ms(200)

export interface ViaPlaneOptions {
  /** Asked before anything is armed; throws what stands in its way. */
  readonly admit?: ((rule: Rule) => void) | undefined
  /** By target. */
  readonly routes: ReadonlyMap<string, ViaRoute>
  readonly registry: Registry
  /** Makes the plane of our own proxies, with those faults. */
  readonly local: (registry: Registry) => Plane
  /** How long taking a toxic off is tried again; HEAL_WITHIN unless given. */
  readonly healWithin?: Ms | undefined
}

/** A rule that a Toxiproxy carries out. */
interface Applied {
  readonly rule: Rule
  readonly mapping: Mapping
  readonly remote: Remote
  readonly chance: number
  /** Settles when the server has acknowledged it. */
  readonly put: Promise<void>
  matched: number
  altered: number
  leaving: Promise<Cleared> | undefined
}

export class ViaPlane implements Plane {
  readonly #routes: ReadonlyMap<string, ViaRoute>
  readonly #registry: Registry
  readonly #local: Plane
  readonly #healWithin: Ms
  readonly #admit: (rule: Rule) => void
  readonly #listeners: ((event: PlaneEvent) => void)[] = []
  readonly #remotes = new Map<string, Remote>()
  readonly #applied = new Map<string, Applied>()
  #keeper: Keeper | undefined
  #closing: Promise<void> | undefined

  constructor({ routes, registry, local, admit = () => undefined, healWithin = HEAL_WITHIN }: ViaPlaneOptions) {
    this.#admit = admit
    this.#routes = routes
    this.#registry = registry
    this.#healWithin = healWithin
    const seer = witness((sighting) => this.#saw(sighting))
    this.#local = local(new Map([...registry, [WITNESS, seer]]))
    this.#local.on((event) => this.#hear(event))
  }

  /** As every plane, and VIA_FAILED. What it has made on a server is gone again when it rejects. */
  async open(targets: readonly TargetSpec[]): Promise<readonly OpenTarget[]> {
    this.#keeper ??= startKeeper()
    try {
      for (const server of new Set([...this.#routes.values()].map(({ server: url }) => url))) await sweep(server)
      const specs: TargetSpec[] = []
      for (const spec of targets) specs.push(await this.#routed(spec))
      return await this.#local.open(specs)
    } catch (error) {
      await this.#release()
      throw error
    }
  }

  async arm(rules: readonly Rule[]): Promise<Ms> {
    for (const rule of rules) {
      checkRule(this.#registry, rule)
      this.#admit(rule)
    }
    const mapped = rules.map((rule) => ({ rule, remote: this.#remotes.get(rule.on) }))
    const away = mapped.flatMap(({ rule, remote }) => (remote ? [{ rule, remote, mapping: this.#mapped(rule) }] : []))
    const here = mapped.filter(({ remote }) => !remote).map(({ rule }) => rule)
    if (away.length === 0) return this.#local.arm(here)
    if (here.length > 0) await this.#local.arm(here)
    await Promise.all(away.map(({ rule, remote, mapping }) => this.#apply(rule, remote, mapping)))
    return monotonicNow()
  }

  /** Our own rules go in this very tick, the others as soon as their server has taken them off. VIA_FAILED when it does not. */
  async disarm(ids?: readonly string[], reason: ClearReason = 'request'): Promise<readonly Cleared[]> {
    const away = [...this.#applied.values()].filter(({ rule }) => ids === undefined || ids.includes(rule.id))
    const names = new Set(away.map(({ rule }) => rule.id))
    const taken = Promise.allSettled(away.map((applied) => this.#take(applied, reason)))
    const here = await this.#local.disarm(ids, reason)
    const cleared: Cleared[] = here.filter(({ rule }) => !names.has(rule))
    for (const one of await taken) {
      if (one.status === 'rejected') throw one.reason
      cleared.push(one.value)
    }
    return cleared
  }

  snapshot(): Promise<PlaneSnapshot> { return this.#local.snapshot() }
  measure(origin: Ms, width: Ms): void { this.#local.measure(origin, width) }
  takeBuckets(): Promise<readonly BucketRecord[]> { return this.#local.takeBuckets() }
  takeRecords(): Promise<TakenRecords> { return this.#local.takeRecords() }
  on(listener: (event: PlaneEvent) => void): void { this.#listeners.push(listener) }

  close(drain?: Ms): Promise<void> {
    this.#closing ??= this.#close(drain)
    return this.#closing
  }

  async #close(drain: Ms | undefined): Promise<void> {
    try {
      await this.disarm()
    } finally {
      await this.#local.close(drain)
      await this.#release()
    }
  }

  /** Leaves the servers as they were found. The keeper tries what we could not. */
  async #release(): Promise<void> {
    const closed = await Promise.allSettled([...this.#remotes.values()].map((remote) => remote.close()))
    this.#remotes.clear()
    const failed = closed.find((one) => one.status === 'rejected')
    if (!failed) this.#keeper?.tell([])
    this.#keeper?.close()
    if (failed) throw failed.reason
  }

  async #routed(spec: TargetSpec): Promise<TargetSpec> {
    const route = this.#routes.get(spec.name)
    if (!route) return spec
    const remote = await Remote.open(route, spec, () => this.#tellKeeper())
    this.#remotes.set(spec.name, remote)
    this.#tellKeeper()
    return { ...spec, upstream: remote.address }
  }

  #tellKeeper(): void { this.#keeper?.tell([...this.#remotes.values()].flatMap(({ undo }) => undo)) }

  #mapped(rule: Rule): Mapping {
    const mapping = mapRule(rule, faultNamed(this.#registry, rule.fault))
    if ('reason' in mapping) throw new BrownoutError('VIA_UNSUPPORTED', { message: `${rule.id}: ${mapping.reason}`, hint: mapping.hint })
    return mapping
  }

  async #apply(rule: Rule, remote: Remote, mapping: Mapping): Promise<void> {
    const there = this.#applied.get(rule.id)
    if (there) await this.#take(there, 'request')
    const put = remote.put(rule.id, mapping)
    const applied: Applied = { rule, mapping, remote, put, chance: mapping.toxics[0]?.toxicity ?? 1, matched: 0, altered: 0, leaving: undefined }
    this.#applied.set(rule.id, applied)
    try {
      await put
    } catch (error) {
      // Half of it may be there. Where it cannot be taken off either, it stays on the list: disarming will say so.
      await this.#take(applied, 'error').catch(() => undefined)
      throw error
    }
    if (applied.leaving) return
    // It keeps the time as well: when the witness's is over, the toxics go.
    const { id, on, for: length } = rule
    await this.#local.arm([{ id, fault: WITNESS, on, params: { rule: id }, ...(length === undefined ? { standing: true } : { for: length }) }])
  }

  #take(applied: Applied, reason: ClearReason): Promise<Cleared> {
    applied.leaving ??= this.#takeOff(applied, reason).catch((error: unknown) => {
      applied.leaving = undefined
      throw error
    })
    return applied.leaving
  }

  async #takeOff({ rule, remote, put, ...counts }: Applied, reason: ClearReason): Promise<Cleared> {
    await put.catch(() => undefined)
    await untilDone(() => remote.take(rule.id), this.#healWithin)
    await this.#local.disarm([rule.id], reason)
    const { matched, altered } = this.#applied.get(rule.id) ?? counts
    this.#applied.delete(rule.id)
    const cleared: Cleared = { rule: rule.id, reason, at: monotonicNow(), matched, altered }
    this.#emit({ kind: 'cleared', ...cleared })
    return cleared
  }

  /** A connection counts once, by the first of its units that is evidence. */
  #saw({ rule: id, session, direction, kind }: Sighting): boolean {
    const applied = this.#applied.get(id)
    if (!applied?.mapping.evidence.includes(kind)) return false
    applied.matched++
    const expected = Math.floor(applied.matched * applied.chance + 1e-9)
    if (expected <= applied.altered) return true
    applied.altered = expected
    const did = applied.mapping.disabled ? `${kind} while the Toxiproxy was switched off` : `${kind} passed a toxic, effect not observable`
    if (expected <= TOLD_MAX) this.#emit({ kind: 'altered', rule: id, session, direction, did, at: monotonicNow() })
    return true
  }

  #hear(event: PlaneEvent): void {
    const applied = event.kind === 'cleared' || event.kind === 'drained' ? this.#applied.get(event.rule) : undefined
    if (!applied) return this.#emit(event)
    if (event.kind !== 'cleared' || event.reason !== 'deadline') return
    this.#take(applied, 'deadline').catch((error: unknown) => {
      this.#emit({ kind: 'broken', rule: event.rule, session: 0, problem: knownError(error).message, at: monotonicNow() })
    })
  }

  #emit(event: PlaneEvent): void { for (const listener of this.#listeners) listener(event) }
}

/** Again and again until it succeeds, at most `within`: a toxic that stays harms somebody. */
async function untilDone(work: () => Promise<void>, within: Ms): Promise<void> {
  const until = monotonicNow() + within
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (monotonicNow() >= until) throw error
      await sleep(HEAL_POLL)
    }
  }
}
