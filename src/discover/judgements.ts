/** What must hold of a system that behaves as it was seen to, and what may be asked of it under a fault. Pure. */

import { formatDuration, formatRatio, ms, ratio, type Ms } from '../core/units.ts'
import type { Plan, SteadyState } from '../experiment/plan.ts'
import { loadMetricProblem } from '../experiment/signals.ts'
import { unsteady } from '../experiment/steady-state.ts'
import type { RunRecord } from '../report/fold.ts'
import { plain, shareWords } from '../report/words.ts'
import type { Idea } from './idea.ts'
import { latencyLimit, roundUp, shareLimit } from './margin.ts'
import type { Seen, SeenLoad } from './seen.ts'
import { loadWords, targetWords } from './words.ts'

/** One entry of `steady_state` or `expect`, as the file will have it, and what is said above it. */
export interface Judgement { readonly entry: Readonly<Record<string, unknown>>; readonly comment?: string | undefined }

export interface Lengths { readonly warmup: Ms; readonly baseline: Ms; readonly recovery: Ms; readonly bucket: Ms; readonly hold: Ms; readonly minSamples: number }

/** More are not judged: the others are watched all the same. */
const JUDGED_MAX = 3
const [BASELINE_LEAST, BASELINE_MOST] = [ms(10_000), ms(60_000)]
const SAMPLES = 200
/** A p95 of fewer operations is none. */
const SAMPLES_OF_P95 = 200
const WITHIN = '5s'
/** What comes to fewer operations a second cannot be judged within a bucket or two. */
const RATE_LEAST = 0.5

/** The busiest loads that can be judged while they run. */
export const judgedLoads = (seen: Seen, { loads }: Pick<Plan, 'loads'>): readonly SeenLoad[] => seen.loads.filter(({ name, count }) => {
  const send = loads.find((one) => one.name === name)?.send
  return count > 0 && send !== undefined && !(send.kind === 'driven' && send.driver === 'artillery')
}).slice(0, JUDGED_MAX)

/** Windows long enough for what the slowest of the loads sends. */
export function lengthsFor(loads: readonly SeenLoad[], { windows: { warmup, bucket, hold } }: Pick<Plan, 'windows'>): Lengths {
  const slowest = Math.min(...loads.map(({ rate }) => rate), SAMPLES)
  const wanted = loads.length === 0 ? 0 : (SAMPLES * 1.1 * 1000) / slowest
  const baseline = ms(Math.ceil(Math.max(BASELINE_LEAST, 24 * bucket, Math.min(BASELINE_MOST, wanted)) / 1000) * 1000)
  const kept = ms(Math.min(hold, 3000))
  return { warmup, baseline, recovery: ms(Math.max(15_000, 4 * kept)), bucket, hold: kept, minSamples: Math.max(1, Math.min(SAMPLES, Math.floor((0.8 * slowest * baseline) / 1000))) }
}

/** The conditions that the file has itself and that held, and where it has none, what was seen with room above it. */
export function steadyStateOf(plan: Plan, record: RunRecord, seen: Seen, lengths: Lengths, target: string): readonly Judgement[] {
  const own = plan.steadyState.map((condition) => ({ condition, broken: unsteady(record, [condition], seen.span, seen.span) }))
  const held = own.filter(({ broken }) => broken.length === 0).map(({ condition }): Judgement => ({ entry: written(condition) }))
  const broken = own.flatMap((one) => one.broken).map((text) => `${plain(text)}, so that is not asked here`)
  const made = observed(plan, seen, lengths, target).filter(({ entry }) => !held.some((one) => one.entry['signal'] === entry['signal']))
  const [first, ...rest] = [...held.map((one, index) => (index === 0 ? { ...one, comment: `as ${plan.file} has it` } : one)), ...made]
  if (!first) return []
  return [broken.length === 0 ? first : { ...first, comment: [...broken.map((text) => `${plan.file} has ${text}`), ...(first.comment === undefined ? [] : [first.comment])].join('\n') }, ...rest]
}

const written = ({ signal: { name, metric, where }, comparison, limit }: SteadyState): Judgement['entry'] =>
  ({ signal: `${name}.${metric}`, ...(where ? { where } : {}), [comparison]: limit.text })

