/** What the loads of a run did, and what has to be known of how they were made to read their figures. */

import { formatDuration, ms, type Ms } from '../core/units.ts'
import { bucketFigure, bucketsBetween, signalBetween } from './figures.ts'
import { phaseOf, type RunRecord } from './fold.ts'
import { planOf, type PlannedLoad } from './plan.ts'
import { observedUntil } from './spans.ts'
import { countWords, durationWords, figureWords, NONE, plain, shareWords } from './words.ts'

/** Of one load once the warm-up was over; latencies in ms. What is not there is undefined. */
export interface LoadRow {
  readonly name: string
  readonly offered: number
  /** Begun, and answered well, a second. */
  readonly offeredRate: number
  readonly rate: number | undefined
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
  readonly max: number | undefined
  readonly success: number | undefined
  readonly errors: number
  readonly timeouts: number
  readonly dropped: number
  /** Of the whole load, as the generator judged itself. */
  readonly lateness: number | undefined
}

/** From the end of the warm-up to the end of the observation. */
export function loadRows(record: RunRecord): readonly LoadRow[] {
  const from = phaseOf(record, 'baseline')?.from
  const to = observedUntil(record)
  if (from === undefined) return []
  return record.signals.filter(({ source }) => source === 'load').map(({ name, buckets }) => {
    const own = bucketsBetween(buckets, from, to)
    const total = (what: 'offered' | 'error' | 'timeout' | 'dropped'): number => own.reduce((sum, { counts }) => sum + counts[what], 0)
    const width = own.reduce((sum, one) => sum + one.width, 0)
    const of = (metric: string): number | undefined => bucketFigure(own, metric)
    return {
      name, offered: total('offered'), offeredRate: width === 0 ? 0 : (total('offered') * 1000) / width, rate: of('rate'), p50: of('p50'), p95: of('p95'), p99: of('p99'), max: of('max'), success: of('success'),
      errors: total('error'), timeouts: total('timeout'), dropped: total('dropped'), lateness: latenessOf(record, name),
    }
  })
}

/** Of a load that others make only where they tell it. */
function latenessOf(record: RunRecord, name: string): number | undefined {
  const lateness = record.loads.find((load) => load.name === name)?.latenessP99Ms
  const driven = planOf(record).loads.some((load) => load.name === name && load.driver !== undefined)
  return driven && lateness === 0 ? undefined : lateness
}

export const LOAD_HEAD = ['rate', 'p50', 'p95', 'p99', 'max', 'success', 'failed', 'dropped', 'late p99'] as const

/** The name and the cells under LOAD_HEAD. Text made harmless for a terminal but not for HTML. */
export const loadCells = ({ name, rate, p50, p95, p99, max, success, errors, timeouts, dropped, lateness }: LoadRow): readonly [string, ...string[]] => [
  plain(name), figureWords('rate', rate), ...[p50, p95, p99, max].map((value) => durationWords(value === undefined ? undefined : ms(value))), success === undefined ? NONE : shareWords(success),
  failedWords(errors, timeouts), countWords(dropped), durationWords(lateness === undefined ? undefined : ms(lateness)),
]

const failedWords = (errors: number, timeouts: number): string =>
  [...(errors > 0 || timeouts === 0 ? [countWords(errors)] : []), ...(timeouts > 0 ? [`${countWords(timeouts)} timed out`] : [])].join(' + ')

/** A peak of operations under way that is so many times what is usual, and no fewer than that, tells of a stall. */
const PEAK_TIMES = 5
const PEAK_LEAST = 20

/** A sentence or two on each load whose figures are misread without them. Text made harmless for a terminal but not for HTML. */
export function loadNotes(record: RunRecord): readonly string[] {
  return planOf(record).loads.flatMap((load): readonly string[] => {
    const name = plain(load.name)
    if (load.users) return [`${name} is a closed loop: its ${load.users.count === 1 ? 'user waits' : `${load.users.count} users wait`} for an answer before sending again. When the system stalls they stop sending, so what would have been slow is never sent, and the quantiles look better than what people would see who do not wait for one another (coordinated omission). To see a stall, give it a rate.`]
    if (load.driver !== undefined) return [`${name} is made by ${load.driver}: latency counts from when it really sent, and whether it sent when it should have is not known. Where its users wait for answers, a stall holds them back and hides itself (coordinated omission).`]
    return stallNote(record, load)
  })
}

/** Why an open loop shows a stall that a closed one would not. */
function stallNote(record: RunRecord, { name, rate = 0 }: PlannedLoad): readonly string[] {
  const from = phaseOf(record, 'baseline')?.from ?? record.from
  const buckets = signalBetween(record, 'load', name, from, observedUntil(record))
  const flying = buckets.map(({ extra }) => extra?.['in_flight'] ?? 0).sort((a, b) => a - b)
  const [usual = 0, most = 0] = [flying[Math.floor(flying.length / 2)], flying.at(-1)]
  if (rate === 0 || most < PEAK_LEAST || most < PEAK_TIMES * (usual + 1)) return []
  const users = Math.max(1, usual)
  const p99 = bucketFigure(buckets, 'p99')
  return [`Up to ${countWords(most)} operations of ${plain(name)} were under way at once, ${countWords(usual)} as a rule: it went on sending while the system stalled, and latency counts from the intended send, so all that were due then are in the figures (p99 ${durationWords(p99 as Ms | undefined)}). A closed loop of ${users === 1 ? 'one user' : `${countWords(users)} users`} would have waited: ${users === 1 ? 'one slow operation' : `${countWords(users)} slow operations`} for the whole stall, which no p99 shows (coordinated omission).`]
}

/** What a run that was nothing but load came to, in a sentence. */
export function loadHeadline(record: RunRecord): string {
  const rows = loadRows(record)
  const phase = phaseOf(record, 'baseline')
  if (rows.length === 0 || !phase) return 'No load was measured.'
  const told = rows.slice(0, 3).map(({ name, rate, p99, success }) => `${plain(name)} ${figureWords('rate', rate)}${p99 === undefined ? '' : `, p99 ${formatDuration(ms(p99))}`}${success === undefined ? '' : `, ${shareWords(success)} ok`}`)
  return `In ${formatDuration(ms(phase.to - phase.from))}: ${told.join('; ')}${rows.length > told.length ? `; and ${rows.length - told.length} more` : ''}.`
}
