/** A statement that takes much of the time, with its plan, where no index that we know of would help. */

import { formatRate, perSecond } from '../../core/units.ts'
import type { PlanNode } from '../../record/postgres-survey.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { planLines } from '../plan-lines.ts'
import { meanOf, rowsOf, surveysOf, timeOf } from '../seen.ts'
import { indexMissing } from './index-missing.ts'

const MEAN_MIN = 10
const SHARE_MIN = 0.2
const SEEN_MIN = 20
/** By the planner. What costs less and is slow all the same waits for something else. */
const COST_MIN = 100

export const slowStatement: AdviceRule = (seen) => surveysOf(seen, 'postgres').flatMap(({ target, survey }) => {
  const rows = rowsOf(seen.whole, target)
  const all = timeOf(rows)
  const served = new Set(indexMissing(seen).flatMap(({ evidence }) => evidence.map(({ lines = [] }) => lines[0])))
  return rows.flatMap((row) => {
    const { statement } = row.of
    const share = all > 0 ? row.total / all : 0
    const plan = survey.plans.find((one) => one.statement === statement)?.plan
    if (statement === undefined || !plan || served.has(statement) || plan.cost < COST_MIN || share < SHARE_MIN || row.ok < SEEN_MIN || meanOf(row) < MEAN_MIN) return []
    const costly = costliest(plan)
    const part = plan.cost > 0 ? ownCost(costly) / plan.cost : 0
    return [{
      id: 'postgres.slow_statement', target, title: `A slow statement: ${shareWords(share)} of the time`,
      evidence: [{ text: `${countWords(row.ok)} times, ${formatRate(perSecond(Number(row.rate.toPrecision(3))))}: ${durationWords(meanOf(row))} on average, p95 ${durationWords(row.p95)}`, lines: [statement, ...planLines(plan)] }],
      actions: [{ text: `See what it is for. ${adviceFor(costly)} ${shareWords(part)} of its cost is in: ${costly.node}${costly.relation === undefined ? '' : ` on ${costly.relation}`}.` }],
      gain: { share, text: `at most ${shareWords(share)} of the time of ${target}`, how: 'all of the measured time of the statement' },
      confidence: 'low' as const, limits: ['the plan is the one for any values, and estimated: what a node really took is not known', 'a statement that waits for locks or sleeps is slow whatever its plan'],
    }]
  })
})

const ownCost = ({ cost, below }: PlanNode): number => Math.max(0, cost - below.reduce((sum, one) => sum + one.cost, 0))

const costliest = (plan: PlanNode): PlanNode => plan.below.map(costliest).reduce((most, one) => (ownCost(one) > ownCost(most) ? one : most), plan)

function adviceFor({ node, filter }: PlanNode): string {
  if (node === 'Seq Scan') return filter === undefined ? 'It reads a whole table: ask for a page of it, or keep the result.' : 'Its filter finds much of the table, or cannot be served by an index as it is written.'
  if (node.includes('Sort')) return 'It sorts: ask for fewer rows, or keep them in an index of that order.'
  if (node.includes('Aggregate') || node.includes('Group')) return 'It aggregates many rows: keep the result, or count as rows are written.'
  if (node.includes('Join') || node === 'Nested Loop' || node === 'Hash') return 'It joins many rows: narrow one side first.'
  return 'Look at its plan with real values: explain (analyze, buffers).'
}
