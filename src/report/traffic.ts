/** What the traffic of a target shows of its clients: how they reconnected, how much they retried, when they reacted. */

import type { Ms } from '../core/units.ts'
import type { Times } from '../timing/timing.ts'
import type { RunRecord, SignalRecord } from './fold.ts'
import type { ReportPlan } from './plan.ts'
import { countWords, durationWords, NONE } from './words.ts'

export interface TargetTraffic {
  readonly target: string
  /** Undefined: over all faults. */
  readonly step: string | undefined
  /** Time from t_clear until the connection count is back in its band and stays; undefined when it is not. */
  readonly refill: Ms | undefined
  readonly storm: number | undefined
  readonly retries: number | undefined
  readonly detect: Ms | undefined
}

export function trafficOf(_record: RunRecord, _plan: ReportPlan, { name }: SignalRecord, step: string | undefined, _times: Times): readonly TargetTraffic[] {
  return [{ target: name, step, refill: undefined, storm: undefined, retries: undefined, detect: undefined }]
}

export interface TrafficRow { readonly detect: string; readonly refill: string; readonly storm: string; readonly retries: string }
export const trafficRow = ({ detect, refill, storm, retries }: TargetTraffic): TrafficRow =>
  ({ detect: durationWords(detect), refill: durationWords(refill), storm: storm === undefined ? NONE : `${countWords(storm)}/s`, retries: retries === undefined ? NONE : `${countWords(retries)}x` })
