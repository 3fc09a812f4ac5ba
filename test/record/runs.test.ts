import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BrownoutError } from '../../src/core/errors.ts'
import type { JournalEvent } from '../../src/record/events.ts'
import { JOURNAL_FILE } from '../../src/record/journal.ts'
import { createRunFolder, listRuns, resolveRun } from '../../src/record/runs.ts'
import { outage } from '../report/journal-builder.ts'

const code = (expected: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === expected
/** No process has it: it is above every system's largest. */
const NOBODY = 2 ** 30

function write(folder: string, events: readonly JournalEvent[], pid = NOBODY): void {
  writeFileSync(join(folder, JOURNAL_FILE), [{ journal: 'brownout', format: 1, pid }, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''))
}

describe('run folders', () => {
  let out: string
  beforeEach(() => { out = mkdtempSync(join(tmpdir(), 'runs-')) })
  afterEach(() => rmSync(out, { recursive: true, force: true }))

  it('are named by time and experiment, 0700, and never the same twice', () => {
    const wall = '2026-11-23T18:32:41.123Z'
    const folders = [1, 2, 3].map(() => createRunFolder(join(out, 'deep', 'runs'), 'cut', wall))
    assert.deepEqual(folders.map((one) => basename(one)), ['20261123-183241-cut', '20261123-183241-cut-2', '20261123-183241-cut-3'])
    for (const folder of folders) assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('lie below the real folder, and a name cannot lead out of it', () => {
    const real = join(out, 'real')
    mkdirSync(real)
    symlinkSync(real, join(out, 'link'))
    assert.equal(createRunFolder(join(out, 'link'), 'cut').startsWith(realpathSync(real)), true)
    for (const name of ['../../x', '/etc/x', 'a%2f..', 'nul\u0000', 'CON', '', '.', '..', '-x', 'a/b', 'A', 'x'.repeat(65)]) {
      assert.throws(() => createRunFolder(out, name), code('RUN_NAME_INVALID'), JSON.stringify(name))
    }
    assert.deepEqual(readdirSync(out).sort(), ['link', 'real'])
  })

  it('does not follow a link that lies where the folder would be', () => {
    const wall = '2026-11-23T18:32:41.123Z'
    symlinkSync(tmpdir(), join(out, '20261123-183241-cut'))
    assert.equal(basename(createRunFolder(out, 'cut', wall)), '20261123-183241-cut-2')
  })

  it('say JOURNAL_FAILED where no folder can be made', () => {
    writeFileSync(join(out, 'file'), '')
    assert.throws(() => createRunFolder(join(out, 'file', 'runs'), 'cut'), code('JOURNAL_FAILED'))
  })

  it('are listed oldest first, with a crash told from a run that ended and one under way', () => {
    const events = outage({ name: 'cut' })
    write(createRunFolder(out, 'cut', '2026-11-23T18:00:00Z'), events)
    write(createRunFolder(out, 'cut', '2026-11-23T19:00:00Z'), events.slice(0, 300))
    write(createRunFolder(out, 'slow', '2026-11-23T20:00:00Z'), events.slice(0, 300), process.pid)
    mkdirSync(join(out, '20261123-210000-empty'))
    const all = listRuns(out)
    assert.deepEqual(all.map(({ id, status, outcome, exit }) => [id, status, outcome, exit]), [
      ['20261123-180000-cut', 'ended', 'PASS', 0],
      ['20261123-190000-cut', 'aborted: crash', 'ABORTED', undefined],
      ['20261123-200000-slow', 'running', undefined, undefined],
    ])
    assert.equal(all[0]?.why, 'every expectation held')
    assert.equal(Math.round(all[0]?.tookMs ?? 0), 47_200)
    assert.deepEqual(listRuns(join(out, 'nowhere')), [])
  })

  it('are found by latest, latest~n, id, experiment, folder and journal', () => {
    const [a, b, c] = ['18', '19', '20'].map((hour) => createRunFolder(out, hour === '20' ? 'slow' : 'cut', `2026-11-23T${hour}:00:00Z`))
    for (const folder of [a, b, c]) write(folder ?? '', outage())
    const found = (wanted: string): string => realpathSync(resolveRun(out, wanted, out))
    assert.deepEqual(['latest', 'latest~1', 'latest~2', 'cut', 'slow', basename(a ?? ''), b ?? '', join(a ?? '', JOURNAL_FILE), `./${basename(b ?? '')}`].map(found), [c, b, a, b, c, a, b, a, b].map((one) => realpathSync(one ?? '')))
    assert.throws(() => resolveRun(out, 'latest~3', out), code('RUN_UNKNOWN'))
    assert.throws(() => resolveRun(out, 'slwo', out), (error) => code('RUN_UNKNOWN')(error) && error instanceof BrownoutError && /did you mean "slow"/.test(error.hint))
    assert.throws(() => resolveRun(join(out, 'none'), 'latest', out), code('RUN_UNKNOWN'))
  })
})
