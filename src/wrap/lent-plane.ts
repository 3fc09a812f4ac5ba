/** A plane that is lent to a run: targets that are open already are taken as they are and stay; what the run itself opened and armed goes with it. */

import type { Ms } from '../core/units.ts'
import type { Cleared, DynamicPlane, OpenTarget, Plane, PlaneEvent, PlaneSnapshot, TakenRecords, TargetSpec } from '../proxy/plane.ts'
import type { ClearReason } from '../record/events.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { Rule } from '../rule.ts'

export class LentPlane implements Plane {
  readonly #plane: DynamicPlane
  readonly #there: readonly OpenTarget[]
  /** Targets of the run that were not there before. */
  #opened: readonly string[] = []
  #returned = false
  /** Every rule that the run has ever armed. */
  readonly #armed = new Set<string>()

  constructor(plane: DynamicPlane, there: readonly OpenTarget[]) {
    this.#plane = plane
    this.#there = there
  }

  async open(targets: readonly TargetSpec[]): Promise<readonly OpenTarget[]> {
    const missing = targets.filter(({ name }) => !this.#there.some((one) => one.name === name))
    const opened = missing.length > 0 ? await this.#plane.open(missing) : []
    this.#opened = opened.map(({ name }) => name)
    return [...this.#there.filter(({ name }) => targets.some((one) => one.name === name)), ...opened]
  }

  arm(rules: readonly Rule[]): Promise<Ms> {
    for (const { id } of rules) this.#armed.add(id)
    return this.#plane.arm(rules)
  }

  /** Of the run's own rules; what others have armed is theirs to disarm. */
  disarm(ids: readonly string[] = [...this.#armed], reason?: ClearReason): Promise<readonly Cleared[]> { return this.#plane.disarm(ids, reason) }

  snapshot(): Promise<PlaneSnapshot> { return this.#plane.snapshot() }
  measure(origin: Ms, width: Ms): void { this.#plane.measure(origin, width) }
  takeBuckets(): Promise<readonly BucketRecord[]> { return this.#plane.takeBuckets() }
  takeRecords(): Promise<TakenRecords> { return this.#plane.takeRecords() }

  /** Not of rules that others have armed: the run's journal knows nothing of them. */
  on(listener: (event: PlaneEvent) => void): void {
    this.#plane.on((event) => { if (!this.#returned && (!('rule' in event) || this.#armed.has(event.rule))) listener(event) })
  }

  async close(): Promise<void> {
    await this.disarm()
    await this.#plane.shut(this.#opened)
    this.#returned = true
  }
}
