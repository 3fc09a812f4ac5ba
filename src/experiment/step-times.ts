/** When steps begin and end, as far as the file tells: for steps without `for`, for cycles, for how many operations a window holds. */

import { parseDuration, ms, type Ms } from '../core/units.ts'
import type { Rule } from '../rule.ts'
import type { Step } from './plan.ts'
import type { Reader } from './read.ts'
import { STEP_FOR_MAX } from './schema.ts'
import type { Path } from './tree.ts'

/** A step that may not yet know how long it lasts. */
export type StepDraft = Pick<Step, 'step' | 'start' | 'place'> & { readonly path: Path; readonly for: Ms | undefined; readonly scenario?: string } & (
  | { readonly kind: 'fault'; readonly rule: Omit<Rule, 'for'> }
  | { readonly kind: 'action'; readonly run: readonly string[]; readonly undo: readonly string[] | undefined; readonly timeout: Ms }
  | { readonly kind: 'pause'; readonly text: string }
)

const LONGEST = parseDuration(STEP_FOR_MAX) ?? ms(60_000)

/** Puts `after: SCENARIO` to the scenario's last step, and says where `after` leads nowhere or in a circle. */
export function linkOrder(reader: Reader, drafts: readonly StepDraft[], known: (name: string) => string | undefined, broken: ReadonlySet<string>): readonly StepDraft[] {
  const last = new Map<string, StepDraft>()
  for (const draft of drafts) {
    const former = draft.scenario === undefined ? undefined : last.get(draft.scenario)
    if (draft.scenario !== undefined && (!former || lastBegin(draft) + (draft.for ?? 0) > lastBegin(former) + (former.for ?? 0))) last.set(draft.scenario, draft)
  }
  const names = new Set(drafts.map(({ step }) => step))
  const linked = drafts.map((draft) => {
    const { after } = draft.start
    if (after === undefined) return draft
    const scenario = last.get(after)
    if (scenario) return { ...draft, start: { ...draft.start, after: scenario.step } }
    if (!names.has(after) && !broken.has(after)) {
      const near = known(after)
      reader.fail('STEP_UNKNOWN', [...draft.path, 'after'], `no step is named "${after}"`, near && `did you mean "${near}"?`)
    }
    return draft
  })
  const byName = new Map(linked.map((draft) => [draft.step, draft]))
  for (const draft of linked) {
    if (isCircular(draft, byName)) reader.fail('STEP_INVALID', [...draft.path, 'after'], `"${draft.step}" waits for itself`, 'follow the `after` of each step')
  }
  return linked
}

function isCircular(draft: StepDraft, byName: ReadonlyMap<string, StepDraft>): boolean {
  let next = draft.start.after === undefined ? undefined : byName.get(draft.start.after)
  for (let hops = 0; next && hops < byName.size; hops++) {
    if (next === draft) return true
    next = next.start.after === undefined ? undefined : byName.get(next.start.after)
  }
  return false
}

/** When the last repetition begins, counted from what the step waits for. */
const lastBegin = ({ start: { at, every, until } }: Pick<StepDraft, 'start'>): number =>
  (every === undefined || until === undefined ? at : Math.max(at, at + Math.floor((until - at) / every) * every))

type Timed = Pick<StepDraft, 'step' | 'start' | 'for'>
export interface Span { readonly from: Ms; readonly to: Ms }

/** From the method's start; pauses and real commands are counted as no time. A step without `for` lasts to the end of the others, at most 60 s. Needs steps without circles. */
export function stepSpans(drafts: readonly Timed[]): ReadonlyMap<string, Span> {
  const byName = new Map(drafts.map((draft) => [draft.step, draft]))
  const spans = new Map<string, Span>()
  const spanOf = (draft: Timed, methodEnd: number | undefined): Span | undefined => {
    const done = spans.get(draft.step)
    if (done) return done
    const before = draft.start.after === undefined ? undefined : byName.get(draft.start.after)
    const base = before ? spanOf(before, methodEnd)?.to : 0
    if (base === undefined) return undefined
    const from = base + draft.start.at
    const rest = methodEnd === undefined ? undefined : methodEnd > from ? Math.min(methodEnd - from, LONGEST) : LONGEST
    const length = draft.for ?? rest
    if (length === undefined) return undefined
    const span = { from: ms(from), to: ms(base + lastBegin(draft) + length) }
    spans.set(draft.step, span)
    return span
  }
  for (const draft of drafts) spanOf(draft, undefined)
  const methodEnd = Math.max(0, ...[...spans.values()].map(({ to }) => to))
  for (const draft of drafts) spanOf(draft, methodEnd)
  return spans
}

/** When each step of a plan is armed, from the method's start; pauses and real commands are counted as no time. */
export const planSpans = (method: readonly Step[]): ReadonlyMap<string, Span> =>
  stepSpans(method.map((step) => ({ step: step.step, start: step.start, for: step.kind === 'fault' ? step.rule.for : step.kind === 'action' ? step.for : ms(0) })))

/** The steps as the plan has them. */
export const finishSteps = (drafts: readonly StepDraft[], spans: ReadonlyMap<string, Span>): readonly Step[] => drafts.map((draft) => {
  const { step, start, place } = draft
  const span = spans.get(step)
  const length = draft.for ?? ms(span ? span.to - span.from : LONGEST)
  switch (draft.kind) {
    case 'fault': return { step, start, place, kind: 'fault', rule: { ...draft.rule, for: length } }
    case 'action': return { step, start, place, kind: 'action', run: draft.run, undo: draft.undo, timeout: draft.timeout, for: length }
    case 'pause': return { step, start, place, kind: 'pause', text: draft.text }
  }
})
