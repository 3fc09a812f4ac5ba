/** Figures as people read them, the same in every format. */

import { bytes, byteRate, formatByteRate, formatDuration, formatRate, formatSize, ms, perSecond, type Ms } from '../core/units.ts'
import { resourceOf } from '../record/resources.ts'
import type { Timing, TimingStatus } from '../timing/timing.ts'
import { besideOf, type SignalName } from './figures.ts'

export const STATUS_WORDS: Readonly<Record<TimingStatus, string>> = {
  not_degraded: 'not degraded', recovered_during_fault: 'recovered during the fault', recovered: 'recovered', not_recovered: 'not recovered',
  metastable: 'metastable', insufficient_data: 'insufficient data', not_exercised: 'not exercised',
}

/** Whether it had an episode: only then are depth, area and the times more than noise. */
export const degraded = ({ status }: Timing): boolean => status === 'recovered' || status === 'recovered_during_fault' || status === 'not_recovered' || status === 'metastable'

export const NONE = '–'

/** The headline figure, always with its +/- W; where it did not recover, how long was watched and never a number. */
export function recoveryWords({ status, recovery, width, observed }: Timing): string {
  if (status === 'not_recovered' || status === 'metastable') return `> ${formatDuration(observed ?? ms(0))}`
  return recovery === undefined || status === 'not_degraded' ? NONE : `${formatDuration(recovery)} ± ${formatDuration(width)}`
}

/** A time as an offset from `origin`: `+1.3s`, `-250ms`. */
export const offsetWords = (time: Ms | undefined, origin: Ms): string =>
  time === undefined ? NONE : time >= origin ? `+${formatDuration(ms(time - origin))}` : formatDuration(ms(time - origin))

export const durationWords = (duration: Ms | undefined): string => (duration === undefined ? NONE : formatDuration(duration))
/** One place after the point, three from 99.9 % on: nearly all must not be rounded to all. */
export const shareWords = (share: number): string => `${Number((share * 100).toFixed(share > 0.999 ? 3 : 1))}%`
export const countWords = (count: number): string => (Number.isInteger(count) || Math.abs(count) >= 100 ? String(Math.round(count)) : String(Number(count.toFixed(1)))).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')

/** A figure in the unit of its metric. */
export function figureWords(metric: string, value: number | undefined): string {
  if (value === undefined) return NONE
  if (/^(p\d+|max|mean)$/.test(metric) || besideOf(metric)) return formatDuration(ms(value))
  const unit = resourceOf(metric)?.unit
  if (metric === 'rate' || unit === '/s') return formatRate(perSecond(value))
  if (unit === 'bytes') return formatSize(bytes(value))
  if (unit === 'bytes/s') return formatByteRate(byteRate(value))
  return metric === 'success' || unit === 'ratio' || metric === 'delivered' || metric.endsWith('_ratio') ? shareWords(value) : countWords(value)
}

/** `cache.p95`, `cache.p95 { key: user:* }`. */
export const signalWords = ({ name, metric, where }: SignalName): string =>
  plain(`${name}.${metric}${where ? ` { ${Object.entries(where).map(([label, wanted]) => `${label}: ${wanted}`).join(', ')} }` : ''}`)

/** One row of the timing table; the keys are those of the definitions. */
export interface TimingRow {
  readonly onset: string
  readonly recovery: string
  readonly sinceFault: string
  readonly degraded: string
  readonly depth: string
  readonly area: string
  readonly lost: string
  readonly flaps: string
}

/** `effect` is when the fault of this row took effect. Lost operations stand once, in the row of `success`. */
export function timingRow(timing: Timing, metric: string, effect: Ms | undefined): TimingRow {
  if (!degraded(timing)) return { onset: NONE, recovery: NONE, sinceFault: NONE, degraded: NONE, depth: NONE, area: NONE, lost: NONE, flaps: NONE }
  const { onset, lateOnset, sinceFault, depth, area, lost, flaps } = timing
  return {
    onset: `${offsetWords(onset, effect ?? onset ?? ms(0))}${lateOnset ? ' late' : ''}`, recovery: recoveryWords(timing), sinceFault: durationWords(sinceFault),
    degraded: durationWords(timing.degraded), depth: shareWords(depth), area: durationWords(area), lost: metric === 'success' ? countWords(Math.round(lost)) : NONE, flaps: String(flaps),
  }
}

/** At most `most` characters, whole lines made one. */
export const brief = (text: string, most: number): string => {
  const line = plain(text).replace(/ {2,}/g, ' ').trim()
  return line.length <= most ? line : `${line.slice(0, Math.max(0, most - 1)).trimEnd()}…`
}

/** A hash, as much as tells two apart. */
export const hashWords = (hash: string): string => plain(hash).slice(0, 19)

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const ESCAPES = /[\u001b\u009b](?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[0-?]*[ -/]*[@-~])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/** Text of others on one line: escape sequences taken out, control and direction-changing characters become a space. */
export const plain = (text: string): string => text.replace(ESCAPES, '').replace(CONTROLS, ' ')
