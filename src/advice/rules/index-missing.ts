/** Statements that read a whole table for a few of its rows, and the index that would find them. */

import { formatDuration, formatRate, ms, perSecond } from '../../core/units.ts'
import type { PlanNode, PostgresSurvey, SurveyedTable } from '../../record/postgres-survey.ts'
import type { PassedRow } from '../../report/passed.ts'
import { countWords, durationWords, shareWords } from '../../report/words.ts'
import type { Advice, AdviceRule, Evidence } from '../advice.ts'
import { filterColumns, sortColumn } from '../filter-columns.ts'
import { planLines } from '../plan-lines.ts'
import { meanOf, rowsOf, surveysOf, timeOf } from '../seen.ts'

/** A smaller table is read whole as fast as by an index. */
const ROWS_MIN = 5000
/** An index that finds more of a table than this saves little. */
const FOUND_MAX = 0.1
/** Of the target's time; less is not worth what an index costs. */
const SHARE_MIN = 0.02
const COLUMNS_MAX = 4

/** One statement that an index would serve. */
interface Found { readonly table: SurveyedTable; readonly columns: readonly string[]; readonly row: PassedRow; readonly plan: PlanNode; readonly scan: PlanNode; readonly before: number; readonly after: number }

export const indexMissing: AdviceRule = (seen) => surveysOf(seen, 'postgres').flatMap(({ target, survey }) => {
  const rows = rowsOf(seen.whole, target)
  const all = timeOf(rows)
  const found = survey.plans.flatMap(({ statement, plan }): Found[] => {
    const row = rows.find(({ of }) => of['statement'] === statement)
    return plan && row ? scans(plan, survey).flatMap((scan) => servedBy(scan, survey, row, plan) ?? []) : []
  })
  return groups(found).flatMap((group) => adviceOn(group, target, all) ?? [])
})

interface Scan { readonly node: PlanNode; readonly sort: readonly string[] }

/** Reads of a whole table: one after the other, with the sort that is cut short right above where there is one, or in the order of an index until enough has been found. */
function scans(plan: PlanNode, survey: PostgresSurvey, above: readonly PlanNode[] = []): readonly Scan[] {
  const below = plan.below.flatMap((one) => scans(one, survey, [plan, ...above]))
  if (plan.node === 'Seq Scan') return [{ node: plan, sort: sortAbove(above) }, ...below]
  const inOrder = plan.node === 'Index Scan' && plan.condition === undefined && plan.filter !== undefined && above[0]?.node === 'Limit'
  return inOrder ? [{ node: plan, sort: survey.indexes.find(({ name }) => name === plan.index)?.columns ?? [] }, ...below] : below
}

function sortAbove(above: readonly PlanNode[]): readonly string[] {
  const [sort, limit] = above.filter(({ node }) => node !== 'Gather' && node !== 'Gather Merge')
  return sort?.node === 'Sort' && limit?.node === 'Limit' ? sort.sort ?? [] : []
}

function servedBy({ node, sort }: Scan, survey: PostgresSurvey, row: PassedRow, plan: PlanNode): Found | undefined {
  const named = survey.tables.filter(({ name }) => name.replace(/^.*\./, '') === node.relation || name === `"${node.relation ?? ''}"`)
  const [table] = named
  if (!table || named.length > 1 || table.rows < ROWS_MIN) return undefined
  const { equal, range: ranges } = filterColumns(node.filter ?? '')
  // A plan does not say in which collation a condition compares.
  const range = /\bcollate\b/i.test(row.of['statement'] ?? '') ? [] : ranges
  const distinct = (column: string): number => {
    const value = table.columns.find(({ name }) => name === column)?.distinct ?? 0
    return value < 0 ? -value * table.rows : value
  }
  const sorted = sort.map(sortColumn)
  const ordered = sorted.every((one) => one !== undefined) ? sorted.filter((one) => one !== undefined) : []
  const first = [...equal].sort((a, b) => distinct(b) - distinct(a))
  const columns = [...first, ...(ordered.length > 0 && range.length === 0 ? ordered : range.slice(0, 1))].slice(0, COLUMNS_MAX)
  const few = node.rows <= FOUND_MAX * table.rows
  if (columns.length === 0 || !(few || (node.filter === undefined && ordered.length > 0)) || isThere(survey, table, columns, equal.length)) return undefined
  // The tree is gone down once, and a page is fetched for each row; pages of a table in the order of an index are anywhere.
  const reached = ordered.length > 0 && range.length === 0 ? Math.min(node.rows, plan.rows) : node.rows
  const read = 4 * (survey.settings['random_page_cost'] ?? 4) + Math.min(reached, table.sizeBytes / 8192) * (survey.settings['random_page_cost'] ?? 4) + reached * 0.015
  // Of a node that is cut short the whole cost is above that of what it is cut to.
  const after = Math.max(0, plan.cost - Math.min(node.cost, plan.cost)) + read
  return after < 0.8 * plan.cost ? { table, columns, row, plan, scan: node, before: plan.cost, after: Math.min(after, plan.cost) } : undefined
}

