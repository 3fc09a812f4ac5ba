/** Artillery: a report at its end, with counters and quantiles for every ten seconds. (Artillery 2, reported metrics) */

import { ms } from '../../core/units.ts'
import { isNumber, isObject, objectIn, type Sample } from './sample.ts'

/** Where a share `q` of the values does not lie above: one point of a distribution. */
type Point = readonly [q: number, value: number]
const QUANTILES = [['min', 0], ['p50', 0.5], ['p75', 0.75], ['p90', 0.9], ['p95', 0.95], ['p99', 0.99], ['p999', 0.999], ['max', 1]] as const
const LATENCIES = ['http.response_time', 'socketio.response_time'] as const
const PERIOD = 10_000
const VALUE_MAX = 86_400_000
const COUNT_MAX = 100_000_000
/** Multiples of it, taken modulo 1, are spread evenly however few they are. */
const GOLDEN = 0.618033988749895

/**
 * Artillery says how many requests there were in ten seconds and how their times were distributed, but not which was when: they are
 * spread evenly over that time, with latencies between its quantiles. `isOk` judges statuses. Undefined: this is no such report.
 */
export function readArtillery(text: string, isOk: (status: number) => boolean): readonly Sample[] | undefined {
  const report = objectIn(text.trim())
  const periods = report?.['intermediate']
  if (!Array.isArray(periods)) return undefined
  return periods.filter(isObject).flatMap((period) => samplesOf(period, isOk))
}

function samplesOf(period: Readonly<Record<string, unknown>>, isOk: (status: number) => boolean): readonly Sample[] {
  const { counters, summaries, histograms, firstMetricAt, lastMetricAt, period: start } = period
  const counts = Object.entries(isObject(counters) ? counters : {}).filter((entry): entry is [string, number] => isNumber(entry[1], COUNT_MAX))
  const measured = [histograms, summaries].filter(isObject).flatMap((all) => LATENCIES.flatMap((name) => (isObject(all[name]) ? [all[name]] : [])))[0]
  const points = measured ? pointsOf(measured) : []
  const begun = Number(firstMetricAt ?? start)
  const from = Number.isFinite(begun) ? begun : 0
  const to = isNumber(lastMetricAt, Number.MAX_SAFE_INTEGER) && lastMetricAt > from ? lastMetricAt : from + PERIOD
  const codes = counts.flatMap(([name, count]) => {
    const status = /^http\.codes\.(\d{3})$/.exec(name)?.[1]
    return status === undefined ? [] : [{ status: Number(status), count }]
  })
  const answered = isNumber(measured?.['count'], COUNT_MAX) ? measured['count'] : codes.reduce((sum, { count }) => sum + count, 0)
  const bad = codes.filter(({ status }) => !isOk(status))
  const good = Math.max(0, answered - bad.reduce((sum, { count }) => sum + count, 0))
  const failed = counts.flatMap(([name, count]) => {
    const reason = /^errors\.(.+)$/.exec(name)?.[1]
    return reason === undefined ? [] : [{ reason, count }]
  })
  return [
    ...spread(good, from, to, (i) => ({ outcome: 'ok', took: ms(valueAt(points, (i * GOLDEN) % 1)) })),
    ...bad.flatMap(({ status, count }) => spread(count, from, to, () => ({ outcome: 'error', took: ms(0), reason: `status ${status}` }))),
    ...failed.flatMap(({ reason, count }) => spread(count, from, to, () => (/^E?TIMEDOUT$/i.test(reason) ? { outcome: 'timeout', took: ms(points.at(-1)?.[1] ?? 0) } : { outcome: 'error', took: ms(0), reason }))),
  ]
}

const pointsOf = (of: Readonly<Record<string, unknown>>): readonly Point[] => QUANTILES.flatMap(([name, q]): Point[] => {
  const value = of[name] ?? (name === 'p50' ? of['median'] : undefined)
  return isNumber(value, VALUE_MAX) ? [[q, value]] : []
})

/** Between two points a straight line. */
function valueAt(points: readonly Point[], q: number): number {
  const above = points.findIndex(([of]) => of >= q)
  const [high, low] = [points[above] ?? points.at(-1), points[above - 1] ?? points[0]]
  if (!high || !low) return 0
  return high[0] === low[0] ? high[1] : low[1] + ((high[1] - low[1]) * (q - low[0])) / (high[0] - low[0])
}

const spread = (count: number, from: number, to: number, made: (i: number) => Pick<Sample, 'outcome' | 'took' | 'reason'>): readonly Sample[] =>
  Array.from({ length: count }, (_, i) => ({ wall: from + ((i + 0.5) / count) * (to - from), count: 1, ...made(i + 1) }))
