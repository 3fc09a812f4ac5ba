/** What passed through each target by name, over the whole observation. */

import { ms, type Ms } from '../core/units.ts'
import type { FiguresRecord, Labels, PartRecord } from '../record/figures.ts'
import { latencyMax, latencyQuantile, mergeLatencies, readCells, type Latencies } from '../record/latencies.ts'
import { phaseOf, type RunRecord } from './fold.ts'
import { observedUntil } from './spans.ts'

/** Operations of one name. Times are the server's, without what we held back. */
export interface PassedRow {
  readonly of: Labels
  readonly offered: number
  readonly ok: number
  readonly errors: Readonly<Record<string, number>>
  /** Answered a second, well or not. */
  readonly rate: number
  readonly p50: Ms | undefined
  readonly p95: Ms | undefined
  readonly p99: Ms | undefined
  /** What we held back, for each operation that was answered. */
  readonly held: Ms
  readonly hits: number
  readonly misses: number
}
export interface Passed {
  readonly target: string
  /** The busiest first. */
  readonly operations: readonly PassedRow[]
  /** Of reads that found something or nothing, by the pattern of their keys. */
  readonly keys: readonly PassedRow[]
  readonly transactions: { readonly ended: number; readonly rolledBack: number; readonly p50: Ms | undefined; readonly p95: Ms | undefined; readonly longest: Ms | undefined } | undefined
}

/** One a target whose messages were read. */
export function passedOf(record: RunRecord): readonly Passed[] {
  const from = phaseOf(record, 'baseline')?.from ?? record.from
  const to = observedUntil(record)
  const seen = record.figures.filter(({ start, width }) => start + width / 2 >= from && start + width / 2 < to)
  return [...new Set(seen.map(({ target }) => target))].map((target): Passed => {
    const own = seen.filter((one) => one.target === target)
    const parts = own.flatMap((one) => one.parts)
    const seconds = Math.max(1, to - from) / 1000
    return {
      target, operations: rowsBy(parts, namesOf, seconds),
      keys: rowsBy(parts.filter(({ hits = 0, misses = 0 }) => hits + misses > 0), ({ key = '' }) => ({ key }), seconds), transactions: transactionsOf(own),
    }
  })
}

/** Keys come apart only in their own table. */
const namesOf = ({ key: _, ...names }: Labels): Labels => names

function rowsBy(parts: readonly PartRecord[], named: (of: Labels) => Labels, seconds: number): readonly PassedRow[] {
  const groups = new Map<string, { readonly of: Labels; readonly parts: PartRecord[] }>()
  for (const part of parts) {
    const of = named(part.of)
    const name = Object.values(of).join('\n')
    const group = groups.get(name) ?? { of, parts: [] }
    groups.set(name, group)
    group.parts.push(part)
  }
  return [...groups.values()].map(({ of, parts: own }) => rowOf(of, own, seconds)).sort((a, b) => b.offered - a.offered)
}

function rowOf(of: Labels, parts: readonly PartRecord[], seconds: number): PassedRow {
  const total = (figure: (part: PartRecord) => number | undefined): number => parts.reduce((sum, part) => sum + (figure(part) ?? 0), 0)
  const errors = new Map<string, number>()
  for (const part of parts) for (const [code, count] of Object.entries(part.errors ?? {})) errors.set(code, (errors.get(code) ?? 0) + count)
  const answered = total(({ ok }) => ok) + [...errors.values()].reduce((sum, count) => sum + count, 0)
  const server = mergeLatencies(parts.flatMap((part) => readCells(part.server ?? part.latency ?? [])))
  return {
    of, offered: total(({ offered }) => offered), ok: total(({ ok }) => ok), errors: Object.fromEntries([...errors].sort(([, a], [, b]) => b - a)), rate: answered / seconds, ...quantiles(server),
    held: ms(answered > 0 ? total(({ heldMs }) => heldMs) / answered : 0), hits: total(({ hits }) => hits), misses: total(({ misses }) => misses),
  }
}

const quantiles = (latencies: Latencies) => ({ p50: latencyQuantile(latencies, 0.5), p95: latencyQuantile(latencies, 0.95), p99: latencyQuantile(latencies, 0.99) })

function transactionsOf(records: readonly FiguresRecord[]): Passed['transactions'] {
  const all = records.flatMap(({ transactions }) => transactions ?? [])
  if (all.length === 0) return undefined
  const lengths = mergeLatencies(all.map(({ length }) => readCells(length)))
  const { p50, p95 } = quantiles(lengths)
  return { ended: all.reduce((sum, { ended }) => sum + ended, 0), rolledBack: all.reduce((sum, { rolledBack }) => sum + rolledBack, 0), p50, p95, longest: latencyMax(lengths) }
}