function observed(plan: Plan, seen: Seen, { baseline }: Lengths, target: string): readonly Judgement[] {
  const loads = judgedLoads(seen, plan)
  if (loads.length > 0) return loads.flatMap((load) => conditions(load.name, `seen of ${loadWords(load)}`, {
    success: has(plan, load, 'success') ? load.success : undefined, p95: has(plan, load, 'p95') && (load.rate * baseline) / 1000 >= SAMPLES_OF_P95 ? load.p95 : undefined,
    operations: (load.rate * baseline) / 1000,
  }))
  const targets = seen.targets.filter(({ name, rate }, index) => rate >= RATE_LEAST && (name === target || index < JUDGED_MAX))
  return targets.flatMap((one) => conditions(one.name, `seen of ${targetWords(one)}`, { success: one.success, p95: one.p95, operations: (one.rate * baseline) / 1000 }))
}

/** Whether a load of that kind has such a metric. */
function has({ loads }: Pick<Plan, 'loads'>, { name }: SeenLoad, metric: string): boolean {
  const send = loads.find((one) => one.name === name)?.send
  return loadMetricProblem(metric, send?.kind === 'websocket' ? send.expect : undefined) === undefined
}

interface Figures { readonly success: number | undefined; readonly p95: Ms | undefined; readonly operations: number }

function conditions(name: string, comment: string, { success, p95, operations }: Figures): readonly Judgement[] {
  const share = success === undefined ? undefined : shareLimit(success, operations)
  const entries = [
    ...(share === undefined ? [] : [{ signal: `${name}.success`, at_least: shareText(share) }]),
    ...(p95 === undefined ? [] : [{ signal: `${name}.p95`, at_most: formatDuration(latencyLimit(p95)) }]),
  ]
  return entries.map((entry, index) => (index === 0 ? { entry, comment } : { entry }))
}

const shareText = (share: number): string => formatRatio(ratio(share))

/** What is asked of the loads, or where there is none of the target itself: the rest of the system is not seen then. */
export function expectationsOf(idea: Idea, plan: Plan, seen: Seen, seconds: number): readonly Judgement[] {
  const loads = judgedLoads(seen, plan)
  // What was meant is known of loads alone.
  const retries: readonly Judgement[] = idea.fails ? [{ entry: { retries: idea.target, at_most: '3x' }, comment: 'what fails may be tried again, and no more than twice' }] : []
  if (loads.length > 0) return [...loads.flatMap((load) => ofLoad(idea, plan, load, seconds)), ...retries]
  const target = seen.targets.find(({ name }) => name === idea.target)
  if (!target) return []
  const share = idea.kind === 'slow' && target.success !== undefined ? shareLimit(target.success, target.rate * seconds) : undefined
  return [
    ...(share === undefined ? [] : [{ entry: { signal: `${target.name}.success`, during: 'fault', at_least: shareText(share) } }]),
    { entry: { recovery: `${target.name}.${idea.kind === 'slow' && target.p95 !== undefined ? 'p50' : 'success'}`, within: WITHIN } },
    ...(idea.kind === 'gone' ? [{ entry: { refill: target.name, within: '10s' } }] : []),
  ]
}

function ofLoad({ kind, delay }: Idea, plan: Plan, load: SeenLoad, seconds: number): readonly Judgement[] {
  const { name, success, p95, rate, delivered } = load
  const timed = p95 !== undefined && has(plan, load, 'p95') ? p95 : undefined
  const share = success === undefined || !has(plan, load, 'success') ? undefined : shareLimit(success, rate * seconds)
  const arrived = delivered === undefined || !has(plan, load, 'delivered') ? undefined : shareLimit(delivered, rate * seconds)
  const late = delay !== undefined && timed !== undefined && rate * seconds >= SAMPLES_OF_P95 ? formatDuration(roundUp(latencyLimit(timed) + delay)) : undefined
  return [
    ...(share === undefined ? [] : [{ entry: { signal: `${name}.success`, during: 'fault', at_least: shareText(share) }, comment: success === undefined || success === 1 ? undefined : `undisturbed ${shareWords(success)}` }]),
    ...(late === undefined ? [] : [{ entry: { signal: `${name}.p95`, during: 'fault', at_most: late }, comment: `its own limit and ${formatDuration(delay ?? ms(0))}: what is late once is not waited for again and again` }]),
    ...(arrived === undefined ? [] : [{ entry: { signal: `${name}.delivered`, during: 'all', at_least: shareText(arrived) } }]),
    { entry: { recovery: `${name}.${kind === 'slow' && timed !== undefined ? 'p50' : 'success'}`, within: WITHIN } },
  ]
}
