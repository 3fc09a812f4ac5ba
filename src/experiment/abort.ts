/** The stop conditions of a running method: pure, fed with each bucket's figures. */

import { ms, type Ms } from '../core/units.ts'
import { formatFigure, holds, resolveLimit, unitOf } from './limit.ts'
import type { AbortCondition, Signal } from './plan.ts'

export type FigureOf = (signal: Signal) => number | undefined

/**
 * A condition comes true when its comparison has held in every bucket for its `for`. A bucket without a figure neither begins nor ends
 * a stretch: silence is no all-clear.
 */
export class AbortWatch {
  readonly #conditions: readonly AbortCondition[]
  readonly #baseline: FigureOf
  readonly #since = new Map<AbortCondition, Ms>()

  /** `baseline` answers for limits written as multiples of it. */
  constructor(conditions: readonly AbortCondition[], baseline: FigureOf) {
    this.#conditions = conditions
    this.#baseline = baseline
  }

  /** The bucket [from, from + width) is complete. Says in a sentence which condition has come true. */
  feed(from: Ms, width: Ms, figureOf: FigureOf): string | undefined {
    for (const condition of this.#conditions) {
      const { signal, comparison, limit } = condition
      const measured = figureOf(signal)
      const bound = resolveLimit(limit, limit.unit === 'x' ? this.#baseline(signal) : undefined)
      if (measured === undefined || bound === undefined) continue
      if (!holds(measured, comparison, bound)) {
        this.#since.delete(condition)
        continue
      }
      const since = this.#since.get(condition) ?? from
      this.#since.set(condition, since)
      if (ms(from + width - since) >= condition.for) return `${condition.text}: ${formatFigure(measured, unitOf(signal.metric))}`
    }
    return undefined
  }
}
