/** What is judged: steady state, abort conditions and expectations, and whether there will be evidence enough. */

import { nearest } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import type { LoadSpec } from '../load/spec.ts'
import { expectOf } from './link-websocket.ts'
import type { Linking } from './linking.ts'
import { TIMING_FIGURES, type AbortCondition, type Expectation, type Limit, type Signal, type SteadyState, type TimingFigure, type Windows } from './plan.ts'
import type { Listed } from './read.ts'
import type { AbortInput, ConditionInput, ExpectationInput } from './schema.ts'
import { COMPARISONS, loadMetricProblem, metricProblem, narrowingProblem, parseFigureLimit, parseLimit, parseSignal, QUANTILES } from './signals.ts'
import { isMap, valueAt, type Path } from './tree.ts'

export const PHASES = ['baseline', 'fault', 'recovery', 'all'] as const
/** Figures of a target's connections and traffic; the others are of a signal. */
const OF_TARGET: ReadonlySet<TimingFigure> = new Set(['detect', 'refill', 'retries', 'storm'])
const TIMES: ReadonlySet<TimingFigure> = new Set(['recovery', 'outage', 'detect', 'degraded', 'refill'])
const TIMED_METRICS = [...Object.keys(QUANTILES), 'success', 'rate']
/** So many operations beyond a quantile, and it is one. */
const BEYOND_QUANTILE = 10

export function linkCondition(linking: Linking, { path, input }: Listed<ConditionInput>): SteadyState | undefined {
  if (!input) return undefined
  const signal = linkSignal(linking, path, 'signal', input.signal, input.where)
  const bound = linkComparison(linking, path, input, signal?.metric)
  return signal && bound && { signal, ...bound, text: asWritten(linking, path), place: linking.reader.entry(path).value }
}

export function linkAbort(linking: Linking, { path, input }: Listed<AbortInput>): AbortCondition | undefined {
  const condition = linkCondition(linking, { path, input })
  return condition && { ...condition, for: input?.for ?? ms(0) }
}

/** `steps` are the names that `during` and `step` may bear; a scenario's name leads to its own steps. */
export function linkExpectation(linking: Linking, { path, input }: Listed<ExpectationInput>, steps: readonly string[]): Expectation | undefined {
  if (!input) return undefined
  const { reader } = linking
  const figures = TIMING_FIGURES.filter((figure) => figure in input)
  const [figure] = figures
  if (figures.length + ('signal' in input ? 1 : 0) !== 1) {
    reader.fail('EXPECTATION_INVALID', path, 'an expectation is about one thing', `give one of signal, ${TIMING_FIGURES.join(', ')}`)
    return undefined
  }
  const place = reader.entry(path).value
  const text = asWritten(linking, path)
  if (figure) return linkTiming(linking, path, input, figure, steps, { text, place })
  for (const key of ['within', 'step'] as const) if (key in input) reader.failKey('EXPECTATION_INVALID', [...path, key], `\`${key}\` means nothing with a signal`, key === 'step' ? 'write `during: STEP`' : 'write at_most')
  // Where nothing is done to the system there is no fault to look at.
  const during = input.during ?? (linking.draft.method.length > 0 ? 'fault' : 'all')
  if (!(PHASES as readonly string[]).includes(during)) checkStep(linking, [...path, 'during'], during, steps, PHASES)
  const condition = linkCondition(linking, { path, input: { ...input, signal: input.signal ?? '' } })
  return condition && { kind: 'signal', ...condition, during }
}

