import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BrownoutError } from '../../src/core/errors.ts'
import { resolveRuns } from '../../src/record/run-sets.ts'
import { outage } from '../report/journal-builder.ts'
import { addRun } from '../report/set-of-runs.ts'

describe('sets of runs', () => {
  let runs: string
  before(() => {
    runs = realpathSync(mkdtempSync(join(tmpdir(), 'sets-')))
    for (const at of [0, 1, 2]) addRun(runs, at, { name: 'cart', tags: ['shop', 'main'] })
    addRun(runs, 3, { name: 'cart-2', tags: ['shop'] })
    addRun(runs, 3, { name: 'cart' })
    addRun(runs, 4, { name: 'cart' })
    addRun(runs, 5, { name: 'slow' })
    addRun(join(runs, 'kept'), 9, { name: 'old' })
    mkdirSync(join(runs, 'empty'))
  })
  after(() => rmSync(runs, { recursive: true, force: true }))

  /** The minutes and names of the runs. */
  const found = (wanted: string): readonly string[] => resolveRuns(runs, wanted, runs).map((folder) => basename(folder).slice(11, 13).concat(basename(folder).slice(15)))
  const refused = (wanted: string, says: RegExp): void => assert.throws(() => resolveRuns(runs, wanted, runs), (error) => error instanceof BrownoutError && error.code === 'RUN_UNKNOWN' && says.test(`${error.message} ${error.hint}`), wanted)

  it('are one run as `report` takes it, all of an experiment, or one so far back in it', () => {
    assert.deepEqual(found('latest'), ['05-slow'])
    assert.deepEqual(found('latest~1'), ['04-cart'])
    assert.deepEqual(found('cart'), ['00-cart', '01-cart', '02-cart', '03-cart', '04-cart'])
    assert.deepEqual(found('cart-2'), ['03-cart-2'])
    assert.deepEqual(found('cart~4'), ['00-cart'])
    assert.deepEqual(found('20261123-000500-slow'), ['05-slow'])
  })

  it('are a stretch with both its ends, of all runs or of one experiment', () => {
    assert.deepEqual(found('latest~2..latest'), ['03-cart-2', '04-cart', '05-slow'])
    assert.deepEqual(found('cart~2..cart~1'), ['02-cart', '03-cart'])
    assert.deepEqual(found('20261123-000100-cart..20261123-000200-cart'), ['01-cart', '02-cart'])
  })

  it('are those of a tag, of a folder that holds runs, and of several of these, each once', () => {
    assert.deepEqual(found('tag:main'), ['00-cart', '01-cart', '02-cart'])
    assert.deepEqual(found('tag:shop').length, 4)
    assert.deepEqual(found('kept'), ['09-old'])
    assert.deepEqual(found(join(runs, 'kept')), ['09-old'])
    assert.deepEqual(found('slow, tag:main, latest'), ['05-slow', '00-cart', '01-cart', '02-cart'])
  })

  it('leave out what still runs, unless it is named itself', () => {
    const events = outage()
    const folder = addRun(runs, 7, { name: 'crashed' }, events.slice(0, 100))
    assert.deepEqual([found('crashed'), found(basename(folder))], [['07-crashed'], ['07-crashed']])
    rmSync(folder, { recursive: true })
  })

  it('that are none are refused with what would be right', () => {
    refused('latest~3..latest~9', /9/)
    refused('latest..latest~3', /the older run comes first/)
    refused('cart~1..slow', /both are of one experiment/)
    refused('cart~7', /there are 5 such runs/)
    refused('tag:none', /no run has the tag "none"/)
    refused('crat', /did you mean "cart"/)
    refused('empty', /no run is named/)
    refused(' , ', /names no run/)
  })
})
