/** A recovery that is waited for: after the last fault was cleared, a signal must be as it was before the first. */

import { formatDuration, ms } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'
import { bandOf, SPREADS } from '../timing/band.ts'
import { METRICS, seenIn, type AlertChange, type Pattern, type Seen } from './alert.ts'
import { figure } from './words.ts'

/** What is normal is told by the ticks of this time before a fault, where there are so many of them. */
const BASELINE_MS = 60_000
const BASELINE_LEAST = 12
/** A signal may differ from normal by this share, or by what it scatters, whichever is more. */
const TOLERANCE = 0.2
/** Back for so long is back. */
const HOLD_MS = 2000

interface Wait { readonly normal: { readonly centre: number; readonly slack: number }; degraded: boolean; clearedAt: number | undefined; goodSince: number | undefined; raised: boolean }

export class Overdue {
  readonly #pattern: Extract<Pattern, { kind: 'overdue' }>
  readonly #before: { readonly at: number; readonly value: number }[] = []
  /** Rules on the target now. */
  readonly #armed = new Set<string>()
  #wait: Wait | undefined

  constructor(pattern: Extract<Pattern, { kind: 'overdue' }>) { this.#pattern = pattern }

  /** A fault on the target begins, at ms since 1970. */
  armed(rule: string): void {
    this.#armed.add(rule)
    if (this.#wait) {
      this.#wait.clearedAt = undefined
      this.#wait.goodSince = undefined
      return
    }
    if (this.#before.length < BASELINE_LEAST) return
    const { centre, spread } = bandOf(this.#before.map(({ value }) => value))
    this.#wait = { normal: { centre, slack: Math.max(TOLERANCE * Math.abs(centre), SPREADS * spread) }, degraded: false, clearedAt: undefined, goodSince: undefined, raised: false }
  }

  cleared(rule: string, at: number): void {
    this.#armed.delete(rule)
    if (!this.#wait || this.#armed.size > 0) return
    this.#wait.clearedAt = at
    this.#wait.goodSince = undefined
  }

  /** `recovered` is answered once, where it came back in time. */
  feed(tick: Tick): (Seen & { readonly recovered?: AlertChange['text'] }) | undefined {
    const { signal: { target, metric }, within } = this.#pattern
    const value = seenIn(tick, metric)
    const wait = this.#wait
    const now = tick.at + tick.width
    if (!wait) {
      // What stands from the beginning is no fault to recover from, and what it does is not normal.
      if (value !== null && this.#armed.size === 0) this.#before.push({ at: tick.at, value })
      while ((this.#before[0]?.at ?? now) < now - BASELINE_MS) this.#before.shift()
      return { raised: false, text: `no fault is on ${target}` }
    }
    // Silence after a fault is no recovery; a signal of which nothing is known is as it was last.
    const good = value !== null && !isBad(value, metric, wait.normal)
    if (value !== null && !good) wait.degraded = true
    if (wait.clearedAt === undefined || tick.at < wait.clearedAt) return { raised: wait.raised, text: `a fault is on ${target}` }
    wait.goodSince = good ? (wait.goodSince ?? tick.at) : value === null ? wait.goodSince : undefined
    const { normal, clearedAt, goodSince, degraded } = wait
    if (good && goodSince !== undefined && now - goodSince >= HOLD_MS) {
      this.#wait = undefined
      this.#before.length = 0
      const text = `${target}.${metric} is back after ${formatDuration(ms(Math.max(0, goodSince - clearedAt)))}: ${figure(value, metric)}`
      return { raised: false, text, ...(degraded && !wait.raised ? { recovered: text } : {}) }
    }
    wait.raised ||= now - clearedAt >= within && goodSince === undefined && degraded
    return { raised: wait.raised, text: `${target}.${metric} is ${value === null ? 'unknown' : figure(value, metric)} ${formatDuration(ms(now - clearedAt))} after the last fault, and was ${figure(normal.centre, metric)} before` }
  }
}

function isBad(value: number, metric: keyof typeof METRICS, { centre, slack }: Wait['normal']): boolean {
  return METRICS[metric].bad === 'high' ? value > centre + slack : value < centre - slack
}
