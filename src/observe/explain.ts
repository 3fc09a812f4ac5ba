/** The plan of a statement that is known without its values: `?` becomes a parameter, and the planner is asked for a plan that serves all values. (PostgreSQL 18, EXPLAIN, GENERIC_PLAN) */

import pg from 'pg'
import type { PlanNode, SurveyedPlan } from '../record/postgres-survey.ts'

/** GENERIC_PLAN came with it. */
const VERSION_MIN = 160_000
const PLANNED = /^(select|insert|update|delete|merge|with|values|table)\b/i
const TEXT_MAX = 1000
const DEPTH_MAX = 30

/** Never rejects for what the server says of the statement: that is the problem then. */
export async function explain(client: pg.Client, version: number, statement: string): Promise<Pick<SurveyedPlan, 'plan' | 'planningMs' | 'problem'>> {
  if (version < VERSION_MIN) return { problem: 'Postgres plans statements without their values from version 16 on' }
  if (statement.includes('…')) return { problem: 'the statement is too long to be kept whole' }
  // By the simple protocol, which would run whatever stands behind a semicolon.
  if (statement.includes(';')) return { problem: 'several statements in one' }
  if (!PLANNED.test(statement)) return { problem: 'nothing that is planned' }
  const text = `explain (generic_plan, summary, format json) ${parameterised(statement)}`
  try {
    // What the first time takes is mostly reading the catalogue.
    await client.query(text)
    const { rows: [row] } = await client.query<{ 'QUERY PLAN': unknown }>(text)
    const [top] = Array.isArray(row?.['QUERY PLAN']) ? (row['QUERY PLAN'] as readonly Explained[]) : []
    return top?.Plan ? { plan: nodeOf(top.Plan, 0), planningMs: top['Planning Time'] ?? 0 } : { problem: 'no plan in the answer' }
  } catch (error) {
    if (error instanceof pg.DatabaseError) return { problem: brief(error.message) }
    throw error
  }
}

/** `?` outside of quoted names, each a parameter of its own: `interval ?` as `$1::interval`, and of a row to insert one for each column. */
export function parameterised(statement: string): string {
  let parameters = 0
  return whole(statement).replace(/"(?:[^"]|"")*"|\b(interval|timestamptz|timestamp|date|time) \?|\?/g, (piece, type?: string) =>
    (type === undefined ? (piece === '?' ? `$${++parameters}` : piece) : `$${++parameters}::${type}`))
}

/** A list of values is one in a fingerprint. */
function whole(statement: string): string {
  const [row, columns = ''] = /^insert into [^(]+\(([^()]*)\) values \(\?\)/i.exec(statement) ?? []
  return row === undefined ? statement : `${row.slice(0, -2)}${columns.split(',').map(() => '?').join(', ')})${statement.slice(row.length)}`
}

interface Explained { readonly Plan?: ExplainedNode; readonly 'Planning Time'?: number }
interface ExplainedNode {
  readonly 'Node Type'?: string; readonly Schema?: string; readonly 'Relation Name'?: string; readonly 'Index Name'?: string; readonly 'Index Cond'?: string; readonly 'Hash Cond'?: string; readonly 'Merge Cond'?: string; readonly 'Join Filter'?: string
  readonly Filter?: string; readonly 'Sort Key'?: readonly string[]; readonly 'Plan Rows'?: number; readonly 'Total Cost'?: number; readonly Plans?: readonly ExplainedNode[]
}

function nodeOf(from: ExplainedNode, depth: number): PlanNode {
  const { 'Node Type': node = '', 'Relation Name': relation, 'Index Name': index, Filter: filter, 'Sort Key': sort, 'Plan Rows': rows = 0, 'Total Cost': cost = 0, Plans: below = [] } = from
  const condition = from['Index Cond'] ?? from['Hash Cond'] ?? from['Merge Cond'] ?? from['Join Filter']
  return {
    node, ...(relation === undefined ? {} : { relation }), ...(index === undefined ? {} : { index }), ...(condition === undefined ? {} : { condition: brief(condition) }),
    ...(filter === undefined ? {} : { filter: brief(filter) }), ...(sort === undefined ? {} : { sort: sort.map(brief) }), rows, cost, below: depth >= DEPTH_MAX ? [] : below.map((one) => nodeOf(one, depth + 1)),
  }
}

const brief = (text: string): string => (text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`)
