/** Whether the generator kept to its plan: the figures of a load that did not are not to be trusted. */

import { formatDuration, formatRatio, ms, ratio } from '../core/units.ts'

/** Over the whole run of a load. */
export interface LoadFigures {
  readonly name: string
  readonly offered: number
  readonly sent: number
  readonly dropped: number
  /** Of those, the ones that the generator or its limit is to blame for, not the system. */
  readonly droppedByUs: number
  /** How late operations were sent, and how long they took from there; undefined when none was sent, or none ended. */
  readonly latenessP99Ms: number | undefined
  readonly serviceP99Ms: number | undefined
  /** Of one core, by the whole generator process. */
  readonly cpu: number
  /** Why operations failed, and how often; at most ERRORS_MAX reasons. */
  readonly errors: Readonly<Record<string, number>>
  /** By code, how often connections of a websocket load were closed that it had not closed itself. */
  readonly closes: Readonly<Record<string, number>>
}

export interface LoadVerdict {
  readonly name: string
  readonly valid: boolean
  /** For people; absent when valid. */
  readonly why?: string
  readonly latenessP99Ms: number
  readonly serviceP99Ms: number
  /** Of what was offered, whoever was to blame. */
  readonly droppedShare: number
  /** Share of one core that the generator's process used. */
  readonly cpu: number
  readonly sent: number
  /** Why operations failed, by reason: `status 503`, `ECONNREFUSED`, a SQLSTATE, the first word of a Redis error; those of a journey begin with the step. */
  readonly errors: Readonly<Record<string, number>>
  readonly closes: Readonly<Record<string, number>>
}

const LATENESS_MAX = 5
const LATENESS_SHARE_MAX = 0.05
const DROPPED_SHARE_MAX = 0.001
const CPU_MAX = 0.9

/** Invalid: lateness p99 over max(5 ms, 5 % of service p99), more than 0.1 % dropped by our own fault, or more than 90 % of a core used. */
export function judgeLoad({ name, offered, sent, dropped, droppedByUs, latenessP99Ms = 0, serviceP99Ms = 0, cpu, errors, closes }: LoadFigures): LoadVerdict {
  const latenessMax = Math.max(LATENESS_MAX, LATENESS_SHARE_MAX * serviceP99Ms)
  const reasons: string[] = []
  if (latenessP99Ms > latenessMax) reasons.push(`operations were sent late (p99 ${formatDuration(ms(latenessP99Ms))}, at most ${formatDuration(ms(latenessMax))})`)
  if (droppedByUs > DROPPED_SHARE_MAX * offered) {
    reasons.push(`${formatRatio(ratio(droppedByUs / offered))} of the operations were never sent: the generator was not running, or its limit of operations in flight is too low`)
  }
  if (cpu > CPU_MAX) reasons.push(`the generator used ${formatRatio(ratio(cpu))} of a core`)
  return {
    name, valid: reasons.length === 0, ...(reasons.length > 0 ? { why: reasons.join('; ') } : {}),
    latenessP99Ms, serviceP99Ms, droppedShare: offered === 0 ? 0 : dropped / offered, cpu, sent, errors, closes,
  }
}
