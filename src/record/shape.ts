/** The shape of each event, as far as a reader relies on it: a line that lacks it is not taken for an event. */

import type { EventBodies, EventKind, JournalEvent } from './events.ts'
import { allFit, fits as hasShape, type Type } from './fits.ts'
import { surveyFits } from './survey-shape.ts'

type Shape<K extends EventKind> = { readonly [Key in RequiredKeys<EventBodies[K]>]: Type }
/** Fields of a line, known to be there and no more. */
interface Fields { readonly kind?: unknown; readonly bucket?: unknown; readonly counts?: unknown; readonly targets?: unknown; readonly figures?: unknown; readonly parts?: unknown; readonly of?: unknown; readonly altered?: unknown; readonly control?: unknown; readonly moves?: unknown; readonly expectations?: unknown; readonly profile?: unknown; readonly processes?: unknown; readonly grown?: unknown; readonly calls?: unknown; readonly survey?: unknown }
type RequiredKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? (unknown extends T[Key] ? Key : never) : Key }[keyof T]

const SHAPES: { readonly [K in EventKind]: Shape<K> } = {
  'run.started': { run: 'string', name: 'string', question: 'string', file: 'string', hash: 'string', seed: 'number', versions: 'object', targets: 'array', plan: 'any' },
  phase: { phase: 'string' },
  'rule.arming': { rule: 'string', step: 'string', fault: 'string', target: 'string', params: 'object', detail: 'any' },
  'rule.armed': { rule: 'string', step: 'string', effectiveAt: 'number' },
  'rule.cleared': { rule: 'string', step: 'string', reason: 'string', effectiveAt: 'number', matched: 'number', altered: 'number' },
  altered: { rule: 'string', session: 'number', direction: 'string', did: 'string', effectiveAt: 'number' },
  drained: { rule: 'string', effectiveAt: 'number' },
  bucket: { bucket: 'object' },
  figures: { figures: 'object' },
  reaction: { rule: 'string', session: 'number', operation: 'string', did: 'string', alteredAt: 'number', next: 'string', attempts: 'number' },
  reactions: { rule: 'string', altered: 'object', unwatched: 'number', control: 'object' },
  probe: { name: 'string', ok: 'boolean', tookMs: 'number' },
  action: { step: 'string', event: 'string', argv: 'array', exit: 'any', tookMs: 'number' },
  app: { app: 'string', event: 'string' },
  load: { name: 'string', valid: 'boolean', latenessP99Ms: 'number', cpu: 'number', droppedShare: 'number' },
  heal: { target: 'string', ok: 'boolean', before: 'string', after: 'string' },
  opaque: { target: 'string', session: 'number', why: 'string' },
  suspect: { stallMs: 'number' },
  point: { point: 'object' },
  sweep: { result: 'object' },
  profile: { profile: 'object' },
  survey: { target: 'string', survey: 'object' },
  note: { text: 'string' },
  operator: { who: 'string', did: 'string', text: 'string' },
  alert: { alert: 'string', state: 'string', text: 'string' },
  problem: { code: 'string', text: 'string' },
  verdict: { outcome: 'string', why: 'string', expectations: 'array' },
  'run.ended': { exit: 'number', outcome: 'string' },
}
const BUCKET: Readonly<Record<string, Type>> = { source: 'string', name: 'string', start: 'number', width: 'number', counts: 'object' }
const FIGURES: Readonly<Record<string, Type>> = { target: 'string', start: 'number', width: 'number', parts: 'array', inFlight: 'number' }
const PART: Readonly<Record<string, Type>> = { of: 'object', offered: 'number', ok: 'number' }
const PROFILE: Readonly<Record<string, Type>> = { app: 'string', during: 'string', processes: 'array', intervalMs: 'number', baselineMs: 'number', faultMs: 'number', baseline: 'number', fault: 'number', grown: 'array', calls: 'array' }
const FUNCTION: Readonly<Record<string, Type>> = { name: 'string', at: 'string', baseline: 'number', fault: 'number' }
const PROCESS: Readonly<Record<string, Type>> = { pid: 'number', title: 'string', files: 'array' }
const REACTIONS: Readonly<Record<string, Type>> = { watched: 'number', attempts: 'number', moves: 'object' }
const COUNTS: Readonly<Record<string, Type>> = { offered: 'number', ok: 'number', error: 'number', timeout: 'number', indeterminate: 'number', dropped: 'number' }
const TARGET: Readonly<Record<string, Type>> = { name: 'string', protocol: 'string', upstream: 'string', listen: 'array' }
const EXPECTATION: Readonly<Record<string, Type>> = { text: 'string', outcome: 'string', measured: 'string', limit: 'string' }
const HEAD: Readonly<Record<string, Type>> = { seq: 'number', at: 'number', wall: 'string', kind: 'string' }

/** Whether `value` is an event of a kind that this version knows, with all that this kind must have. */
export function isEvent(value: unknown): value is JournalEvent {
  if (!fits(value, HEAD)) return false
  const kind = String(value.kind)
  const shape: Readonly<Record<string, Type>> | undefined = Object.hasOwn(SHAPES, kind) ? SHAPES[kind as EventKind] : undefined
  return shape !== undefined && fits(value, shape) && partsFit(kind, value)
}

function partsFit(kind: string, { bucket, targets, expectations, figures, altered, control, profile, survey }: Fields): boolean {
  switch (kind) {
    case 'bucket': return fits(bucket, BUCKET) && fits(bucket.counts, COUNTS)
    case 'figures': return fits(figures, FIGURES) && allFit(figures.parts, PART)
    case 'reactions': return fits(altered, REACTIONS) && fits(control, REACTIONS)
    case 'profile': return fits(profile, PROFILE) && allFit(profile.processes, PROCESS) && allFit(profile.grown, FUNCTION) && callsFit(profile.calls)
    case 'survey': return surveyFits(survey)
    case 'run.started': return allFit(targets, TARGET)
    case 'verdict': return allFit(expectations, EXPECTATION)
    default: return true
  }
}

/** Depth is bounded by that of JSON itself. */
const callsFit = (calls: unknown): boolean => Array.isArray(calls) && calls.every((one: unknown) => fits(one, FUNCTION) && callsFit(one.calls))

const fits = (value: unknown, shape: Readonly<Record<string, Type>>): value is Fields => hasShape(value, shape)
