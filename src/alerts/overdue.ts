/** A recovery that is waited for: after the last fault was cleared, a signal must be as it was before the first. */

import { formatDuration, ms } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'
import { medianOf } from '../statistics/median.ts'
import { bandOf, SPREADS } from '../timing/band.ts'
import { TOLERANCE } from '../timing/judge.ts'
import { METRICS, seenIn, type AlertChange, type Pattern, type Seen } from './alert.ts'
import { figure } from './words.ts'

/** What is normal is told by the ticks of this time before a fault, where there are so many of them. */
const BASELINE_MS = 60_000
const BASELINE_LEAST = 12
/** Back is where most of so long is good: one tick is no recovery, and one wild tick no relapse. */
const HOLD_MS = 2000
const HOLD_LEAST = 2

interface Value { readonly at: number; readonly value: number }
interface Wait { readonly normal: { readonly centre: number; readonly slack: number }; degraded: boolean; clearedAt: number | undefined; /** Since the last fault was cleared. */ readonly recent: Value[]; raised: boolean }

export class Overdue {
  readonly #pattern: Extract<Pattern, { kind: 'overdue' }>
  readonly #before: Value[] = []
  /** Rules on the target now. */
  readonly #armed = new Set<string>()
  #wait: Wait | undefined

  constructor(pattern: Extract<Pattern, { kind: 'overdue' }>) { this.#pattern = pattern }

  /** A fault on the target begins. */
  armed(rule: string): void {
    this.#armed.add(rule)
    if (this.#wait) {
      this.#wait.clearedAt = undefined
      return
    }
    if (this.#before.length < BASELINE_LEAST) return
    const { centre, spread } = bandOf(this.#before.map(({ value }) => value))
    const { abs, rel } = TOLERANCE
    const least = METRICS[this.#pattern.signal.metric].unit === 'time' ? abs : 0
    this.#wait = { normal: { centre, slack: Math.max(least, rel * Math.abs(centre), SPREADS * spread) }, degraded: false, clearedAt: undefined, recent: [], raised: false }
  }

  /** At ms since 1970. */
  cleared(rule: string, at: number): void {
    this.#armed.delete(rule)
    if (!this.#wait || this.#armed.size > 0) return
    this.#wait.clearedAt = at
    this.#wait.recent.length = 0
  }

  /** `recovered` is answered once, where it came back in time. */
  feed(tick: Tick): (Seen & { readonly recovered?: AlertChange['text'] }) | undefined {
    const { signal: { target, metric } } = this.#pattern
    const value = seenIn(tick, metric)
    const now = tick.at + tick.width
    const wait = this.#wait
    if (!wait) {
      // What stands from the beginning is no fault to recover from, and what it does is not normal.
      if (value !== null && this.#armed.size === 0) this.#before.push({ at: tick.at, value })
      while ((this.#before[0]?.at ?? now) < now - BASELINE_MS) this.#before.shift()
      return { raised: false, text: `no fault is on ${target}` }
    }
    if (value !== null && isBad(value, metric, wait.normal)) wait.degraded = true
    if (wait.clearedAt === undefined || tick.at < wait.clearedAt) return { raised: wait.raised, text: `a fault is on ${target}` }
    if (value !== null) wait.recent.push({ at: tick.at, value })
    while ((wait.recent[0]?.at ?? now) < now - HOLD_MS) wait.recent.shift()
    return this.#judge(wait, wait.clearedAt, now)
  }

  #judge(wait: Wait, clearedAt: number, now: number): Seen & { readonly recovered?: AlertChange['text'] } {
    const { signal: { target, metric }, within } = this.#pattern
    const { normal, recent, degraded } = wait
    const middle = medianOf(recent.map(({ value }) => value))
    // Silence after a fault is no recovery.
    const good = recent.length > 0 && !isBad(middle, metric, normal)
    const since = recent.find(({ value }) => !isBad(value, metric, normal))?.at
    if (good && since !== undefined && recent.length >= HOLD_LEAST && now - clearedAt >= HOLD_MS) {
      this.#wait = undefined
      this.#before.length = 0
      const text = `${target}.${metric} is back after ${formatDuration(ms(Math.max(0, since - clearedAt)))}: ${figure(middle, metric)}`
      return { raised: false, text, ...(degraded && !wait.raised ? { recovered: text } : {}) }
    }
    wait.raised ||= now - clearedAt >= within && !good && degraded
    return { raised: wait.raised, text: `${target}.${metric} is ${recent.length === 0 ? 'unknown' : figure(middle, metric)} ${formatDuration(ms(now - clearedAt))} after the last fault, and was ${figure(normal.centre, metric)} before` }
  }
}

function isBad(value: number, metric: keyof typeof METRICS, { centre, slack }: Wait['normal']): boolean {
  return METRICS[metric].bad === 'high' ? value > centre + slack : value < centre - slack
}
