/** The third pass: names are joined to what they name, defaults filled in, and what cannot be done is refused. */

import { nearest, type Place } from '../core/errors.ts'
import { freshSeed } from '../core/random.ts'
import { ms } from '../core/units.ts'
import type { Source } from '../record/buckets.ts'
import { linkAlerts } from './alerts.ts'
import { linkAbort, linkCondition, linkExpectation, PHASES, warnOfFewSamples } from './link-judgements.ts'
import { linkData } from './link-data.ts'
import { linkLoad } from './link-load.ts'
import { linkApp, linkProbe, linkProfile } from './link-sources.ts'
import { linkStep } from './link-steps.ts'
import { linkTargets } from './link-targets.ts'
import { warnOfRamps } from './link-websocket.ts'
import type { Linking } from './linking.ts'
import type { Plan, Windows } from './plan.ts'
import { DOTTED_NAME, NAME } from './schema.ts'
import { finishSteps, linkOrder, stepSpans } from './step-times.ts'

/** The runner needs so many buckets to know what is normal. */
const BASELINE_BUCKETS_MIN = 20

export interface Given { readonly file: string; readonly hash: string; readonly seed: number | undefined; readonly secrets: readonly string[] }

/** The plan, or undefined when there are errors. */
export function link(context: Omit<Linking, 'names' | 'targets' | 'data'>, given: Given): Plan | undefined {
  const { reader, draft } = context
  const names = collectNames(context)
  const targets = linkTargets(context)
  const data = new Map(draft.data.map((one) => [one.name, linkData(context, one)]))
  const linking: Linking = { ...context, names, data, targets: new Map(targets.map((target) => [target.spec.name, target])) }
  if (draft.app && draft.apps.length) reader.failKey('VALUE_INVALID', ['apps'], '`app` and `apps` cannot go together', 'put the one under `apps:` too')
  if (draft.name !== undefined && !DOTTED_NAME.test(draft.name)) reader.fail('NAME_INVALID', ['name'], `"${draft.name}" cannot be the name of an experiment`, 'lower-case letters, digits, dot, dash and underscore, 64 at the most, the first a letter or digit')
  draft.tags?.forEach((tag, index) => { if (!DOTTED_NAME.test(tag)) reader.fail('NAME_INVALID', ['tags', index], `"${tag}" cannot be a tag`) })
  const apps = [...(draft.app ? [draft.app] : []), ...draft.apps].flatMap((one) => linkApp(linking, one) ?? [])
  const loads = draft.load.flatMap((one) => linkLoad(linking, one) ?? [])
  const probes = draft.probes.flatMap((one) => linkProbe(linking, one) ?? [])
  const windows = linkWindows(linking)
  const steadyState = draft.steady_state.flatMap((one) => linkCondition(linking, one) ?? [])
  const abort = draft.abort.flatMap((one) => linkAbort(linking, one) ?? [])
  const alerts = linkAlerts(reader, new Set(draft.targets.map(({ name }) => name)), draft.alerts)
  const { drafts, stepNames } = linkMethod(linking)
  const expect = draft.expect.flatMap((one) => linkExpectation(linking, one, stepNames) ?? [])
  const profile = linkProfile(linking, stepNames)
  if (reader.problems.failed || draft.name === undefined) return undefined
  const spans = stepSpans(drafts)
  const method = finishSteps(drafts, spans)
  const methodLength = Math.max(0, ...[...spans.values()].map(({ to }) => to))
  if (method.length > 0) warnOfRamps(linking, loads, windows)
  warnOfFewSamples(linking, {
    loads, windows, steadyState, expect,
    lengthOf(during) {
      const span = spans.get(during)
      if (span) return ms(span.to - span.from)
      return during === 'baseline' ? windows.baseline : during === 'recovery' ? windows.recovery : during === 'all' ? ms(windows.baseline + methodLength + windows.recovery) : ms(methodLength)
    },
  })
  return {
    name: draft.name, question: draft.question ?? '', file: given.file, hash: given.hash, tags: draft.tags ?? [], seed: given.seed ?? draft.seed ?? freshSeed(), corruption: draft.corruption === 'allow',
    targets, apps, loads, probes, windows, steadyState, abort, alerts, method, expect, repeat: draft.repeat ?? 1, ...(profile ? { profile } : {}), secrets: given.secrets,
    warnings: reader.problems.sorted().filter(({ severity }) => severity === 'warning'),
  }
}