function linkTiming(linking: Linking, path: Path, input: ExpectationInput, figure: TimingFigure, steps: readonly string[], about: Pick<Expectation, 'text' | 'place'>): Expectation | undefined {
  const { reader } = linking
  const of = linkSubject(linking, path, input, figure)
  const bound = TIMES.has(figure) ? 'within' : 'at_most'
  if (OF_TARGET.has(figure) && input.where) reader.failKey('EXPECTATION_INVALID', [...path, 'where'], `\`where\` means nothing with ${figure}`, `${figure} is of a target as a whole`)
  const misplaced = [...COMPARISONS, 'within', 'during'].filter((one) => one !== bound && one in input)
  for (const key of misplaced) {
    reader.failKey('EXPECTATION_INVALID', [...path, key], `\`${key}\` means nothing with ${figure}`, `write \`${bound}\`${key === 'during' ? ' and `step: NAME`' : ''}`)
  }
  if (input.step !== undefined) checkStep(linking, [...path, 'step'], input.step, steps, [])
  const written = valueAt(reader.root, [...path, bound])
  if (typeof written !== 'string' && typeof written !== 'number') {
    if (!(bound in input) && !misplaced.length) reader.fail('EXPECTATION_INVALID', path, `${figure}: \`${bound}\` is missing`)
    return undefined
  }
  const limit = parseFigureLimit(written, figure)
  if ('expected' in limit) {
    reader.fail('VALUE_INVALID', [...path, bound], `${bound}: expected ${limit.expected}, not ${JSON.stringify(written)}`)
    return undefined
  }
  return of && { kind: 'timing', figure, of, limit, step: input.step, ...about }
}

function linkSubject(linking: Linking, path: Path, input: ExpectationInput, figure: TimingFigure): Pick<Signal, 'name' | 'where'> & Partial<Signal> | undefined {
  const { reader, names } = linking
  const text = input[figure] ?? ''
  if (OF_TARGET.has(figure)) {
    if (names.get(text) === 'target') return { name: text }
    const known = [...names].filter(([, kind]) => kind === 'target').map(([one]) => one)
    const near = nearest(text, known)
    reader.fail('TARGET_UNKNOWN', [...path, figure], `${figure} is of a target, and none is named "${text}"`, near ? `did you mean "${near}"?` : `targets here: ${known.join(', ') || 'none'}`)
    return undefined
  }
  const signal = linkSignal(linking, path, figure, text, input.where)
  if (!signal || TIMED_METRICS.includes(signal.metric)) return signal
  reader.fail('SIGNAL_UNKNOWN', [...path, figure], `${figure} cannot be judged by ${signal.metric}`, `it can by ${TIMED_METRICS.join(', ')}`)
  return undefined
}

/** The signal that the entry at `path` names under `key`. */
function linkSignal(linking: Linking, path: Path, key: string, text: string, where: ConditionInput['where']): Signal | undefined {
  const { reader, names, targets } = linking
  const parsed = parseSignal(text, names)
  if ('wrong' in parsed) {
    reader.fail('SIGNAL_UNKNOWN', [...path, key], parsed.wrong, parsed.hint)
    return undefined
  }
  const { signal, source } = parsed
  if (source !== 'target') {
    if (where) reader.failKey('EXPECTATION_INVALID', [...path, 'where'], `\`where\` means nothing with a signal of a ${source}`, 'it narrows signals of targets')
    const load = source === 'load' ? linking.draft.load.find(({ name }) => name === signal.name)?.input : undefined
    const problem = load && loadMetricProblem(signal.metric, load.websocket === undefined ? undefined : expectOf(load))
    if (problem) reader.fail('SIGNAL_UNKNOWN', [...path, key], problem.wrong, problem.hint)
    if (load?.artillery !== undefined && path[0] !== 'expect') reader.fail('EXPECTATION_INVALID', [...path, key], `${signal.name} is made by artillery, which tells its figures only when it has ended`, 'judge it under `expect:`')
    return signal
  }
  const spec = targets.get(signal.name)?.spec
  if (spec === undefined) return signal
  const problem = metricProblem(signal.metric, spec.protocol, where !== undefined)
  if (problem) reader.fail('SIGNAL_UNKNOWN', [...path, key], problem.wrong, problem.hint)
  for (const [label, wanted] of Object.entries(where ?? {})) {
    const found = narrowingProblem(label, wanted, spec)
    if (found?.key) reader.failKey('KEY_UNKNOWN', [...path, 'where', label], found.wrong, found.hint)
    else if (found) reader.fail('VALUE_INVALID', [...path, 'where', label], found.wrong, found.hint)
  }
  return where ? { ...signal, where } : signal
}

