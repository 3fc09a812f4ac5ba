import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listRuns } from '../../src/record/runs.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun } from '../../src/report/fold.ts'
import { history, INDEX_FILE, remember } from '../../src/report/history.ts'
import { outage } from './journal-builder.ts'
import { addRun } from './set-of-runs.ts'

describe('the history', () => {
  let runs: string
  beforeEach(() => { runs = mkdtempSync(join(tmpdir(), 'history-')) })
  afterEach(() => rmSync(runs, { recursive: true, force: true }))

  /** How many journals had to be read, and the p95 of each run. */
  function told(): { readonly read: number; readonly p95: readonly (number | undefined)[] } {
    let read = 0
    const entries = history(runs, listRuns(runs), (count) => { read = count })
    return { read, p95: entries.map(({ figures }) => figures.measured.find(({ label }) => label === 'checkout.p95')?.value) }
  }
  const index = (): string => join(runs, INDEX_FILE)

  it('reads each journal once, and has what it measured from the index from then on', () => {
    for (const at of [0, 1]) addRun(runs, at)
    const first = told()
    assert.equal(first.read, 2)
    assert.ok(first.p95.every((value) => value !== undefined && value > 5 && value < 30), `${first.p95}`)
    assert.deepEqual(told(), { ...first, read: 0 })
    assert.equal(statSync(index()).mode & 0o777, 0o600)
  })

  it('has a run that was remembered when it ended', () => {
    const folder = addRun(runs, 0)
    const record = foldRun(outage({ seed: 0 }))
    assert.equal(remember(folder, record, analyseRun(record)), true)
    assert.equal(told().read, 0)
    assert.equal(remember(join(runs, 'gone', basename(folder)), record, analyseRun(record)), false)
  })

  it('forgets a folder that was deleted, and reads anew one whose journal was changed', () => {
    const [first = '', second = ''] = [addRun(runs, 0), addRun(runs, 1)]
    told()
    rmSync(first, { recursive: true })
    utimesSync(join(second, 'journal.ndjson'), 1000, 1000)
    const { read, p95 } = told()
    assert.deepEqual([read, p95.length], [1, 1])
  })

  it('outlives lines that are cut, foreign or of another version: the next writer begins a line of its own', () => {
    for (const at of [0, 1]) addRun(runs, at)
    const before = told()
    truncateSync(index(), statSync(index()).size - 40)
    appendFileSync(index(), '')
    assert.deepEqual(told(), { ...before, read: 1 })
    assert.deepEqual(told(), { ...before, read: 0 })
    writeFileSync(index(), 'no line\n{"format":99,"id":"x"}\n{"format":1}\n\n\n')
    assert.deepEqual(told(), { ...before, read: 2 })
    rmSync(index())
    mkdirSync(index())
    assert.deepEqual(told(), { ...before, read: 2 })
  })

  it('is not indexed while it runs', () => {
    const folder = addRun(runs, 0, {}, outage().slice(0, 300))
    writeFileSync(join(folder, 'journal.ndjson'), readFileSync(join(folder, 'journal.ndjson'), 'utf8').replace(String(2 ** 30), String(process.pid)))
    assert.equal(told().read, 1)
    assert.equal(told().read, 1)
  })

  it('is whole though several write at once', async () => {
    const folders = [0, 1, 2, 3].map((at) => addRun(runs, at))
    const [module, fold, analysis, journal] = ['report/history', 'report/fold', 'report/analysis', 'record/journal'].map((name) => fileURLToPath(new URL(`../../src/${name}.js`, import.meta.url)))
    const script = `
      const [{ remember }, { foldRun }, { analyseRun }, { readJournal }] = await Promise.all(${JSON.stringify([module, fold, analysis, journal])}.map((one) => import(one)))
      const folder = process.argv[1]
      const record = foldRun(readJournal(folder + '/journal.ndjson').events)
      const analysis = analyseRun(record)
      for (let i = 0; i < 10; i++) remember(folder, record, analysis)`
    await Promise.all(folders.map((folder) => new Promise<void>((resolve, reject) => {
      spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: 'inherit' }).once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))))
    })))
    const lines = readFileSync(index(), 'utf8').split('\n').filter((line) => line !== '')
    assert.equal(lines.length, 40)
    for (const line of lines) JSON.parse(line)
    assert.deepEqual([told().read, told().p95.length], [0, 4])
  })

  it('is written anew where most of its lines are of no use any more', () => {
    const folder = addRun(runs, 0)
    const record = foldRun(outage({ seed: 0 }))
    const analysis = analyseRun(record)
    for (let i = 0; i < 55; i++) remember(folder, record, analysis)
    told()
    assert.equal(readFileSync(index(), 'utf8').split('\n').length, 2)
    assert.equal(told().read, 0)
  })
})
