/** Alerts over live figures: fed with ticks and with what is armed and cleared, it says what is raised and what is over. Asks no clock: time is that of the ticks. */

import type { Tick } from '../control/contract.ts'
import type { Feed } from '../control/feed.ts'
import type { JournalEvent } from '../record/events.ts'
import type { AlertChange, AlertSpec, Pattern, Seen } from './alert.ts'
import { Burn } from './burn.ts'
import { Change } from './change.ts'
import { Overdue } from './overdue.ts'
import { Threshold } from './threshold.ts'

interface Watcher { feed(tick: Tick): (Seen & { readonly recovered?: string }) | undefined }
interface Watched { readonly spec: AlertSpec; readonly watcher: Watcher; firing: AlertChange | undefined }

export class AlertWatch {
  readonly #watched: readonly Watched[]
  /** Of the rules that are armed. */
  readonly #targets = new Map<string, string>()

  constructor(specs: readonly AlertSpec[]) {
    this.#watched = specs.map((spec) => ({ spec, watcher: watcherOf(spec.pattern), firing: undefined }))
  }

  get specs(): readonly AlertSpec[] { return this.#watched.map(({ spec }) => spec) }

  /** What is raised now, by when it was. */
  get firing(): readonly AlertChange[] { return this.#watched.flatMap(({ firing }) => firing ?? []) }

  /** Ticks of one target in their order. */
  tick(tick: Tick): readonly AlertChange[] {
    return this.#watched.flatMap((watched): AlertChange[] => {
      const { spec: { name, pattern }, watcher, firing } = watched
      if (targetOf(pattern) !== tick.target) return []
      const seen = watcher.feed(tick)
      if (!seen) return []
      const change = (state: AlertChange['state'], text: string): AlertChange => ({ alert: name, state, at: tick.at + tick.width, text })
      if (seen.raised && !firing) {
        watched.firing = change('firing', seen.text)
        return [watched.firing]
      }
      if (!seen.raised && firing) {
        watched.firing = undefined
        return [change('resolved', seen.text)]
      }
      return seen.recovered === undefined ? [] : [change('recovered', seen.recovered)]
    })
  }

  /** Any event of the journal; those of rules are heeded. */
  event(event: JournalEvent): void {
    if (event.kind === 'rule.arming') {
      this.#targets.set(event.rule, event.target)
      for (const { watcher, spec } of this.#watched) if (watcher instanceof Overdue && targetOf(spec.pattern) === event.target) watcher.armed(event.rule)
    }
    if (event.kind === 'rule.cleared') {
      const target = this.#targets.get(event.rule)
      this.#targets.delete(event.rule)
      for (const { watcher, spec } of this.#watched) if (watcher instanceof Overdue && targetOf(spec.pattern) === target) watcher.cleared(event.rule, Date.parse(event.wall))
    }
  }
}

/** Writes down what those ticks change. */
export function tellChanges(watch: AlertWatch, ticks: readonly Tick[], feed: Pick<Feed, 'write'>): void {
  for (const tick of ticks) for (const { alert, state, text } of watch.tick(tick)) feed.write({ kind: 'alert', alert, state, text })
}

export const targetOf = (pattern: Pattern): string => (pattern.kind === 'burn' ? pattern.target : pattern.signal.target)

function watcherOf(pattern: Pattern): Watcher {
  switch (pattern.kind) {
    case 'threshold': return new Threshold(pattern)
    case 'burn': return new Burn(pattern)
    case 'change': return new Change(pattern)
    case 'overdue': return new Overdue(pattern)
  }
}
