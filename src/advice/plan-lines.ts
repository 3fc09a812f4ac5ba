/** A plan as people read it: a node a line, what it filters by and what it costs beside it. */

import type { PlanNode } from '../record/postgres-survey.ts'
import { countWords } from '../report/words.ts'

const LINES_MAX = 12

export function planLines(plan: PlanNode): readonly string[] {
  const all = lines(plan, 0)
  return all.length <= LINES_MAX ? all : [...all.slice(0, LINES_MAX), `… and ${all.length - LINES_MAX} more nodes`]
}

const lines = (node: PlanNode, depth: number): readonly string[] => [
  `${'  '.repeat(depth)}${depth > 0 ? '-> ' : ''}${node.node}${node.index === undefined ? '' : ` using ${node.index}`}${node.relation === undefined ? '' : ` on ${node.relation}`}${told('by', node.condition)}${told('filter', node.filter)}${told('by', node.sort?.join(', '))} (rows ${countWords(Math.round(node.rows))}, cost ${countWords(Math.round(node.cost))})`,
  ...node.below.flatMap((below) => lines(below, depth + 1)),
]

const told = (what: string, text: string | undefined): string => (text === undefined ? '' : ` ${what} ${text}`)
