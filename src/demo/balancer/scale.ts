/**
 * How many instances there should be, from how busy those are that there are. What is out (above BUSY) after one more is in the middle, and so is what
 * is left (below IDLE) with one less: a load that does not change is never followed by a change back.
 *
 *   0 ───── IDLE 0.3 ─────────── BUSY 0.7 ───── 1        of an instance's time, on average
 *   15 s: one less                3 s: one more
 */

import { ms, type Ms } from '../../core/units.ts'

export interface Bounds { readonly min: number; readonly max: number }

export interface Seen {
  readonly now: Ms
  /** That serve; none is being started or ended. */
  readonly instances: number
  /** The share of its time that an instance is at work, or waits for a processor to be; the mean of all. */
  readonly use: number
}

/** What it remembers from look to look. */
export interface Standing {
  readonly busySince?: Ms | undefined
  readonly idleSince?: Ms | undefined
  /** Nothing is changed before. */
  readonly restUntil?: Ms | undefined
}

export interface Decision { readonly instances: number; readonly standing: Standing; readonly why?: string | undefined }

export const BUSY = 0.7
export const IDLE = 0.3
export const BUSY_FOR: Ms = ms(3000)
export const IDLE_FOR: Ms = ms(15_000)
/** A new instance takes a while to take its share. */
export const COOLDOWN: Ms = ms(5000)

/** Asked once a second or so; `instances` is within the bounds, whatever it was. */
export function decide({ busySince, idleSince, restUntil }: Standing, { now, instances, use }: Seen, { min, max }: Bounds): Decision {
  const standing = { busySince: use > BUSY ? busySince ?? now : undefined, idleSince: use < IDLE ? idleSince ?? now : undefined, restUntil }
  const within = Math.min(max, Math.max(min, instances))
  const resting = restUntil !== undefined && now < restUntil
  const changed = (to: number, why: string): Decision => ({ instances: to, why, standing: { restUntil: ms(now + COOLDOWN) } })
  if (within !== instances) return changed(within, `${min} to ${max} are asked for`)
  if (!resting && instances < max && lasted(standing.busySince, now, BUSY_FOR)) return changed(instances + 1, `${percent(use)} busy, more than ${percent(BUSY)} for ${BUSY_FOR / 1000} s`)
  if (!resting && instances > min && lasted(standing.idleSince, now, IDLE_FOR)) return changed(instances - 1, `${percent(use)} busy, less than ${percent(IDLE)} for ${IDLE_FOR / 1000} s`)
  return { instances, standing }
}

const lasted = (since: Ms | undefined, now: Ms, least: Ms): boolean => since !== undefined && now - since >= least

const percent = (share: number): string => `${Math.round(100 * share)} %`
