/** A limit that is passed for some time. */

import { formatDuration } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'
import { seenIn, type Pattern, type Seen } from './alert.ts'
import { figure } from './words.ts'

export class Threshold {
  readonly #pattern: Extract<Pattern, { kind: 'threshold' }>
  #raised = false
  /** Since when it is otherwise than what is told. */
  #since: number | undefined

  constructor(pattern: Extract<Pattern, { kind: 'threshold' }>) { this.#pattern = pattern }

  /** A tick without a figure neither begins nor ends a stretch: silence is no all-clear. */
  feed(tick: Tick): Seen | undefined {
    const { signal: { metric, target }, comparison, limit, for: lasting } = this.#pattern
    const value = seenIn(tick, metric)
    if (value === null) return undefined
    const passed = comparison === 'above' ? value > limit : value < limit
    if (passed === this.#raised) this.#since = undefined
    else {
      this.#since ??= tick.at
      if (tick.at + tick.width - this.#since >= lasting) {
        this.#raised = passed
        this.#since = undefined
      }
    }
    return { raised: this.#raised, text: `${target}.${metric} is ${figure(value, metric)}, ${passed ? '' : 'not '}${comparison} ${figure(limit, metric)}${lasting > 0 ? ` for ${formatDuration(lasting)}` : ''}` }
  }
}
