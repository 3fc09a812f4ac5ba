/** What several processes counted of one thing, put together by addition. Pure. */

import type { Histogram } from 'hdr-histogram-js'
import { decodeHistogram, encodeHistogram, newHistogram, noCounts, type BucketRecord, type Counts } from './buckets.ts'
import { addedCells, type CellCounts } from './cells.ts'
import { NEXT_MOVES, type FiguresRecord, type PartRecord, type ReactionCounts, type ReactionTotals } from './figures.ts'

/** Undefined where none has anything. */
export function summed(encoded: readonly (string | undefined)[]): Histogram | undefined {
  const known = encoded.filter((one) => one !== undefined)
  if (known.length === 0) return undefined
  const whole = newHistogram()
  for (const one of known) whole.add(decodeHistogram(one))
  return whole
}

export function added(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const one of all) for (const [key, count] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + count
  return sums
}

export const addedCounts = (all: readonly Counts[]): Counts => ({ ...noCounts(), ...added(all.map((counts) => ({ ...counts }))) })

/** Those of one key together, in the order in which the keys come first. */
export function together<T>(all: readonly T[], keyOf: (one: T) => string, merge: (first: T, all: readonly T[]) => T): readonly T[] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group) group.push(one)
    else groups.set(keyOf(one), [one])
  }
  return [...groups.values()].map((group) => (group.length === 1 ? group[0] : merge(group[0], group)))
}

/** One bucket a source, name and start. Gauges add up too: connections here and connections there. */
export const addedBuckets = (buckets: readonly BucketRecord[]): readonly BucketRecord[] =>
  together(buckets, ({ source, name, start }) => `${source} ${name} ${start}`, ({ source, name, start, width }, all) => {
    const [latency, setup] = [summed(all.map((one) => one.latency)), summed(all.map((one) => one.setup))]
    return {
      source, name, start, width, counts: addedCounts(all.map(({ counts }) => counts)), ...(latency ? { latency: encodeHistogram(latency) } : {}), ...(setup ? { setup: encodeHistogram(setup) } : {}),
      extra: added(all.map(({ extra = {} }) => extra)),
    }
  })

/** One record a target and start. The most at once of all is at most the sum of what each had at once: that is told. */
export const addedFigures = (records: readonly FiguresRecord[]): readonly FiguresRecord[] =>
  together(records, ({ target, start }) => `${target} ${start}`, ({ target, start, width }, all) => {
    const transactions = all.flatMap((one) => one.transactions ?? [])
    const sockets = all.flatMap((one) => one.sockets ?? [])
    const wholes = all.flatMap((one) => Object.entries(one.wholes ?? {}))
    const total = <T>(list: readonly T[], of: (one: T) => number): number => list.reduce((sum, one) => sum + of(one), 0)
    return {
      target, start, width, inFlight: total(all, ({ inFlight }) => inFlight),
      parts: together(all.flatMap(({ parts }) => parts), ({ of }) => JSON.stringify(of), addedPart),
      ...(transactions.length > 0 ? { transactions: { ended: total(transactions, ({ ended }) => ended), rolledBack: total(transactions, ({ rolledBack }) => rolledBack), length: addedCells(transactions.map(({ length }) => length)) } } : {}),
      ...(sockets.length > 0 ? { sockets: { cut: total(sockets, ({ cut }) => cut), ...cellsOf(sockets, 'setup'), ...cellsOf(sockets, 'resume') } } : {}),
      ...(wholes.length > 0 ? { wholes: Object.fromEntries(wholes) } : {}),
    }
  })

function addedPart({ of }: PartRecord, all: readonly PartRecord[]): PartRecord {
  const numbers = added(all.map(({ offered, ok, keyed = 0, again = 0, parsed = 0, bytesToServer = 0, bytesToClient = 0, heldMs = 0, hits = 0, misses = 0, inFlight = 0 }) => ({ offered, ok, keyed, again, parsed, bytesToServer, bytesToClient, heldMs, hits, misses, inFlight })))
  const { offered = 0, ok = 0, ...others } = numbers
  const [errors, statuses] = [added(all.map((one) => one.errors ?? {})), added(all.map((one) => one.statuses ?? {}))]
  // What one server took is what its clients saw, unless it is told apart.
  const direct = all.map((one) => ({ ...one, server: one.server ?? one.latency, serverFirstByte: one.serverFirstByte ?? one.firstByte }))
  return {
    of, offered, ok, ...Object.fromEntries(Object.entries(others).filter(([, count]) => count > 0)),
    ...(Object.keys(errors).length > 0 ? { errors } : {}), ...(Object.keys(statuses).length > 0 ? { statuses } : {}),
    ...cellsOf(all, 'latency'), ...cellsOf(all, 'firstByte'),
    ...(all.some(({ server }) => server) ? cellsOf(direct, 'server') : {}), ...(all.some(({ serverFirstByte }) => serverFirstByte) ? cellsOf(direct, 'serverFirstByte') : {}),
  }
}

function cellsOf<K extends string>(all: readonly { readonly [key in K]?: CellCounts | undefined }[], key: K): { readonly [key in K]?: CellCounts } {
  const cells = all.flatMap((one) => { const known = one[key]; return known ? [known] : [] })
  return cells.length > 0 ? { [key]: addedCells(cells) } as { readonly [key in K]: CellCounts } : {}
}

/** Of one rule. */
export const addedReactions = (all: readonly ReactionTotals[]): readonly ReactionTotals[] =>
  together(all, ({ rule }) => rule, ({ rule }, those) => ({
    rule, altered: addedMoves(those.map(({ altered }) => altered)), unwatched: those.reduce((sum, { unwatched }) => sum + unwatched, 0), control: addedMoves(those.map(({ control }) => control)),
  }))

const addedMoves = (all: readonly ReactionCounts[]): ReactionCounts => ({
  watched: all.reduce((sum, { watched }) => sum + watched, 0), attempts: all.reduce((sum, { attempts }) => sum + attempts, 0),
  moves: Object.fromEntries(NEXT_MOVES.map((move) => [move, all.reduce((sum, { moves }) => sum + moves[move], 0)])) as ReactionCounts['moves'],
})