/** Every name once, also of what is itself wrong: a broken target must not make its uses look wrong too. */
function collectNames({ reader, draft }: Pick<Linking, 'reader' | 'draft'>): ReadonlyMap<string, Source | 'step'> {
  const names = new Map<string, Source | 'step'>(draft.app ? [['app', 'app']] : [])
  const add = (name: string, kind: Source | 'step', place: Place): void => {
    if (!NAME.test(name)) reader.problems.error('NAME_INVALID', place, `"${name}" cannot be a name`)
    else if (kind === 'step' && (PHASES as readonly string[]).includes(name)) reader.problems.error('NAME_INVALID', place, `"${name}" is the name of a phase`, 'name the step otherwise')
    else if (names.has(name)) reader.problems.error('NAME_TAKEN', place, `there is a ${names.get(name)} named "${name}" already`)
    if (!names.has(name)) names.set(name, kind)
  }
  const sections = [[draft.targets, 'target'], [draft.apps, 'app'], [draft.load, 'load'], [draft.probes, 'probe']] as const
  for (const [entries, kind] of sections) for (const { name, path } of entries) add(name, kind, reader.entry(path).key)
  for (const { input, path } of draft.method) if (input) add(input.step, 'step', reader.entry([...path, 'step']).value)
  return names
}

function linkMethod(linking: Linking): { readonly drafts: ReturnType<typeof linkOrder>; readonly stepNames: readonly string[] } {
  const { reader, draft } = linking
  const made = draft.method.map((one) => ({ one, steps: linkStep(linking, one) }))
  const steps = made.flatMap((each) => each.steps)
  const own = draft.method.flatMap(({ input }) => input?.step ?? [])
  for (const step of steps) {
    if (step.scenario === undefined) continue
    if (linking.names.has(step.step)) reader.fail('NAME_TAKEN', step.path, `the scenario makes a step named "${step.step}", and there is one already`)
    if (!NAME.test(step.step)) reader.fail('NAME_INVALID', step.path, `the scenario makes a step named "${step.step}"`, 'shorten the name of the step')
  }
  // Where a step could not be read at all, its name is not known either.
  const unreadable = draft.method.some(({ input }) => !input)
  const broken = new Set(unreadable ? own.concat(draft.method.flatMap(({ input }) => input?.after ?? [])) : made.filter((each) => !each.steps.length).flatMap(({ one }) => one.input?.step ?? []))
  const drafts = linkOrder(reader, steps, (name) => nearest(name, own), broken)
  const scenarioNames = new Set(steps.flatMap(({ scenario }) => scenario ?? []))
  return { drafts, stepNames: [...new Set([...steps.map(({ step }) => step), ...own.filter((name) => !scenarioNames.has(name))])] }
}

function linkWindows({ reader, draft }: Linking): Windows {
  const { warmup, baseline, recovery, bucket, hold, min_samples: minSamples } = draft.windows ?? {}
  const windows = {
    warmup: warmup ?? ms(3_000), baseline: baseline ?? ms(15_000), recovery: recovery ?? ms(30_000), bucket: bucket ?? ms(250), hold: hold ?? ms(5_000), minSamples: minSamples ?? 200,
  }
  const buckets = Math.floor(windows.baseline / windows.bucket)
  if (buckets < BASELINE_BUCKETS_MIN) reader.fail('VALUE_INVALID', ['windows', baseline === undefined ? 'bucket' : 'baseline'], `a baseline of ${buckets} buckets is too short: it takes ${BASELINE_BUCKETS_MIN}`, 'lengthen `baseline` or narrow `bucket`')
  return windows
}