function linkComparison({ reader }: Linking, path: Path, input: ConditionInput, metric: string | undefined): Pick<SteadyState, 'comparison' | 'limit'> | undefined {
  const given = COMPARISONS.filter((comparison) => comparison in input)
  const [comparison] = given
  if (!comparison || given.length > 1) {
    reader.fail('EXPECTATION_INVALID', path, comparison ? `${given.join(' and ')} cannot go together` : 'there is no limit', `give one of ${COMPARISONS.join(', ')}`)
    return undefined
  }
  const limit = metric === undefined ? undefined : parseLimit(input[comparison] ?? '', metric)
  if (!limit) return undefined
  if (!('expected' in limit)) return { comparison, limit }
  reader.fail('VALUE_INVALID', [...path, comparison], `${comparison}: expected ${limit.expected}, not ${JSON.stringify(input[comparison])}`)
  return undefined
}

function checkStep({ reader, draft }: Linking, path: Path, name: string, steps: readonly string[], others: readonly string[]): void {
  if (steps.includes(name) || draft.method.some(({ input }) => !input)) return
  const parts = steps.filter((step) => step.startsWith(`${name}-`))
  const near = nearest(name, [...steps, ...others])
  reader.fail('STEP_UNKNOWN', path, `no step is named "${name}"`, parts.length ? `name one of its steps: ${parts.join(', ')}` : near ? `did you mean "${near}"?` : `known here: ${[...others, ...steps].join(', ')}`)
}

/** The entry as the file has it: `signal: checkout.p95, at_most: 100ms`. */
function asWritten({ reader }: Linking, path: Path): string {
  const value = valueAt(reader.root, path)
  return isMap(value) ? Object.entries(value).map(([key, one]) => `${key}: ${isMap(one) ? `{ ${Object.entries(one).map(([label, wanted]) => `${label}: ${String(wanted)}`).join(', ')} }` : String(one)}`).join(', ') : ''
}

export interface Evidence { readonly loads: readonly LoadSpec[]; readonly windows: Windows; readonly steadyState: readonly SteadyState[]; readonly expect: readonly Expectation[]; lengthOf(during: string): Ms }

/** Warns of figures that will rest on too few operations. */
export function warnOfFewSamples({ reader }: Linking, { loads, windows, steadyState, expect, lengthOf }: Evidence): void {
  const warn = ({ signal, limit, comparison, place }: SteadyState, during: string): void => {
    const load = loads.find(({ name }) => name === signal.name)
    const needed = operationsFor(signal, comparison, limit)
    const length = lengthOf(during)
    const expected = load && load.rate > 0 ? Math.floor((load.rate * length) / 1000) : Number.POSITIVE_INFINITY
    if (expected < needed) reader.problems.warning('SAMPLES_FEW', place, `${signal.name}.${signal.metric} needs ${needed} operations, and ${during} will hold about ${expected}`)
  }
  for (const condition of steadyState) warn(condition, 'baseline')
  for (const one of expect) if (one.kind === 'signal') warn(one, one.during)
  for (const { name, rate } of loads.filter((load) => load.rate > 0)) {
    const expected = Math.floor((rate * windows.baseline) / 1000)
    if (expected < windows.minSamples) reader.problems.warning('SAMPLES_FEW', reader.entry(['load', name, 'rate']).value, `the baseline will hold about ${expected} operations of ${name}, and min_samples is ${windows.minSamples}`, 'raise `rate`, lengthen windows.baseline, or lower windows.min_samples')
  }
}

/** Fewer than these cannot tell: ten beyond a quantile, one that may fail of a share. */
function operationsFor({ metric }: Signal, comparison: SteadyState['comparison'], limit: Limit): number {
  const q = QUANTILES[metric]
  if (q !== undefined) return Math.round(BEYOND_QUANTILE / (1 - q))
  const share = metric === 'success' && (comparison === 'at_least' || comparison === 'above') && limit.unit === 'ratio' && limit.value < 1
  return share ? Math.round(1 / (1 - limit.value)) : 1
}
