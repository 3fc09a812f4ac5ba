/**
 * How many instances there should be, from how busy those are that there are. `idle` is less than half of `busy`: so after a change they are
 * neither, and a load that stays as it is does not lead to a change back.
 *
 *   0 ───── idle 0.3 ─────────── busy 0.7 ───── 1        of an instance's time, on average
 *   15 s: one less                3 s: one more
 */

import { ms, type Ms } from '../../core/units.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** Above it for BUSY_FOR there is to be one more. */
  readonly busy: number
  /** Below it for IDLE_FOR one less; less than half of `busy`. */
  readonly idle: number
}

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

export const BUSY_FOR: Ms = ms(3000)
export const IDLE_FOR: Ms = ms(15_000)
/** A new instance takes a while to take its share. */
export const COOLDOWN: Ms = ms(5000)

/** Asked once a second or so; `instances` is within the bounds, whatever it was. */
export function decide({ busySince, idleSince, restUntil }: Standing, { now, instances, use }: Seen, { min, max, busy, idle }: Bounds): Decision {
  const standing = { busySince: use > busy ? busySince ?? now : undefined, idleSince: use < idle ? idleSince ?? now : undefined, restUntil }
  const within = Math.min(max, Math.max(min, instances))
  const resting = restUntil !== undefined && now < restUntil
  const changed = (to: number, why: string): Decision => ({ instances: to, why, standing: { restUntil: ms(now + COOLDOWN) } })
  if (within !== instances) return changed(within, `${min} to ${max} are asked for`)
  if (!resting && instances < max && lasted(standing.busySince, now, BUSY_FOR)) return changed(instances + 1, `${percent(use)} busy, more than ${percent(busy)} for ${BUSY_FOR / 1000} s`)
  if (!resting && instances > min && lasted(standing.idleSince, now, IDLE_FOR)) return changed(instances - 1, `${percent(use)} busy, less than ${percent(idle)} for ${IDLE_FOR / 1000} s`)
  return { instances, standing }
}

const lasted = (since: Ms | undefined, now: Ms, least: Ms): boolean => since !== undefined && now - since >= least

const percent = (share: number): string => `${Math.round(100 * share)} %`
