/** What the workers have counted, together: those that work, and those that are gone. */

import type { BucketRecord } from '../../record/buckets.ts'
import type { ReactionTotals } from '../../record/figures.ts'
import { addedBuckets, addedFigures, addedReactions } from '../../record/sums.ts'
import type { PlaneFigures, RuleFigures, TakenRecords, TargetGauges } from '../plane.ts'
import type { Crew } from './crew.ts'
import { addedGauges, addedPlanes, departed } from './figures.ts'
import type { LastFigures } from './wire.ts'

const NONE: PlaneFigures = { targets: {}, rules: [], operations: {} }

export class Counted {
  readonly #crew: Crew
  #departed = NONE
  /** What each worker has told last: all that is known of one that dies. */
  readonly #last = new Map<number, PlaneFigures>()
  #buckets: BucketRecord[] = []
  #records: TakenRecords[] = []
  /** By rule and worker. */
  readonly #reactions = new Map<string, Map<number, ReactionTotals>>()

  constructor(crew: Crew) { this.#crew = crew }

  async gauges(): Promise<Readonly<Record<string, TargetGauges>>> {
    return addedGauges([...await this.#crew.all('snapshot', true), { targets: this.#departed.targets, armed: [] }])
  }

  /** Of those rules. */
  async figures(rules: readonly RuleFigures[]): Promise<PlaneFigures> {
    await Promise.all(this.#crew.links.map(async (link) => {
      const figures = await link.ask('figures', true).catch(() => undefined)
      if (figures) this.#last.set(link.number, figures)
    }))
    const sum = addedPlanes([{ ...NONE, rules }, ...this.#last.values(), this.#departed])
    return { ...sum, rules: sum.rules.slice(0, rules.length) }
  }

  async buckets(): Promise<readonly BucketRecord[]> {
    const taken = await this.#crew.all('buckets', true)
    return addedBuckets([...this.#buckets.splice(0), ...taken.flat()])
  }

  async records(): Promise<TakenRecords> {
    const taken = await Promise.all(this.#crew.links.map(async (link) => {
      const own = await link.ask('records', true).catch(() => undefined)
      if (own) this.#react(link.number, own.totals)
      return own ?? []
    }))
    const all = [...this.#records.splice(0), ...taken.flat()]
    const changed = new Set(all.flatMap(({ totals }) => totals.map(({ rule }) => rule)))
    return {
      figures: addedFigures(all.flatMap(({ figures }) => figures)), reactions: all.flatMap(({ reactions }) => reactions),
      totals: addedReactions([...changed].flatMap((rule) => [...this.#reactions.get(rule)?.values() ?? []])),
    }
  }

  /** A worker has gone; without its last word there is what it told before. */
  gone(worker: number, last?: LastFigures): void {
    const figures = last?.figures ?? this.#last.get(worker)
    this.#last.delete(worker)
    if (figures) this.#departed = addedPlanes([this.#departed, departed(figures)])
    // Its number will be another's.
    for (const byWorker of this.#reactions.values()) {
      const own = byWorker.get(worker)
      if (own) byWorker.set(-1 - byWorker.size, own)
      byWorker.delete(worker)
    }
    if (!last) return
    this.#buckets.push(...last.buckets)
    this.#records.push(last.records)
    this.#react(-1 - worker - this.#records.length, last.records.totals)
  }

  /** Targets of these names begin anew. */
  forget(names: readonly string[]): void {
    this.#departed = without(this.#departed, names)
    for (const [worker, figures] of this.#last) this.#last.set(worker, without(figures, names))
  }

  #react(worker: number, totals: readonly ReactionTotals[]): void {
    for (const one of totals) {
      const byWorker = this.#reactions.get(one.rule) ?? new Map<number, ReactionTotals>()
      this.#reactions.set(one.rule, byWorker.set(worker, one))
    }
  }
}

function without({ targets, rules, operations }: PlaneFigures, names: readonly string[]): PlaneFigures {
  const others = <T>(all: Readonly<Record<string, T>>): Readonly<Record<string, T>> => Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)))
  return { targets: others(targets), rules, operations: others(operations) }
}
