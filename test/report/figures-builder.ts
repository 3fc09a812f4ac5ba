/** What passes through the cache of the made-up outage by name, and how its clients react: events to be put among its own. */

import { ms } from '../../src/core/units.ts'
import { cellCounts, Cells } from '../../src/record/cells.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import type { PartRecord, ReactionCounts } from '../../src/record/figures.ts'
import { AT, at, journalOf, outage, type OutageOptions } from './journal-builder.ts'

const W = 250
export const cellsOf = (...latencies: readonly number[]): readonly number[] => {
  const cells = new Cells()
  for (const one of latencies) cells.record(ms(one))
  return cellCounts([cells])
}
export const counts = (moves: Partial<ReactionCounts['moves']>, attempts?: number): ReactionCounts => {
  const all = { retry: 0, reconnect: 0, 'went-on': 0, 'gave-up': 0, ...moves }
  const watched = Object.values(all).reduce((sum, one) => sum + one, 0)
  return { watched, attempts: attempts ?? watched, moves: all }
}

/** In a quiet bucket 60 GET user:*, 90 % hits at 1 ms, 20 GET product:* that all miss at 5 ms, 5 SET; in the fault two GET that fail. */
export function figuresOf(target: string, name: (text: string) => string = (text) => text): EventBody[] {
  const bodies: EventBody[] = []
  for (let offset: number = AT.warmup; offset + W <= AT.end; offset += W) {
    const hit = offset + W > AT.effect && offset < AT.cleared
    const parts: PartRecord[] = hit
      ? [{ of: { command: 'GET', key: name('user:*') }, offered: 2, ok: 0, errors: { [name('LOADING')]: 2 }, inFlight: 2 }]
      : [
        { of: { command: 'GET', key: name('user:*') }, offered: 60, ok: 60, latency: cellsOf(...Array.from({ length: 60 }, () => 1)), hits: 54, misses: 6, inFlight: 3 },
        { of: { command: 'GET', key: 'product:*' }, offered: 20, ok: 20, latency: cellsOf(...Array.from({ length: 20 }, () => 15)), server: cellsOf(...Array.from({ length: 20 }, () => 5)), heldMs: 200, misses: 20 },
        { of: { command: 'SET', key: name('user:*') }, offered: 5, ok: 5, latency: cellsOf(2, 2, 2, 2, 2) },
      ]
    bodies.push({ kind: 'figures', figures: { target, start: at(offset), width: ms(W), parts, inFlight: 4, ...(hit ? {} : { transactions: { ended: 10, rolledBack: 1, length: cellsOf(...Array.from({ length: 10 }, () => 8)) } }) } })
  }
  return bodies
}

export const reactionsOf = (rule: string, control: ReactionCounts, name: (text: string) => string = (text) => text): EventBody[] => [
  { kind: 'reaction', rule, session: 1, operation: name('GET user:*'), did: name('replace'), alteredAt: at(AT.effect), next: 'went-on', afterMs: 3, attempts: 1 },
  { kind: 'reaction', rule, session: 1, operation: name('GET user:*'), did: name('replace'), alteredAt: at(AT.effect + 5), next: 'retry', afterMs: 41, attempts: 3 },
  { kind: 'reaction', rule, session: 2, operation: name('GET user:*'), did: name('replace'), alteredAt: at(AT.effect + 9), next: 'reconnect', afterMs: 60, attempts: 1 },
  { kind: 'reactions', rule, altered: counts({ retry: 1 }, 3), unwatched: 0, control },
  { kind: 'reactions', rule, altered: counts({ retry: 6, reconnect: 2, 'went-on': 1, 'gave-up': 1 }, 22), unwatched: 5, control },
]

export function outageByName(options: OutageOptions = {}, control: ReactionCounts = counts({ 'went-on': 99, retry: 1 }, 101), name?: (text: string) => string): JournalEvent[] {
  const { target = 'cache', step = 'cut' } = options
  const events = outage(options)
  const more = journalOf([...figuresOf(target, name), ...reactionsOf(step, control, name)]).map((event, i) => ({ ...event, seq: events.length + i, at: at(AT.end - 1) }))
  return [...events, ...more]
}
