/** What is armed on all workers, and what they have told of it: a rule is cleared once all of them have let go, and has drained once the last of them has. */

import { BrownoutError } from '../../core/errors.ts'
import { ms, type Ms } from '../../core/units.ts'
import type { AnyFault } from '../../fault.ts'
import type { ClearReason } from '../../record/events.ts'
import type { Rule } from '../../rule.ts'
import { ArmedRule, toldAtMost, type ArmedContext } from '../armed.ts'
import { Own } from '../numbers.ts'
import type { Cleared } from '../plane.ts'
import { SLOTS } from './ledger.ts'
import type { HandedRule } from './wire.ts'

export class ClusterRule {
  /** What it wants of the listeners of its target. */
  readonly armed: ArmedRule
  readonly slot: number
  /** Workers with operations that it altered and that are not over. */
  readonly #draining = new Set<number>()
  #drainedAt: Ms | undefined
  #matched = 0
  #altered = 0
  #told = 0
  #clearedAt: Ms = ms(0)
  /** All workers have let go. */
  settled = false

  constructor(armed: ArmedRule, slot: number) {
    this.armed = armed
    this.slot = slot
  }

  get rule(): Rule { return this.armed.rule }
  get handed(): HandedRule { return { rule: this.armed.rule, at: this.armed.armedAt, slot: this.slot } }

  /** Whether one more of what it did is told. */
  tells(note: string | undefined): boolean { return ++this.#told <= toldAtMost(note) }

  /** One worker has let go. */
  let(worker: number, { matched, altered, at, draining }: Cleared): void {
    this.#matched += matched
    this.#altered += altered
    this.#clearedAt = ms(Math.max(this.#clearedAt, at))
    if (draining) this.#draining.add(worker)
  }

  /** All have: what there is to tell of it. */
  settle(reason: ClearReason, now: Ms): Cleared {
    this.settled = true
    return {
      rule: this.rule.id, reason, at: this.#clearedAt > 0 ? this.#clearedAt : now, matched: this.#matched + this.armed.matched, altered: this.#altered + this.armed.altered,
      ...(this.#draining.size > 0 ? { draining: true } : {}),
    }
  }

  /** The operations of one worker are over; or it is gone, without a word of when. */
  drained(worker: number, at: Ms | undefined): void {
    this.#draining.delete(worker)
    if (at !== undefined) this.#drainedAt = ms(Math.max(this.#drainedAt ?? 0, at))
  }

  /** Some are not over. */
  get drains(): boolean { return this.#draining.size > 0 }
  /** When the last was; undefined where none was open. */
  get drainedAt(): Ms | undefined { return this.#drainedAt }
}

/** All of them, in the order of arming. */
export class RuleBook {
  readonly #armed = new Map<string, ClusterRule>()
  /** Taken off: some worker may still tell of them. */
  readonly #leaving = new Map<string, ClusterRule>()
  /** Places among the numbers in common. The one that was given back first is given out again first: a worker may still be reading it. */
  readonly #free = Array.from({ length: SLOTS }, (_, at) => at)
  readonly #clear: (slot: number) => void

  /** `clear` has a slot count anew. */
  constructor(clear: (slot: number) => void) { this.#clear = clear }

  get all(): readonly ClusterRule[] { return [...this.#armed.values()] }
  get leaving(): readonly ClusterRule[] { return [...this.#leaving.values()] }

  find(id: string): ClusterRule | undefined { return this.#armed.get(id) ?? this.#leaving.get(id) }

  /** Behind the others; one that is armed is changed in place, unless it is another fault now. */
  arm(fault: AnyFault, rule: Rule, context: ArmedContext): ClusterRule {
    const there = this.#armed.get(rule.id)
    const grant = { at: context.now(), common: new Own() }
    if (there?.armed.fault === fault) {
      there.armed.change(rule, grant)
      return there
    }
    const slot = there?.slot ?? this.#free.shift()
    if (slot === undefined) throw new BrownoutError('RULE_INVALID', { message: `${rule.id}: ${SLOTS} rules are armed already` })
    this.#clear(slot)
    const made = new ClusterRule(new ArmedRule(fault, rule, context, grant), slot)
    this.#armed.delete(rule.id)
    this.#leaving.delete(rule.id)
    this.#armed.set(rule.id, made)
    return made
  }

  take(which: (one: ClusterRule) => boolean): readonly ClusterRule[] {
    const going = this.all.filter(which)
    for (const one of going) {
      this.#armed.delete(one.rule.id)
      this.#leaving.set(one.rule.id, one)
    }
    return going
  }

  /** All workers have let them go. */
  settle(going: readonly ClusterRule[], reason: ClearReason, now: Ms): readonly Cleared[] {
    this.#free.push(...going.map(({ slot }) => slot))
    return going.map((one) => one.settle(reason, now))
  }

  /** Nobody will tell of it any more. */
  gone(one: ClusterRule): void { if (this.#leaving.get(one.rule.id) === one) this.#leaving.delete(one.rule.id) }

  /** Those of targets that are closed. */
  forget(targets: readonly string[]): void {
    for (const { rule: { id }, slot } of this.all.filter(({ rule }) => targets.includes(rule.on))) {
      this.#armed.delete(id)
      this.#free.push(slot)
    }
  }
}
