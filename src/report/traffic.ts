/** What the traffic of a target shows of its clients: how they reconnected, how much they retried, when they reacted. */

import { ms, type Ms } from '../core/units.ts'
import type { BucketRecord } from '../record/buckets.ts'
import type { Times } from '../timing/timing.ts'
import { detect, perIntent, reconnectStorm, refill, retryAmplification, type Reaction, type Sign, type Track } from '../timing/traffic.ts'
import { bucketFigure } from './figures.ts'
import type { RunRecord, SignalRecord } from './fold.ts'
import { isHeard, type ReportPlan } from './plan.ts'
import { amplification, isTelling } from './reactions.ts'
import { gridOf, timeOf, valuesOf, type Grid } from './series.ts'
import { countWords, durationWords, NONE } from './words.ts'

interface Reacted { readonly at: Ms; readonly by: Reaction }

export interface TargetTraffic {
  readonly target: string
  /** Undefined: over all faults. */
  readonly step: string | undefined
  /** From the first effect to the first reaction, and what that was. */
  readonly detect: Ms | undefined
  readonly reaction: Reaction | undefined
  /** From t_clear until the connection count is back in its band and stays; 0 when it never left it, undefined when it was not seen back. */
  readonly refill: Ms | undefined
  /** How long was watched for a refill that did not come; undefined where it came, or where nothing can be said. */
  readonly unfilled: Ms | undefined
  /** The most connection attempts in a second against the baseline's; a baseline below one a second counts as one. */
  readonly storm: number | undefined
  readonly stormPeak: number | undefined
  /** Attempts for each operation that the load meant while the fault lasted, against the baseline's. */
  readonly retries: number | undefined
}

export function trafficOf(record: RunRecord, plan: ReportPlan, target: SignalRecord, step: string | undefined, times: Times): readonly TargetTraffic[] {
  const grid = gridOf(target)
  if (!grid) return []
  const track = (values: readonly (number | undefined)[]): Track => ({ start: grid.start, width: grid.width, values: values.map((value) => value ?? 0) })
  const connecting = track(valuesOf(grid, (buckets) => bucketFigure(buckets, 'attempts')))
  const asked = track(valuesOf(grid, (buckets) => buckets.reduce((sum, { counts }) => sum + counts.offered, 0)))
  // A server that is only connected to, or cannot be read, has no exchanges to count.
  const attempts = asked.values.some((count) => count > 0) ? asked : connecting
  const intents = track(intentsOn(grid, record.signals.filter(({ source, name }) => source === 'load' && !isHeard(plan, name)).flatMap(({ buckets }) => buckets)))
  const meant = intents.values.some((count) => count > 0)
  const each = perIntent(attempts, intents)
  const signs: readonly Sign[] = [{ reaction: 'reconnect', track: connecting }, ...(meant ? [{ reaction: 'retry', track: each }, { reaction: 'shed', track: each }] as const : [])]
  const { effect, clear, end } = times
  const reacted = soonest(detect(signs, times), firstMove(record, target.name, step), grid.width)
  const refilled = refill(track(held(valuesOf(grid, (buckets) => bucketFigure(buckets, 'connections')))), times, plan.windows.hold)
  const storm = reconnectStorm(connecting, times)
  return [{
    target: target.name, step,
    detect: reacted && effect !== undefined ? ms(reacted.at - effect) : undefined, reaction: reacted?.by,
    refill: refilled && refilled.status !== 'not_refilled' ? refilled.took : undefined, unfilled: refilled?.status === 'not_refilled' ? refilled.observed : undefined,
    storm: storm?.factor, stormPeak: storm?.value,
    // Without a load to compare with, by the operations that were altered and seen again.
    retries: meant && effect !== undefined ? retryAmplification(attempts, intents, times, { from: effect, to: clear ?? end })?.factor : amplification(record, target.name, step),
  }]
}

/** The first time that an altered request came again or a client reconnected, exact; undefined where none did, or where that is seen without a fault too. */
function firstMove({ rules, reactions, reactionTotals }: RunRecord, target: string, step: string | undefined): Reacted | undefined {
  const own = new Set(rules.filter((one) => one.target === target && (step === undefined || one.step === step)).map(({ rule }) => rule))
  const controls = new Map(reactionTotals.map(({ rule, control }) => [rule, control]))
  return reactions.flatMap(({ rule, next, alteredAt, afterMs }): Reacted[] => {
    const control = controls.get(rule)
    const reacted = (next === 'retry' || next === 'reconnect') && afterMs !== undefined && own.has(rule) && (!control || isTelling(control, next))
    return reacted ? [{ at: ms(alteredAt + afterMs), by: next }] : []
  }).sort((a, b) => a.at - b.at)[0]
}

/** What was seen of one request is exact; what a bucket shows began somewhere in it. */
const soonest = (seen: Reacted | undefined, exact: Reacted | undefined, width: Ms): Reacted | undefined => (exact && exact.at <= (seen?.at ?? exact.at) + width ? exact : seen)

/** What the loads meant in each row of a target's grid; a bucket of a load belongs where its middle lies. */
function intentsOn(grid: Grid, buckets: readonly BucketRecord[]): number[] {
  const meant = grid.rows.map(() => 0)
  for (const { start, width, counts } of buckets) {
    const row = Math.floor((start + width / 2 - timeOf(grid, 0)) / grid.width)
    if (row in meant) meant[row] = (meant[row] ?? 0) + counts.offered
  }
  return meant
}

/** A gauge keeps its value where a row is missing. */
function held(values: readonly (number | undefined)[]): number[] {
  let last = values.find((value) => value !== undefined) ?? 0
  return values.map((value) => { last = value ?? last; return last })
}

export interface TrafficRow { readonly detect: string; readonly refill: string; readonly storm: string; readonly retries: string }

export const trafficRow = ({ detect: after, reaction, refill: took, unfilled, storm, stormPeak, retries }: TargetTraffic): TrafficRow => ({
  detect: after === undefined ? NONE : `${durationWords(after)} (${reaction ?? ''})`,
  refill: unfilled === undefined ? durationWords(took) : `> ${durationWords(unfilled)}`,
  storm: storm === undefined ? NONE : `${countWords(storm)}x (${countWords(stormPeak ?? 0)}/s)`,
  retries: retries === undefined ? NONE : `${countWords(retries)}x`,
})
