/** Statements that are parsed and planned at every execution. */

import { formatDuration, formatRate, ms, perSecond } from '../../core/units.ts'
import { countWords, shareWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { isOurs, rowsOf, secondsOf, surveysOf, timeOf } from '../seen.ts'

const SEEN_MIN = 100
/** Nearly each execution was parsed; the rest came while a connection was new. */
const PARSED_MIN = 0.9
/** Of the target's time. */
const SHARE_MIN = 0.05
const SHOWN_MAX = 5

export const unprepared: AdviceRule = (seen) => (isOurs(seen, 'postgres') ? [] : surveysOf(seen, 'postgres').flatMap(({ target, survey: { plans } }) => {
  const rows = rowsOf(seen.whole, target)
  const all = timeOf(rows)
  const found = rows.flatMap((row) => {
    const planning = plans.find(({ statement }) => statement === row.of['statement'])?.planningMs
    return planning === undefined || row.offered < SEEN_MIN || row.parsed < PARSED_MIN * row.offered ? [] : [{ row, planning, total: planning * row.parsed }]
  }).sort((a, b) => b.total - a.total)
  const saved = found.reduce((sum, { total }) => sum + total, 0)
  const share = all > 0 ? Math.min(1, saved / all) : 0
  if (share < SHARE_MIN) return []
  const rate = found.reduce((sum, { row }) => sum + row.parsed, 0) / Math.max(1, secondsOf(seen.whole))
  return [{
    id: 'postgres.unprepared', target, title: `Prepared statements for ${found.length === 1 ? 'a statement' : `${found.length} statements`}`,
    evidence: [
      { text: `${formatRate(perSecond(Number(rate.toPrecision(3))))} were parsed and planned anew` },
      ...found.slice(0, SHOWN_MAX).map(({ row, planning }) => ({ text: `${countWords(row.parsed)} of ${countWords(row.offered)} executions, of which planning takes ${formatDuration(ms(planning))} each:`, lines: [row.of['statement'] ?? ''] })),
    ],
    actions: [{ text: 'Prepare them by name, once a connection; with pg: a name with the text.', code: "client.query({ name: 'order-by-id', text: 'select …', values })" }],
    gain: { share, text: `at most ${shareWords(share)} of the time of ${target}`, how: 'the planning time that EXPLAIN tells, for each execution that was parsed; parsing itself is not in it' },
    confidence: 'medium' as const, limits: ['a pooler between may not carry prepared statements', 'after five executions the server may keep one plan for all values: set plan_cache_mode where one of them needs its own'],
  }]
}))
