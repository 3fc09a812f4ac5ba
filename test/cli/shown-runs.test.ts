import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { RunReport, ComparisonDocument, RunRow } from '../../src/dashboard/run-documents.ts'
import { figureIn, middleWords, shiftWords } from '../../src/dashboard/run-documents.ts'
import { shownRuns } from '../../src/cli/shown-runs.ts'
import { addRun } from '../report/set-of-runs.ts'

describe('the history over the API', () => {
  let folder = ''
  let ids: readonly string[] = []
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'shown-runs-'))
    ids = [0, 1].map((at) => basename(addRun(folder, at)))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))
  // As the page reads them: through JSON.
  const read = async <T>(value: Promise<unknown>): Promise<T> => JSON.parse(JSON.stringify(await value)) as T

  it('lists runs with what they measured, and says nothing of where they lie', async () => {
    const rows = await read<readonly RunRow[]>(shownRuns(folder).list())
    assert.deepEqual(rows.map(({ id }) => id), ids)
    assert.ok(!JSON.stringify(rows).includes(folder))
    const [row] = rows
    assert.match(figureIn(row ?? assert.fail(), /^\S+\.p95$/), /^\d.*ms$/)
    assert.equal(figureIn(row ?? assert.fail(), /^none$/), '–')
  })

  it('tells one as its report, by the fields that the page shows', async () => {
    const report = await read<RunReport>(shownRuns(folder).one(ids[0] ?? ''))
    assert.match(report.headline, /\.$/)
    assert.ok(report.steps.length > 0 && report.steps.every(({ step, matched, altered }) => typeof step === 'string' && matched >= 0 && altered >= 0))
    assert.ok(report.signals.every(({ status }) => typeof status === 'string'))
  })

  it('compares two', async () => {
    const compared = await read<ComparisonDocument>(shownRuns(folder).compare(ids[0] ?? '', ids[1] ?? ''))
    assert.ok(compared.figures.length > 0)
    for (const one of compared.figures) assert.match(`${middleWords(one, one.a)} ${middleWords(one, one.b)} ${shiftWords(one.unit, one.shift)}`, /^(> )?\S+ (> )?\S+ (\+|−|–)/)
    assert.deepEqual([shiftWords('share', -0.0123), shiftWords('ms', 2), shiftWords('x', null)], ['−1.23pt', '+2ms', '–'])
  })

  it('takes names alone: no path leads to a journal elsewhere', async () => {
    const runs = shownRuns(folder)
    for (const wanted of ['', '..', '../x', join(folder, ids[0] ?? ''), `./${ids[0]}`, 'a\\b', `${ids[0]},..`, '.', 'nothing-of-that-name']) {
      await assert.rejects(async () => runs.one(wanted), { code: 'RUN_UNKNOWN' }, wanted)
      await assert.rejects(async () => runs.compare(wanted, ids[0] ?? ''), { code: 'RUN_UNKNOWN' }, wanted)
    }
  })
})
