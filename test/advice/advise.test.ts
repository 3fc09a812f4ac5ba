/** Advice as a fold: where there is none, where a journal is old or damaged, and how it is told. */

import assert from 'node:assert/strict'
import { adviseOn, blindSpots } from '../../src/advice/advise.ts'
import { filterColumns, sortColumn } from '../../src/advice/filter-columns.ts'
import { parameterised } from '../../src/observe/explain.ts'
import type { SurveyRecord } from '../../src/record/surveys.ts'
import { parseJournal } from '../../src/record/journal.ts'
import { renderAdviceMarkdown } from '../../src/report/advice-markdown.ts'
import { renderAdvice } from '../../src/report/advice-text.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun } from '../../src/report/fold.ts'
import { renderHtml } from '../../src/report/html.ts'
import { journalOf, outage } from '../report/journal-builder.ts'

const SURVEY: SurveyRecord = { kind: 'postgres', version: 160_004, statisticsMs: 1000, settings: {}, tables: [], indexes: [], plans: [{ statement: 'select ?', problem: 'no' }] }
const linesOf = (bodies: Parameters<typeof journalOf>[0]): string => [{ journal: 'brownout', format: 1, pid: 1 }, ...journalOf(bodies)].map((line) => `${JSON.stringify(line)}\n`).join('')

describe('advice', () => {
  it('is none of a journal without surveys, and says what is not known', () => {
    const record = foldRun(outage({ exercised: false }))
    assert.deepEqual(adviseOn(record), [])
    assert.deepEqual(blindSpots(record), ['of cache no messages were read: what was asked of it is not known', 'the server behind cache said nothing of itself: memory policy and keys are not known'])
    assert.match(renderAdvice(record, { color: false, width: 80 }), /Nothing to advise: no rule saw anything that asks for it\.\n {2}of cache no messages were read/)
    assert.match(renderAdviceMarkdown(record), /Nothing to advise/)
    assert.doesNotMatch(renderHtml(record, analyseRun(record)), /<h2>Advice/)
  })

  it('is none of any cut of a journal but what is in it: connections that are tried again and again', () => {
    const events = outage()
    for (let length = 0; length <= events.length; length += 7) assert.deepEqual(adviseOn(foldRun(events.slice(0, length))).filter(({ id }) => id !== 'retry.reconnects'), [])
    assert.deepEqual(adviseOn(foldRun(events)).map(({ id }) => id), ['retry.reconnects'])
  })

  it('reads a survey back, and takes none that lacks something', () => {
    const read = (survey: unknown): number => parseJournal(linesOf([{ kind: 'survey', target: 'db', survey: survey as SurveyRecord }]), 'x').events.length
    assert.equal(read(SURVEY), 1)
    for (const damaged of [{ ...SURVEY, kind: 'oracle' }, { ...SURVEY, tables: [{}] }, { ...SURVEY, tables: 7 }, { ...SURVEY, plans: [{ statement: 'x', plan: { node: 'Seq Scan', rows: 1, cost: 1, below: [null] } }] }, { ...SURVEY, indexes: [{ name: 'a' }] }, null]) {
      assert.equal(read(damaged), 0, JSON.stringify(damaged))
    }
  })

  it('keeps the latest survey of a target', () => {
    const record = foldRun(journalOf([{ kind: 'survey', target: 'db', survey: SURVEY }, { kind: 'survey', target: 'db', survey: { ...SURVEY, version: 170_000 } }]))
    assert.deepEqual(record.surveys.map(({ survey }) => survey.kind === 'postgres' && survey.version), [170_000])
  })
})

describe('columns that an index could serve', () => {
  for (const [filter, equal, range] of [
    ['(customer_id = $1)', ['customer_id'], []],
    ['((customer_id = $1) AND (placed_at > $2))', ['customer_id'], ['placed_at']],
    ['((name)::text = $1)', ['name'], []],
    ['(lower((name)::text) = lower($1))', ['lower(name)'], []],
    ['(id = ANY ($1))', ['id'], []],
    ['("Order" = $1)', ['"Order"'], []],
    ['((a = $1) OR (b = $2))', [], []],
    ['((a = b) AND (c ~~ $1))', [], []],
    ['((NOT paid) AND (total >= $1))', [], ['total']],
    ['((a + 1) = $1)', [], []],
  ] as const) {
    it(filter, () => {
      assert.deepEqual(filterColumns(filter), { equal, range })
    })
  }

  it('of a sort, with its order', () => {
    assert.deepEqual(['placed_at DESC', 'orders.id', 'lower(name)', '(a + b)', 'x DESC NULLS LAST'].map(sortColumn), ['placed_at desc', 'id', 'lower(name)', undefined, 'x desc nulls last'])
  })
})

describe('a fingerprint as a statement with parameters', () => {
  it('numbers its values, and leaves quoted names alone', () => {
    assert.equal(parameterised('select "a?b", ? from t where c in (?) and "d""?" = ?'), 'select "a?b", $1 from t where c in ($2) and "d""?" = $3')
  })
})
