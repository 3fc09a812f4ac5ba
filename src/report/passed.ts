/** What passed through each target by name, over the whole observation. */

import { ms, type Ms } from '../core/units.ts'
import type { FiguresRecord, Labels, PartRecord } from '../record/figures.ts'
import { latencyMax, latencyMean, latencyQuantile, mergeLatencies, readCells, type Latencies } from '../record/latencies.ts'
import { bucketsBetween } from './figures.ts'
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
  /** All of its operations that were timed, together. */
  readonly total: Ms
  /** Of statements: came right after one of the same name on its connection; and had to be parsed first. */
  readonly again: number
  readonly parsed: number
  /** What we held back, for each operation that was answered. */
  readonly held: Ms
  readonly hits: number
  readonly misses: number
  /** Of HTTP: answers by the class of their status, and the time until their head came. */
  readonly statuses: Readonly<Record<string, number>>
  readonly firstByteP95: Ms | undefined
  /** Of HTTP messages and of frames, in all. */
  readonly bytesToServer: number
  readonly bytesToClient: number
}
interface Spread { readonly p50: Ms | undefined; readonly p95: Ms | undefined; readonly longest: Ms | undefined }
/** Of WebSockets: set up, cut by rules, and back after that. */
export interface PassedSockets { readonly opened: number; readonly setup: Spread; readonly cut: number; readonly back: number; readonly resume: Spread; readonly messages: number; readonly lost: number }
export interface Passed {
  readonly target: string
  /** The busiest first. */
  readonly operations: readonly PassedRow[]
  /** Of reads that found something or nothing, by the pattern of their keys. */
  readonly keys: readonly PassedRow[]
  readonly transactions: { readonly ended: number; readonly rolledBack: number } & Spread | undefined
  readonly sockets: PassedSockets | undefined
}

/** One a target whose messages were read; from the baseline on unless said otherwise. */
export function passedOf(record: RunRecord, { from, to }: { readonly from: Ms; readonly to: Ms } = { from: phaseOf(record, 'baseline')?.from ?? record.from, to: observedUntil(record) }): readonly Passed[] {
  const seen = bucketsBetween(record.figures, from, to)
  return [...new Set(seen.map(({ target }) => target))].map((target): Passed => {
    const own = seen.filter((one) => one.target === target)
    const parts = own.flatMap((one) => one.parts)
    const seconds = Math.max(1, to - from) / 1000
    return {
      target, operations: rowsBy(parts, namesOf, seconds),
      keys: rowsBy(parts.filter(({ hits = 0, misses = 0 }) => hits + misses > 0), ({ key = '' }) => ({ key }), seconds), transactions: transactionsOf(own), sockets: socketsOf(own, parts),
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
  const errors = summed(parts.map((part) => part.errors))
  const answered = total(({ ok }) => ok) + [...errors.values()].reduce((sum, count) => sum + count, 0)
  const firstByte = mergeLatencies(parts.flatMap((part) => readCells(part.serverFirstByte ?? part.firstByte ?? [])))
  const server = mergeLatencies(parts.flatMap((part) => readCells(part.server ?? part.latency ?? [])))
  return {
    of, offered: total(({ offered }) => offered), ok: total(({ ok }) => ok), errors: Object.fromEntries([...errors].sort(([, a], [, b]) => b - a)), rate: answered / seconds, ...quantiles(server), total: ms((latencyMean(server) ?? 0) * server.total),
    again: total(({ again }) => again), parsed: total(({ parsed }) => parsed),
    held: ms(answered > 0 ? total(({ heldMs }) => heldMs) / answered : 0), hits: total(({ hits }) => hits), misses: total(({ misses }) => misses),
    statuses: Object.fromEntries([...summed(parts.map((part) => part.statuses))].sort()), firstByteP95: latencyQuantile(firstByte, 0.95),
    bytesToServer: total(({ bytesToServer }) => bytesToServer), bytesToClient: total(({ bytesToClient }) => bytesToClient),
  }
}

/** What is no number is left out: a journal may be damaged. */
function summed(all: readonly (Readonly<Record<string, number>> | undefined)[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const counts of all) for (const [code, count] of Object.entries(counts ?? {})) if (Number.isFinite(count)) sums.set(code, (sums.get(code) ?? 0) + count)
  return sums
}

const quantiles = (latencies: Latencies) => ({ p50: latencyQuantile(latencies, 0.5), p95: latencyQuantile(latencies, 0.95), p99: latencyQuantile(latencies, 0.99) })

function transactionsOf(records: readonly FiguresRecord[]): Passed['transactions'] {
  const all = records.flatMap(({ transactions }) => transactions ?? [])
  if (all.length === 0) return undefined
  return { ended: all.reduce((sum, { ended }) => sum + ended, 0), rolledBack: all.reduce((sum, { rolledBack }) => sum + rolledBack, 0), ...spread(mergeLatencies(all.map(({ length }) => readCells(length)))) }
}

function socketsOf(records: readonly FiguresRecord[], parts: readonly PartRecord[]): PassedSockets | undefined {
  const all = records.flatMap(({ sockets }) => sockets ?? [])
  if (all.length === 0) return undefined
  const setup = mergeLatencies(all.map((one) => readCells(one.setup ?? [])))
  const resume = mergeLatencies(all.map((one) => readCells(one.resume ?? [])))
  const messages = parts.filter(({ of }) => of['opcode'] === 'text' || of['opcode'] === 'binary')
  return {
    opened: setup.total, setup: spread(setup), cut: all.reduce((sum, { cut }) => sum + cut, 0), back: resume.total, resume: spread(resume),
    messages: messages.reduce((sum, { offered }) => sum + offered, 0), lost: messages.reduce((sum, { errors }) => sum + (errors?.['lost'] ?? 0), 0),
  }
}

const spread = (latencies: Latencies): Spread => ({ p50: latencyQuantile(latencies, 0.5), p95: latencyQuantile(latencies, 0.95), longest: latencyMax(latencies) })