/** An index that begins with these columns, and was not used: then another is no help. */
const isThere = ({ indexes }: PostgresSurvey, { name }: SurveyedTable, columns: readonly string[], equal: number): boolean => indexes.some((index) => {
  if (index.table !== name || !index.valid || index.partial) return false
  const lead = new Set(index.columns.slice(0, equal).map(bare))
  return equal > 0 ? columns.slice(0, equal).every((column) => lead.has(bare(column))) && columns.slice(equal).every((column, i) => bare(index.columns[equal + i] ?? '') === bare(column)) : columns.every((column, i) => bare(index.columns[i] ?? '') === bare(column))
})
const bare = (column: string): string => column.replace(/::[\w ]+/g, '').replace(/[()]/g, '').replace(/ (desc|nulls).*$/i, '')

/** By the index that serves them; one that begins as a longer one does is served by that. */
function groups(found: readonly Found[]): readonly (readonly [Found, ...Found[]])[] {
  const made: [Found, ...Found[]][] = []
  for (const one of [...found].sort((a, b) => b.columns.length - a.columns.length)) {
    const group = made.find(([longest]) => longest.table.name === one.table.name && one.columns.every((column, i) => longest.columns[i] === column))
    if (!group) made.push([one])
    else if (!group.some(({ row }) => row === one.row)) group.push(one)
  }
  return made
}

function adviceOn(group: readonly [Found, ...Found[]], target: string, all: number): Advice | undefined {
  const [{ table, columns }] = group
  const saved = group.reduce((sum, { row, before, after }) => sum + row.total * (1 - after / before), 0)
  const share = all > 0 ? saved / all : 0
  if (share < SHARE_MIN) return undefined
  const list = columns.join(', ')
  const [{ row, before, after }] = group
  const mean = meanOf(row)
  return {
    id: 'postgres.index_missing', target, title: `An index on ${table.name} (${list})`,
    evidence: group.map((one) => evidenceOf(one, all)),
    actions: [{ text: 'Create it; writers are not kept waiting meanwhile.', code: `create index concurrently on ${table.name} (${columns.map((one) => (one.includes('(') ? `(${one})` : one)).join(', ')});` }],
    gain: {
      share, text: `at most ${shareWords(share)} of the time of ${target}: ${group.length === 1 ? 'this statement' : 'the first of them'} takes ${formatDuration(mean)} on average, and would take about ${formatDuration(ms((mean * after) / before))}`,
      how: `the measured time of ${group.length === 1 ? 'the statement' : 'these statements'}, less by as much as the planner's cost: ${countWords(Math.round(before))} now, ${countWords(Math.round(after))} with a page read for each row that is found`,
    },
    confidence: table.analysed ? 'high' : 'medium',
    limits: [
      'the plan is the one for any values: of a value that many rows have the server may go on to read the whole table',
      ...(table.analysed ? [] : [`${table.name} was never analysed: how many rows are found is a guess`]),
      ...(table.written > 0 ? [`each write to ${table.name} will keep one index more: ${countWords(table.written)} rows were written since the statistics began`] : []),
    ],
  }
}

const evidenceOf = ({ row, table, plan, scan }: Found, all: number): Evidence => ({
  text: `reads ${scan.node === 'Seq Scan' ? `all of ${table.name}` : `${table.name} by ${scan.index ?? 'an index'} until it has found enough`} (${countWords(Math.round(table.rows))} rows) ${formatRate(perSecond(Number(row.rate.toPrecision(3))))}: p95 ${durationWords(row.p95)}, ${shareWords(all > 0 ? row.total / all : 0)} of the time of the target`,
  lines: [row.of['statement'] ?? '', ...planLines(plan)],
})
