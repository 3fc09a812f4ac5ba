/** A comparison as people read it, the same in every format. */

import { byteRate, bytes, formatByteRate, formatDuration, formatRate, formatSize, ms, perSecond } from '../../core/units.ts'
import { medianOf } from '../../statistics/median.ts'
import { RUNS_MAX } from '../../statistics/runs-needed.ts'
import { logRank, medianTime } from '../../statistics/survival.ts'
import type { Finding } from '../../statistics/verdict.ts'
import { countWords, NONE, shareWords } from '../words.ts'
import type { Comparison, Point, Row, Side } from './comparison.ts'
import type { Unit } from './measured.ts'

/** `12.3ms`, `99.9%`, `64MiB`. */
export function valueWords(unit: Unit, value: number): string {
  switch (unit) {
    case 'ms': return formatDuration(ms(value))
    case 'share': return shareWords(value)
    case '/s': return formatRate(perSecond(value))
    case 'bytes': return formatSize(bytes(value))
    case 'bytes/s': return formatByteRate(byteRate(value))
    case 'x': return `${countWords(value)}x`
    case 'count': return countWords(value)
  }
}

/** The median of the runs; of runs that were not watched to their end, the longest that half of them is known to have exceeded. */
export function centreWords(unit: Unit, points: readonly Point[]): string {
  const middle = medianTime(points)
  const longest = Math.max(...points.map(({ value }) => value))
  if (points.some(({ censored }) => censored)) return middle === undefined ? `> ${valueWords(unit, longest)}` : valueWords(unit, middle)
  return valueWords(unit, medianOf(points.map(({ value }) => value)))
}

const signed = (unit: Unit, value: number): string => {
  if (!Number.isFinite(value)) return value > 0 ? 'any' : '-any'
  // A share of a share would be read wrongly.
  const text = unit === 'share' ? `${Number((Math.abs(value) * 100).toFixed(2))}pt` : valueWords(unit, Math.abs(value))
  return `${value < 0 ? '-' : '+'}${text}`
}

/** Against the middle of A; empty where that is nothing. */
function percent(value: number, { a, relative }: Row): string {
  const middle = medianOf(a.map((point) => point.value))
  if (middle === 0 || relative !== 'figure' || !Number.isFinite(value)) return ''
  const share = (100 * value) / Math.abs(middle)
  return `${share < 0 ? '-' : '+'}${Number(Math.abs(share).toFixed(Math.abs(share) < 10 ? 1 : 0))}%`
}

/** `+1.2ms, +10%`; with `at least` where runs that were not watched to their end leave more open. */
export function shiftWords(row: Row): string {
  const { shift: { estimate, least, most } } = row.verdict
  const known = least === most ? estimate : Number.isFinite(least) ? least : most
  const bound = least === most ? '' : Number.isFinite(least) ? 'at least ' : Number.isFinite(most) ? 'at most ' : ''
  if (!Number.isFinite(known)) return NONE
  return `${bound}${[signed(row.unit, known), percent(known, row)].filter((part) => part).join(', ')}`
}

/** `+0.4ms … +2.1ms, +3% … +17%`; open ends are told as such. */
export function intervalWords(row: Row): string {
  const { low, high } = row.verdict.shift
  if (!Number.isFinite(low) && !Number.isFinite(high)) return 'unknown'
  const ends = (words: (value: number) => string): string => `${Number.isFinite(low) ? words(low) : '…'} … ${Number.isFinite(high) ? words(high) : ''}`.trim()
  const shares = percent(low, row) || percent(high, row) ? `, ${ends((value) => percent(value, row))}` : ''
  return `${ends((value) => signed(row.unit, value))}${shares}`
}

/** `inconclusive: about 4 more runs of each`. */
export function verdictWords({ verdict: { finding, notWorse, runs }, a, b }: Row): string {
  if (finding !== 'inconclusive') return finding
  const more = Math.max(1, (runs ?? 0) - Math.min(a.length, b.length))
  const how = (runs ?? 0) > RUNS_MAX ? `more than ${RUNS_MAX} runs of each` : `about ${more} more ${more === 1 ? 'run' : 'runs'} of each`
  return notWorse ? 'inconclusive, but not worse' : `inconclusive: ${how}`
}

/** All that has to be known beside the table, a line each. */
export const remarksOf = ({ rows, notes, lone }: Comparison): readonly string[] =>
  [...rows.flatMap((row) => censoredWords(row) ?? []), ...notes, ...(lone.length ? [`only one side has ${lone.join(', ')}`] : [])]

/** How runs that were not watched to their end are told; undefined where there are none. */
function censoredWords({ label, a, b }: Row): string | undefined {
  if (![...a, ...b].some(({ censored }) => censored)) return undefined
  const back = (points: readonly Point[]): string => `${points.filter(({ censored }) => !censored).length} of ${points.length}`
  return `${label}: seen to its end in ${back(a)} runs of A and ${back(b)} of B; log-rank p = ${pWords(logRank(a, b).p)}`
}

export const pWords = (p: number): string => (p < 0.0001 ? '< 0.0001' : String(Number(p.toPrecision(2))))

export const sideWords = ({ asked, runs }: Side): string => `${asked} (${runs.length === 1 ? 'one run' : `${runs.length} runs`})`

const HEADLINES: Readonly<Record<Finding, string>> = { regression: 'B is worse than A', improvement: 'B is better than A', 'no change': 'B is as A', inconclusive: 'These runs do not say whether B is worse than A' }

/** One sentence, with the figures that it rests on. */
export function headlineOf({ outcome, rows, a, b }: Comparison): string {
  const empty = [a, b].find(({ runs }) => runs.length === 0)
  if (empty) return `No run of ${empty.asked} can be compared.`
  if (rows.length === 0) return 'The two sets have no figure in common.'
  const own = rows.filter(({ verdict }) => verdict.finding === outcome && (outcome === 'regression' || outcome === 'improvement'))
  return `${HEADLINES[outcome]}${own.length ? `: ${own.slice(0, 3).map((row) => `${row.label} ${shiftWords(row)}`).join('; ')}${own.length > 3 ? ` and ${own.length - 3} more` : ''}` : ''}.`
}
