/** A session as an experiment that can be run again: what was armed becomes steps with their times. A fold over the journal, pure. */

import { isAbsolute } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isMap as isYamlMap, parseDocument, type Document } from 'yaml'
import { ms, type Ms } from '../core/units.ts'
import { NAME } from '../experiment/schema.ts'
import type { Registry } from '../fault.ts'
import type { EventOf, JournalEvent } from '../record/events.ts'
import { detailText, paramsText, timeText, type Detail } from './rule-text.ts'

/** A step of an experiment, as people write it. */
export type StepText = { readonly step: string; readonly at: string; readonly fault: string; readonly on: string; readonly for: string } & Readonly<Record<string, unknown>>

export interface Exported {
  readonly steps: readonly StepText[]
  /** Of each step, the injection that it stands for: one that was changed is several steps. */
  readonly injections: ReadonlyMap<string, string>
}

interface Stretch { readonly rule: string; readonly fault: string; readonly on: string; readonly params: Readonly<Record<string, unknown>>; readonly detail: Detail; from: Ms | undefined; to: Ms | undefined }

/** Times are rounded to this many ms. */
const GRAIN = 10

/** What was armed from when the method began; what never came to hold is left out, and what is armed still lasts to the last event. */
export function exportSteps(events: readonly JournalEvent[], faults: Registry): Exported {
  const start = events.find((event) => event.kind === 'phase' && event.phase === 'method')?.at ?? events[0]?.at ?? ms(0)
  const end = events.at(-1)?.at ?? start
  const names = new Map<string, string>()
  const steps = stretchesOf(events).flatMap(({ rule, fault, on, params, detail, from, to }): StepText[] => {
    const length = rounded((to ?? end) - (from ?? end))
    if (from === undefined || length <= 0) return []
    const step = nameFor(rule, names)
    names.set(step, rule)
    return [{ step, at: timeText(rounded(Math.max(0, from - start))), fault, on, ...paramsText(faults.get(fault), params), ...detailText(detail), for: timeText(length) }]
  })
  return { steps, injections: names }
}

/** A rule whose parameters are changed while it is armed ends there and begins anew; one whose time is changed does not. */
function stretchesOf(events: readonly JournalEvent[]): readonly Stretch[] {
  const all: Stretch[] = []
  const open = (rule: string): Stretch | undefined => all.findLast((one) => one.rule === rule && one.to === undefined)
  for (const event of events) {
    if (event.kind === 'rule.arming') arming(event, open(event.rule), all)
    else if (event.kind === 'rule.armed') {
      const one = open(event.rule)
      if (one) one.from ??= event.effectiveAt
    } else if (event.kind === 'rule.cleared') {
      const one = open(event.rule)
      if (one) one.to = event.effectiveAt
    }
  }
  return all
}

function arming({ rule, fault, target: on, params, detail: given, at }: EventOf<'rule.arming'>, before: Stretch | undefined, all: Stretch[]): void {
  const { for: _length, standing: _standing, ...detail } = (given ?? {}) as Detail
  if (before && isDeepStrictEqual([before.fault, before.on, before.params, before.detail], [fault, on, params, detail])) return
  // It holds what it held until the change has been acknowledged, some milliseconds later.
  if (before) before.to = at
  all.push({ rule, fault, on, params, detail, from: before ? at : undefined, to: undefined })
}

/** The rule's own name, or the nearest that a step may have. */
function nameFor(rule: string, taken: ReadonlyMap<string, string>): string {
  const base = rule.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^[^a-z0-9]+/, '').slice(0, 58)
  const wanted = NAME.test(base) ? base : 'step'
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!taken.has(name)) return name
  }
}

const rounded = (time: number): Ms => ms(Math.round(time / GRAIN) * GRAIN)

export interface ExportOptions {
  /** The text of the file that the session was held with. */
  readonly source: string
  readonly name: string
  readonly question: string
  readonly seed: number
  readonly steps: readonly StepText[]
  /** Any of them falsifies data. */
  readonly corruption: boolean
  /** Of the head, a line each. */
  readonly comment: readonly string[]
  /** A path of the file as it is from where the new one will lie. */
  path(written: string): string
}

/** The file with the session as its method. Targets, apps, load, probes, windows, steady_state and abort stay as they are written, references and all; expectations were of another method and go. */
export function exportText({ source, name, question, seed, steps, corruption, comment, path }: ExportOptions): string {
  const document: Document = parseDocument(source, { version: '1.2', schema: 'core', stringKeys: true, logLevel: 'error' })
  for (const key of ['method', 'expect', 'repeat', 'name', 'question', 'seed'] as const) document.delete(key)
  for (const one of PATHS) movePaths(document.contents, one, path)
  document.set('seed', seed)
  if (corruption) document.set('corruption', 'allow')
  document.set('method', document.createNode(steps.map(({ step, at, ...rest }) => ({ step, at, ...rest })), { aliasDuplicateObjects: false }))
  flow(document)
  document.commentBefore = comment.map((line) => ` ${line}`).join('\n')
  const head = document.createNode({ name, question }, {})
  if (isYamlMap(document.contents) && isYamlMap(head)) document.contents.items.unshift(...head.items)
  return document.toString({ lineWidth: 0 })
}

/** Each step on a line of its own, as people write them. */
function flow(document: Document): void {
  const method = document.get('method', true)
  if (typeof method !== 'object' || method === null || !('items' in method) || !Array.isArray(method.items)) return
  for (const item of method.items) if (isYamlMap(item)) item.flow = true
}

/** What of an experiment is a path from the file's own folder. */
const PATHS: readonly (readonly string[])[] = [
  ['app', 'cwd'], ['apps', '*', 'cwd'], ['data', '*', 'file'],
  ...['cert', 'key', 'ca'].map((key) => ['targets', '*', 'tls', key]), ...['locust', 'artillery', 'k6'].map((key) => ['load', '*', key]),
]

function movePaths(node: unknown, [key, ...rest]: readonly string[], path: (written: string) => string): void {
  if (!isYamlMap(node) || key === undefined) return
  for (const { value } of key === '*' ? node.items : []) movePaths(value, rest, path)
  if (key === '*') return
  const found: unknown = node.get(key)
  if (rest.length > 0) movePaths(found, rest, path)
  else if (typeof found === 'string' && !found.includes('${') && !isAbsolute(found)) node.set(key, path(found))
}
