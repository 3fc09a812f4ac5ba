/** A dependency behind a proxy of this process, for tests: opened, hurt, healed, closed. */

import type { Fault, FaultName, FaultParams, Figures, Hits, Injection, Target, TargetOptions } from '../../types/brownout.d.ts'
import { BrownoutError } from '../core/errors.ts'
import { freshSeed } from '../core/random.ts'
import { ms, parseDuration, type Ms } from '../core/units.ts'
import { proxiedAddress } from '../experiment/addresses.ts'
import { literal } from '../experiment/interpolate.ts'
import type { PlannedTarget } from '../experiment/plan.ts'
import { parseStanding } from '../experiment/standing.ts'
import type { Registry } from '../fault.ts'
import { LocalPlane } from '../proxy/local-plane.ts'
import type { Rule } from '../rule.ts'
import { refused, timeText, withUnits } from './written.ts'

const NAME = 'target'
/** How long connections that are under way have to end when a target is closed. */
const DRAIN: Ms = ms(0)

export async function openTarget(registry: Registry, options: TargetOptions): Promise<Target> {
  const { seed = freshSeed(), name = NAME } = options
  const made = new OpenedTarget(registry, { ...options, name, seed })
  await made.open()
  return made
}

class OpenedTarget implements Target {
  readonly name: string
  readonly seed: number
  readonly #registry: Registry
  readonly #input: Readonly<Record<string, unknown>>
  readonly #corruption: 'allow' | undefined
  readonly #planned: PlannedTarget
  readonly #plane: LocalPlane
  /** Faults that are armed, by their rules. */
  readonly #faults = new Map<string, InjectedFault>()
  #address = { url: '', host: '', port: 0 }
  #count = 0
  #closed = false

  constructor(registry: Registry, { name, seed, corruption, dial_timeout: dialTimeout, upstream, ...rest }: TargetOptions & { readonly name: string; readonly seed: number }) {
    this.name = name
    this.seed = seed
    this.#registry = registry
    this.#corruption = corruption
    this.#input = { ...rest, upstream: String(upstream), ...(dialTimeout === undefined ? {} : { dial_timeout: timeText(dialTimeout) }) }
    this.#planned = this.#read([]).target
    this.#plane = new LocalPlane({ registry, seed })
    this.#plane.on((event) => {
      if (event.kind === 'cleared') this.#let(event.rule, event)
      if (event.kind === 'broken') this.#faults.get(event.rule)?.broke(event.problem)
    })
  }

  get url(): string { return this.#address.url }
  get host(): string { return this.#address.host }
  get port(): number { return this.#address.port }

  async open(): Promise<void> {
    const [opened] = await this.#plane.open([this.#planned.spec])
    const listen = opened?.listen[0]
    if (listen) this.#address = proxiedAddress(this.#planned, listen.address)
  }

  async inject<Name extends FaultName>(fault: Name, params?: FaultParams[Name], how: Injection = {}): Promise<Fault> {
    if (this.#closed) throw new BrownoutError('TARGET_UNKNOWN', { message: `${this.name} is closed`, hint: 'inject before the target is closed' })
    const { for: length, ...rest } = how
    const id = `${fault.replaceAll('.', '-')}-${++this.#count}`
    const { rules: [standing] } = this.#read([{ rule: id, fault, on: this.name, params: withUnits({ ...params }, this.#registry.get(fault)), ...rest }])
    if (!standing) throw new BrownoutError('RULE_INVALID', { message: `${fault} makes no rule` })
    const rule = length === undefined ? standing : lasting(standing, length)
    const made = new InjectedFault(fault, id, this.#plane)
    this.#faults.set(id, made)
    try {
      await this.#plane.arm([rule])
    } catch (error) {
      this.#faults.delete(id)
      throw error
    }
    return made
  }

  async clear(): Promise<void> { for (const fault of [...this.#faults.values()]) await fault.clear() }

  async figures(): Promise<Figures> {
    const { targets, operations } = await this.#plane.figures()
    const { connections = 0, accepted = 0, failedDials = 0, resets = 0, bytesToServer = 0, bytesToClient = 0 } = targets[this.name] ?? {}
    const named = operations[this.name]?.named ?? []
    return {
      connections, accepted, failedDials, resets, bytesToServer, bytesToClient,
      operations: named.map(({ of, offered, ok, errors, inFlight, held }) => ({ of, offered, ok, errors, inFlight, heldMs: held })),
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#plane.close(DRAIN)
  }

  [Symbol.asyncDispose](): Promise<void> { return this.close() }

  #let(rule: string, hits: Hits): void {
    this.#faults.get(rule)?.ended(hits)
    this.#faults.delete(rule)
  }

  /** As a configuration of `serve` would be read. */
  #read(rules: readonly unknown[]): { readonly target: PlannedTarget; readonly rules: readonly Rule[] } {
    const source = literal({ targets: { [this.name]: this.#input }, rules, ...(this.#corruption === undefined ? {} : { corruption: this.#corruption }) })
    const parsed = parseStanding(source, this.name, { registry: this.#registry, env: {}, cwd: process.cwd() })
    if ('problems' in parsed) throw refused(parsed.problems, false)
    const { targets: [target], rules: made } = parsed.standing
    if (!target) throw new BrownoutError('UPSTREAM_INVALID', { message: `${this.name}: there is no upstream` })
    return { target, rules: made }
  }
}

/** The rule, for so long. */
function lasting({ standing: _, ...rule }: Rule, length: string | number): Rule {
  const time = parseDuration(timeText(length))
  if (time === undefined || time <= 0) throw new BrownoutError('VALUE_INVALID', { message: `for: expected a time such as 250ms or 10s, not ${JSON.stringify(length)}` })
  return { ...rule, for: time }
}

class InjectedFault implements Fault {
  readonly fault: FaultName
  readonly #rule: string
  readonly #plane: LocalPlane
  #hits: Hits | undefined
  #problem: string | undefined

  constructor(fault: FaultName, rule: string, plane: LocalPlane) {
    this.fault = fault
    this.#rule = rule
    this.#plane = plane
  }

  get armed(): boolean { return this.#hits === undefined }

  async hits(): Promise<Hits> {
    if (this.#hits) return this.#hits
    const found = (await this.#plane.figures()).rules.find(({ rule }) => rule === this.#rule)
    return { matched: found?.matched ?? 0, altered: found?.altered ?? 0 }
  }

  async clear(): Promise<Hits> {
    for (const one of this.#hits ? [] : await this.#plane.disarm([this.#rule], 'request')) this.ended(one)
    if (this.#problem !== undefined) throw new BrownoutError('FAULT_BROKEN', { message: `${this.fault}: ${this.#problem}` })
    return this.#hits ?? { matched: 0, altered: 0 }
  }

  async [Symbol.asyncDispose](): Promise<void> { await this.clear() }

  ended({ matched, altered }: Hits): void { this.#hits ??= { matched, altered } }
  broke(problem: string): void { this.#problem ??= problem }
}
