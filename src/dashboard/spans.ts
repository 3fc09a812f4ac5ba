/** When which fault was armed on a target: what charts shade. From the journal's events, and from what the status says is injected. */

import type { Injection } from '../control/contract.ts'
import type { JournalEvent } from '../record/events.ts'

/** `to` is null while it is armed. Times in ms since 1970. */
export interface Span { readonly id: string; readonly target: string; readonly label: string; readonly from: number; to: number | null }

/** Older ones are forgotten first. */
const SPANS_MAX = 400

export class Spans {
  readonly #spans = new Map<string, Span>()
  readonly #arming = new Map<string, { readonly target: string; readonly label: string }>()

  hear(event: JournalEvent): void {
    switch (event.kind) {
      case 'rule.arming': this.#arming.set(event.rule, { target: event.target, label: event.fault }); trim(this.#arming); return
      case 'rule.armed': {
        const arming = this.#arming.get(event.rule)
        if (arming) this.#open(event.rule, { ...arming, from: Date.parse(event.wall) })
        return
      }
      case 'rule.cleared': this.#close(event.rule, Date.parse(event.wall)); return
      default:
    }
  }

  /**
   * What is armed now, as the status has it: it knows of those whose beginning this page has not heard of, and, where it was asked for after the
   * events (`after`), of those whose end it missed. One that was on its way while a rule was armed says nothing of that rule.
   */
  agree(injections: readonly Injection[], now: number, after: boolean): void {
    const armed = new Set(injections.map(({ id }) => id))
    for (const { id, on, fault, since } of injections) if (!this.#spans.has(id) && since <= now) this.#open(id, { target: on, label: fault, from: since })
    if (after) for (const [id, { to }] of this.#spans) if (to === null && !armed.has(id)) this.#close(id, now)
  }

  /** Those of a target that were armed after `since`, the earliest first. */
  of(target: string, since: number): readonly Span[] {
    return [...this.#spans.values()].filter((span) => span.target === target && (span.to === null || span.to > since))
  }

  /** Of all targets, for what is not a target's own. */
  all(since: number): readonly Span[] { return [...this.#spans.values()].filter(({ to }) => to === null || to > since) }

  clear(): void { this.#spans.clear(); this.#arming.clear() }

  #open(id: string, span: Omit<Span, 'id' | 'to'>): void {
    const known = this.#spans.get(id)
    // One that was cleared and armed anew under its old name is told apart from the old one.
    if (known && known.to === null) return
    if (known) this.#spans.set(`${id}@${known.from}`, known)
    this.#spans.delete(id)
    this.#spans.set(id, { id, ...span, to: null })
    trim(this.#spans)
  }

  #close(id: string, at: number): void {
    const span = this.#spans.get(id)
    if (span && span.to === null) span.to = Math.max(at, span.from)
  }
}

function trim(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    if (map.size <= SPANS_MAX) return
    map.delete(key)
  }
}
