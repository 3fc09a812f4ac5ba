/** Tables of which the planner knows nothing. */

import { countWords } from '../../report/words.ts'
import type { AdviceRule } from '../advice.ts'
import { isOn, rowsOf, surveysOf } from '../seen.ts'

const ROWS_MIN = 5000

export const neverAnalysed: AdviceRule = (seen) => surveysOf(seen, 'postgres').flatMap(({ target, survey }) => {
  const rows = rowsOf(seen.whole, target)
  const found = survey.tables.filter(({ analysed, name, rows: count }) => !analysed && count >= ROWS_MIN && rows.some((row) => isOn(row, name)))
  if (found.length === 0) return []
  return [{
    id: 'postgres.never_analysed', target, title: `ANALYZE for ${found.map(({ name }) => name).join(', ')}`,
    evidence: found.map(({ name, rows: count }) => ({ text: `${name} holds about ${countWords(Math.round(count))} rows and was never analysed: the planner guesses how many of them a condition finds` })),
    actions: [{ text: 'Analyse them once, and see that autovacuum is on.', code: `analyze ${found.map(({ name }) => name).join(', ')};` }],
    gain: { text: 'plans that fit what the tables hold; how much that is cannot be told before' },
    confidence: 'high' as const, limits: [],
  }]
})
