/** How fast errors use up their budget, over two windows. (The Site Reliability Workbook, chapter 5) */

import { formatDuration, formatRatio, ratio } from '../core/units.ts'
import type { Tick } from '../control/contract.ts'
import type { Pattern, Seen } from './alert.ts'

interface Slot { readonly at: number; readonly end: number; readonly good: number; readonly bad: number }

export class Burn {
  readonly #pattern: Extract<Pattern, { kind: 'burn' }>
  /** Ticks joined to a hundredth of the short window, so that a long one is no long list. */
  readonly #slots: Slot[] = []

  constructor(pattern: Extract<Pattern, { kind: 'burn' }>) { this.#pattern = pattern }

  feed({ at, width, rate, errors }: Tick): Seen | undefined {
    if (rate === null && errors === null) return undefined
    const { objective, times, long, short } = this.#pattern
    const seconds = width / 1000
    this.#add({ at, end: at + width, good: (rate ?? 0) * seconds, bad: (errors ?? 0) * seconds }, short / 100)
    const now = at + width
    while ((this.#slots[0]?.end ?? now) <= now - long) this.#slots.shift()
    const [overLong, overShort] = [this.#share(now - long), this.#share(now - short)]
    if (overLong === undefined || overShort === undefined) return undefined
    const budget = 1 - objective
    // Before the short window is full one error may be all that was seen.
    const known = now - (this.#slots[0]?.at ?? now) >= short
    const burnt = (share: number): number => share / budget
    return {
      raised: known && burnt(overLong) >= times && burnt(overShort) >= times,
      text: `${formatRatio(ratio(overLong))} fail over ${formatDuration(long)} and ${formatRatio(ratio(overShort))} over ${formatDuration(short)}: ${shown(burnt(overLong))}x and ${shown(burnt(overShort))}x what ${formatRatio(objective)} allows`,
    }
  }

  #add(slot: Slot, least: number): void {
    const last = this.#slots.at(-1)
    if (last && slot.at - last.at < least) this.#slots[this.#slots.length - 1] = { at: last.at, end: slot.end, good: last.good + slot.good, bad: last.bad + slot.bad }
    else this.#slots.push(slot)
  }

  /** Of operations since then; undefined where there were none. */
  #share(since: number): number | undefined {
    let [good, bad] = [0, 0]
    for (let i = this.#slots.length - 1; i >= 0; i--) {
      const slot = this.#slots[i]
      if (!slot || slot.end <= since) break
      good += slot.good
      bad += slot.bad
    }
    return good + bad > 0 ? bad / (good + bad) : undefined
  }
}

const shown = (times: number): string => String(Number(times.toPrecision(3)))
