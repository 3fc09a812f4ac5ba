/** A signal that is not what it was: Pettitt's test over a window that moves along. */

import { formatDuration, formatRatio, ratio } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'
import { medianOf } from '../statistics/median.ts'
import { pettitt } from '../statistics/pettitt.ts'
import { seenIn, type Pattern, type Seen } from './alert.ts'
import { figure } from './words.ts'

/** The window is looked at as so many values: a test costs little, and one wild tick is no value of its own. */
const VALUES = 60
/** Before and after a change there are as many at least. */
const LEAST = 8
/** It is asked once a value, all day: what comes about by chance once in a thousand would be told every quarter of an hour. */
const LEVEL = 1e-4

export class Change {
  readonly #pattern: Extract<Pattern, { kind: 'change' }>
  readonly #values: number[] = []
  #slot: { readonly at: number; readonly values: number[] } | undefined
  #seen: Seen | undefined

  constructor(pattern: Extract<Pattern, { kind: 'change' }>) { this.#pattern = pattern }

  /** Raised for as long as the change lies within the window. */
  feed(tick: Tick): Seen | undefined {
    const value = seenIn(tick, this.#pattern.signal.metric)
    if (value === null) return this.#seen
    const slot = this.#slot ?? { at: tick.at, values: [] }
    this.#slot = slot
    slot.values.push(value)
    if (tick.at + tick.width - slot.at < this.#pattern.window / VALUES) return this.#seen
    this.#slot = undefined
    this.#values.push(medianOf(slot.values))
    if (this.#values.length > VALUES) this.#values.shift()
    this.#seen = this.#look()
    return this.#seen
  }

  #look(): Seen | undefined {
    const { signal: { target, metric }, by, window } = this.#pattern
    if (this.#values.length < 2 * LEAST) return undefined
    const { at, k } = pettitt(this.#values, 0, unasked)
    const [before, after] = [this.#values.slice(0, at), this.#values.slice(at)]
    if (before.length < LEAST || after.length < LEAST) return { raised: false, text: `${target}.${metric} has not changed within ${formatDuration(window)}` }
    const [was, is] = [medianOf(before), medianOf(after)]
    const share = was === 0 ? Number.POSITIVE_INFINITY : Math.abs(is - was) / Math.abs(was)
    const large = is !== was && share >= by
    const text = `${target}.${metric} ${is > was ? 'rose' : 'fell'} from ${figure(was, metric)} to ${figure(is, metric)}${Number.isFinite(share) ? ` (by ${formatRatio(ratio(Number(share.toPrecision(2))))})` : ''}`
    return { raised: large && chanceOf(k, this.#values.length) <= LEVEL, text: large ? text : `${target}.${metric} has not changed by ${formatRatio(ratio(by))} within ${formatDuration(window)}` }
  }
}

/** That so great a K comes about in so many values where nothing changed: Pettitt's own approximation, for shuffling would keep the proxies from their bytes. */
const chanceOf = (k: number, count: number): number => 2 * Math.exp((-6 * k * k) / (count ** 3 + count ** 2))
const unasked = (): number => 0
