/** A made-up run for rules of advice: ten seconds without a fault, eight with one where there is any, ten after it. What passed in each bucket is given. */

import { ms, type Ms } from '../../src/core/units.ts'
import { noCounts, type BucketRecord } from '../../src/record/buckets.ts'
import type { EventBody } from '../../src/record/events.ts'
import type { NextMove, PartRecord } from '../../src/record/figures.ts'
import type { SurveyRecord } from '../../src/record/surveys.ts'
import { foldRun, type RunRecord } from '../../src/report/fold.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { counts } from '../report/figures-builder.ts'

const W = 250
const T0 = 70_000.25
export const BEGINS = { fault: 10_000, recovery: 18_000, end: 28_000 } as const
export type Stage = 'calm' | 'fault' | 'after'

export interface MadeTarget {
  readonly name: string
  readonly protocol: Protocol
  /** Of the bucket with that number, counted from the baseline's first. */
  parts(stage: Stage, bucket: number): readonly PartRecord[]
  /** The most at once. */
  readonly inFlight?: (stage: Stage, bucket: number) => number
  readonly extra?: (stage: Stage, bucket: number) => Readonly<Record<string, number>>
  readonly survey?: SurveyRecord
  /** The application that serves it. */
  readonly app?: string
  readonly healed?: boolean
}
export interface MadeFault {
  readonly fault: string
  readonly target: string
  readonly matched?: number
  readonly altered?: number
  readonly did?: string
  readonly note?: string
  readonly operation?: string
  readonly next?: NextMove
  readonly afterMs?: number
}
export interface MadeRun {
  readonly targets: readonly MadeTarget[]
  readonly fault?: MadeFault
  /** Operations of the load in a bucket, and the share that succeeds. */
  readonly load?: { readonly offered: number; readonly success?: (stage: Stage, bucket: number) => number; readonly url?: string }
  readonly apps?: Readonly<Record<string, number>>
}

export function madeRun({ targets, fault, load, apps = {} }: MadeRun): RunRecord {
  const at = (offset: number): Ms => ms(T0 + offset)
  const bodies: { readonly at: number; readonly body: EventBody }[] = []
  const tell = (offset: number, body: EventBody): void => { bodies.push({ at: offset, body }) }
  tell(0, {
    kind: 'run.started', run: 'made', name: 'made', question: '', file: 'made.yaml', hash: 'sha256:0', seed: 1, versions: {}, targets: targets.map(({ name, protocol }) => ({ name, protocol, upstream: '127.0.0.1:1', listen: [] })),
    plan: { targets: targets.map(({ name, app }) => ({ spec: { name }, app })), loads: load ? [{ name: 'shop', rate: load.offered * 4, timeout: 1000, send: { kind: 'http', url: load.url ?? 'http://127.0.0.1/' } }] : [] },
  })
  tell(0, { kind: 'phase', phase: 'baseline' })
  tell(BEGINS.fault, { kind: 'phase', phase: 'method' })
  tell(BEGINS.recovery, { kind: 'phase', phase: 'recovery' })
  tell(BEGINS.end, { kind: 'phase', phase: 'end' })
  if (fault) tellFault(fault, tell, at)
  for (let bucket = 0; bucket * W < BEGINS.end; bucket++) {
    const offset = bucket * W
    const stage: Stage = offset < BEGINS.fault ? 'calm' : offset < BEGINS.recovery ? 'fault' : 'after'
    const base = { start: at(offset), width: ms(W), counts: noCounts() }
    const write = (body: BucketRecord): void => tell(offset + W, { kind: 'bucket', bucket: body })
    if (load) write({ ...base, source: 'load', name: 'shop', counts: outcomes(load.offered, load.success?.(stage, bucket) ?? 1) })
    for (const [name, cpu] of Object.entries(apps)) write({ ...base, source: 'app', name, extra: { cpu } })
    for (const { name, parts, inFlight, extra } of targets) {
      write({ ...base, source: 'target', name, extra: { connections: 4, attempts: 0, ...extra?.(stage, bucket) } })
      tell(offset + W, { kind: 'figures', figures: { target: name, start: at(offset), width: ms(W), parts: parts(stage, bucket), inFlight: inFlight?.(stage, bucket) ?? 2 } })
    }
  }
  for (const { name, survey, healed = true } of targets) {
    tell(BEGINS.end + 1, { kind: 'heal', target: name, ok: healed, before: 'well', after: healed ? 'well' : 'not' })
    if (survey) tell(BEGINS.end + 2, { kind: 'survey', target: name, survey })
  }
  tell(BEGINS.end + 10, { kind: 'run.ended', exit: 0, outcome: 'PASS' })
  return foldRun(bodies.sort((a, b) => a.at - b.at).map(({ at: offset, body }, seq) => ({ seq, at: at(offset), wall: '2026-11-27T18:32:41.000Z', ...body })))
}

function tellFault({ fault, target, matched = 100, altered = matched, did = 'answer', note, operation = '', next = 'went-on', afterMs = 5 }: MadeFault, tell: (offset: number, body: EventBody) => void, at: (offset: number) => Ms): void {
  const rule = { rule: 'broken', step: 'broken' }
  tell(BEGINS.fault + 1, { kind: 'rule.arming', ...rule, fault, target, params: {}, detail: {} })
  tell(BEGINS.fault + 2, { kind: 'rule.armed', ...rule, effectiveAt: at(BEGINS.fault + 2) })
  for (let i = 0; i < 10; i++) {
    tell(BEGINS.fault + 3 + i, { kind: 'altered', rule: 'broken', session: i, direction: 'to-server', did, ...(note === undefined ? {} : { note }), effectiveAt: at(BEGINS.fault + 3 + i) })
    tell(BEGINS.fault + 5003 + i, { kind: 'reaction', rule: 'broken', session: i, operation, did, alteredAt: at(BEGINS.fault + 3 + i), next, attempts: next === 'retry' ? 2 : 1, ...(next === 'gave-up' ? {} : { afterMs }) })
  }
  tell(BEGINS.fault + 5020, { kind: 'reactions', rule: 'broken', altered: counts({ [next]: 10 }), unwatched: 0, control: counts({ 'went-on': 10 }) })
  tell(BEGINS.recovery, { kind: 'rule.cleared', ...rule, reason: 'deadline', effectiveAt: at(BEGINS.recovery - 1), matched, altered })
}

function outcomes(offered: number, success: number): BucketRecord['counts'] {
  const ok = Math.round(offered * success)
  return { ...noCounts(), offered, ok, timeout: offered - ok }
}
