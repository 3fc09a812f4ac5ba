/** Arms and disarms rules, and writes down what the plane tells of them: nothing is armed that the journal does not hold. */

import { monotonicNow } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { assertNever, type Ms } from '../core/units.ts'
import { formatAddress } from '../proxy/address.ts'
import type { Cleared, Plane, PlaneEvent } from '../proxy/plane.ts'
import type { ClearReason } from '../record/events.ts'
import type { Rule } from '../rule.ts'
import type { Feed } from './feed.ts'

export interface ArmingOptions {
  readonly plane: Plane
  readonly recorder: Pick<Feed, 'write' | 'problem'>
  /** Tripped where a fault throws. */
  readonly stop: { trip(reason: { readonly why: 'error'; readonly error: BrownoutError }): void }
}

export class Arming {
  readonly #options: ArmingOptions
  /** The step and the target of each rule that is armed and not cleared yet. */
  readonly #armed = new Map<string, { readonly step: string; readonly on: string }>()
  readonly #hearCleared: ((cleared: Cleared) => void)[] = []

  constructor(options: ArmingOptions) {
    this.#options = options
    options.plane.on((event) => this.#hear(event))
  }

  /** Rule ids. */
  get armed(): ReadonlySet<string> { return new Set(this.#armed.keys()) }

  /** A rule is no longer armed, by its deadline or because somebody asked: told once for each arming. */
  onCleared(hear: (cleared: Cleared) => void): void { this.#hearCleared.push(hear) }

  /** Resolves once the rule holds; false, and nothing is armed, where the journal has failed. A rule that is armed already is changed in place. */
  arm(rule: Rule, step: string): Promise<boolean> { return this.armAll([rule], () => step) }

  /** All of them or none. */
  async armAll(rules: readonly Rule[], stepOf: (rule: Rule) => string = ({ id }) => id): Promise<boolean> {
    const { recorder, plane } = this.#options
    const before = new Map(this.#armed)
    for (const rule of rules) {
      const { id, fault, on, params, ...detail } = rule
      const step = stepOf(rule)
      // Before it is applied: what the journal cannot hold is not done.
      if (!recorder.write({ kind: 'rule.arming', rule: id, step, fault, target: on, params, detail })) return false
      this.#armed.set(id, { step, on })
    }
    let effectiveAt: Ms
    try {
      effectiveAt = await plane.arm(rules)
    } catch (error) {
      // What was armed under that name before is armed still.
      this.#gone(rules.filter(({ id }) => !before.has(id)).map(({ id }) => id), 'error')
      throw error
    }
    for (const rule of rules) recorder.write({ kind: 'rule.armed', rule: rule.id, step: stepOf(rule), effectiveAt })
    return true
  }

  /** Their targets are closed, and their rules with them. */
  forget(targets: readonly string[]): void { this.#gone([...this.#armed].filter(([, { on }]) => targets.includes(on)).map(([id]) => id), 'request') }

  /** Disarms rules, all when `ids` is absent, in this very tick; resolves when the plane has said so. */
  async disarm(ids: readonly string[] | undefined, reason: ClearReason): Promise<void> {
    for (const cleared of await this.#options.plane.disarm(ids, reason)) this.#cleared(cleared)
  }

  #hear(event: PlaneEvent): void {
    const { recorder, stop } = this.#options
    switch (event.kind) {
      case 'cleared': return this.#cleared(event)
      case 'altered': {
        const { rule, session, direction, did, note, at } = event
        recorder.write({ kind: 'altered', rule, session, direction, did, ...(note === undefined ? {} : { note }), effectiveAt: at })
        return
      }
      case 'drained': recorder.write({ kind: 'drained', rule: event.rule, effectiveAt: event.at }); return
      case 'suspect': recorder.write({ kind: 'suspect', stallMs: event.stall }); return
      case 'node': recorder.write({ kind: 'note', text: `${event.target}: the server ${formatAddress(event.node)} is reached at ${formatAddress(event.listen)}${event.from === undefined ? '' : ` by ${event.from}`}` }); return
      case 'spared': recorder.write({ kind: 'note', text: `${event.rule}: a message was left alone: ${event.why}` }); return
      case 'unreached': recorder.write({ kind: 'note', text: `${event.target}: its server cannot be reached (${event.why}): clients are answered 502` }); return
      case 'full': recorder.write({ kind: 'note', text: `${event.target}: clients were turned away: no more than ${event.room} connections fit, with so many open files (\`ulimit -Hn\`)` }); return
      case 'opaque': recorder.write({ kind: 'opaque', target: event.target, session: event.session, why: event.why }); return
      case 'denied': recorder.write({ kind: 'note', text: `${event.target}: ${event.to} was not connected to: ${event.why}` }); return
      case 'lost': {
        const error = new BrownoutError('WORKER_LOST', { message: `a worker ${event.why}: ${event.connections} connections were lost` })
        recorder.problem(error)
        stop.trip({ why: 'error', error })
        return
      }
      case 'broken': {
        const error = new BrownoutError('FAULT_BROKEN', { message: `${event.rule}: ${event.problem}` })
        recorder.problem(error)
        stop.trip({ why: 'error', error })
        return
      }
      default: assertNever(event)
    }
  }

  #gone(ids: readonly string[], reason: ClearReason): void {
    for (const rule of ids) this.#cleared({ rule, reason, at: monotonicNow(), matched: 0, altered: 0 })
  }

  /** Told once by the plane's own word and once as an answer to us: the first counts. */
  #cleared(cleared: Cleared): void {
    const { rule, reason, at, matched, altered } = cleared
    const step = this.#armed.get(rule)?.step
    if (step === undefined || !this.#armed.delete(rule)) return
    this.#options.recorder.write({ kind: 'rule.cleared', rule, step, reason, effectiveAt: at, matched, altered })
    for (const hear of this.#hearCleared) hear(cleared)
  }
}
