import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import yargs from 'yargs'
import { advise } from '../../src/cli/advise.ts'
import type { Command, Context } from '../../src/cli/command.ts'
import { compare } from '../../src/cli/compare.ts'
import { report } from '../../src/cli/report.ts'
import { inTurns } from '../../src/cli/run-all.ts'
import { runs } from '../../src/cli/runs.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { createRunFolder } from '../../src/record/runs.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun } from '../../src/report/fold.ts'
import { writeFile, writeReports } from '../../src/report/write.ts'
import { outage } from './journal-builder.ts'
import { addRun } from './set-of-runs.ts'

const code = (expected: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === expected
const record = foldRun(outage())
const analysis = analyseRun(record)

let cwd: string
beforeEach(() => { cwd = mkdtempSync(join(tmpdir(), 'report-')) })
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

describe('writeReports', () => {
  it('writes the page and the document, for our eyes only, and what else is wanted, in folders that it makes', () => {
    const junit = join(cwd, 'deep', 'er', 'junit.xml')
    const written = writeReports(cwd, record, analysis, { junit })
    assert.deepEqual(written.map(({ format, path }) => [format, path]), [['html', join(cwd, 'report.html')], ['json', join(cwd, 'report.json')], ['junit', junit]])
    for (const { path } of written) assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(statSync(join(cwd, 'deep')).mode & 0o777, 0o700)
    assert.match(readFileSync(junit, 'utf8'), /^<\?xml/)
  })

  it('replaces an earlier report and a link, and never writes through one', () => {
    writeFileSync(join(cwd, 'precious'), 'mine')
    symlinkSync(join(cwd, 'precious'), join(cwd, 'report.html'))
    writeReports(cwd, record, analysis)
    writeReports(cwd, record, analysis)
    assert.equal(readFileSync(join(cwd, 'precious'), 'utf8'), 'mine')
    assert.match(readFileSync(join(cwd, 'report.html'), 'utf8'), /^<!doctype html>/)
  })

  it('throws REPORT_FAILED with every file that failed, after trying all, and leaves no half of one', () => {
    writeFileSync(join(cwd, 'file'), '')
    mkdirSync(join(cwd, 'folder'))
    assert.throws(() => writeReports(cwd, record, analysis, { markdown: join(cwd, 'file', 'x.md'), junit: join(cwd, 'folder') }),
      (error) => code('REPORT_FAILED')(error) && /x\.md/.test(String(error)) && /folder is there already and is not a file/.test(String(error)))
    assert.equal(existsSync(join(cwd, 'report.html')), true)
    assert.throws(() => writeReports(join(cwd, 'file'), record, analysis), code('REPORT_FAILED'))
  })

  it('says so where it may not write', function () {
    if (process.getuid?.() === 0) this.skip()
    chmodSync(cwd, 0o500)
    assert.throws(() => writeFile(join(cwd, 'x'), ''), /EACCES/)
    chmodSync(cwd, 0o700)
  })
})

describe('the commands', () => {
  let env: NodeJS.ProcessEnv
  beforeEach(() => { env = {} })
  const collect = async <A>(command: Command<A>, ...words: readonly string[]): Promise<{ exit: number; stdout: string; stderr: string }> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const context: Context = {
      registry: new Map(), env, cwd, stdout, stderr, stdin: new PassThrough(), color: false, packageRoot: cwd, version: '0.0.0', worker: new URL('file:///none'), rest: [],
      onSignal: () => () => undefined, onEvery: () => () => undefined, onHangup: () => () => undefined, onResize: () => () => undefined, onCrash: () => () => undefined, quit: () => undefined,
    }
    let ran: Promise<number> | undefined
    yargs().exitProcess(false).fail((message, error) => { throw error ?? new Error(message) })
      .command(command.name, command.describe, (local) => command.builder(local), (args) => { ran = command.run(args, context) })
      .parse([command.name.split(' ')[0] ?? '', ...words])
    const exit = await (ran ?? assert.fail('the command did not run'))
    return { exit, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
  }
  const add = (name: string, wall: string, events = outage({ name })): string => {
    const folder = createRunFolder(join(cwd, '.brownout', 'runs'), name, wall)
    writeFileSync(join(folder, 'journal.ndjson'), [{ journal: 'brownout', format: 1, pid: 2 ** 30 }, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''))
    return folder
  }

  it('`runs` lists the history, and says what to do where there is none', async () => {
    assert.match((await collect(runs)).stderr, /no runs in .*`brownout run FILE` makes one/)
    add('cut', '2026-11-23T18:00:00Z')
    add('crashed', '2026-11-23T19:00:00Z', outage({ name: 'crashed' }).slice(0, 200))
    const { exit, stdout, stderr } = await collect(runs)
    assert.deepEqual([exit, stdout], [0, ''])
    assert.match(stderr, /cut +PASS +0 +47\.2s +1\d(\.\d)?ms +100% +2\.\d+s +every expectation held/)
    assert.match(stderr, /crashed +aborted: crash/)
    assert.deepEqual(JSON.parse((await collect(runs, '--json', '--last', '1')).stdout).map((one: { name: string }) => one.name), ['crashed'])
  })

  it('`report` shows the last run and where its page is, which it writes when it is missing', async () => {
    const folder = add('cut', '2026-11-23T18:00:00Z')
    const { exit, stdout, stderr } = await collect(report)
    assert.deepEqual([exit, stdout], [0, ''])
    assert.match(stderr, /^PASS {2}cut/)
    assert.ok(stderr.includes(join(folder, 'report.html')))
    assert.equal(existsSync(join(folder, 'report.html')), true)
  })

  it('`report` gives any format again from the journal, the machine ones on stdout alone', async () => {
    add('cut', '2026-11-23T18:00:00Z')
    assert.equal(JSON.parse((await collect(report, 'cut', '--json')).stdout).name, 'cut')
    await collect(report, 'latest', '--html', 'a.html', '--md', 'a.md', '--junit', 'a.xml')
    assert.deepEqual(['a.html', 'a.md', 'a.xml'].map((file) => readFileSync(join(cwd, file), 'utf8').slice(0, 5)), ['<!doc', '## PA', '<?xml'])
  })

  it('`report` of a journal that was cut shows what there is and says that it was cut', async () => {
    const folder = add('cut', '2026-11-23T18:00:00Z')
    const journal = readFileSync(join(folder, 'journal.ndjson'))
    writeFileSync(join(folder, 'journal.ndjson'), journal.subarray(0, Math.floor(journal.length * 0.7)))
    const { exit, stderr } = await collect(report)
    assert.equal(exit, 0)
    assert.match(stderr, /^the journal ends in mid-line/)
    assert.match(stderr, /ABORTED {2}cut {2}crash/)
    await assert.rejects(collect(report, 'nobody'), code('RUN_UNKNOWN'))
  })

  /** Five runs of `main` and five of `branch`, which is slower, in turns. */
  function pairs(slower: number): void {
    const folder = join(cwd, '.brownout', 'runs')
    for (let at = 0; at < 5; at++) {
      addRun(folder, 2 * at, { name: 'main', tags: ['shop'] })
      addRun(folder, 2 * at + 1, { name: 'branch', tags: ['shop', 'new'], slower })
    }
  }

  it('`advise` says what could be done and what is not known, in any format', async () => {
    add('cut', '2026-11-23T18:00:00Z')
    const { exit, stdout, stderr } = await collect(advise)
    assert.equal(exit, 0)
    assert.equal(stdout, '')
    assert.match(stderr, /^Advice from \S+\n\n1\. Backoff with jitter.*\n {3}seen {3}.*\n {3}do {5}.*\n {3}gain {3}.*not known:\n/s)
    const { stdout: document } = await collect(advise, '--json', '--md', join(cwd, 'advice.md'))
    const { format, advice, notKnown } = JSON.parse(document) as { format: number; advice: { id: string }[]; notKnown: string[] }
    assert.deepEqual([format, advice.length, notKnown.length > 0], [1, 1, true])
    assert.match(readFileSync(join(cwd, 'advice.md'), 'utf8'), /^## Advice from /)
  })

  it('`compare` exits with 1 on a regression, tells people on stderr and machines on stdout, and writes what is wanted', async () => {
    pairs(1.2)
    const told = await collect(compare, 'main', 'branch', '--html', 'deep/c.html', '--md', 'c.md')
    assert.deepEqual([told.exit, told.stdout], [1, ''])
    assert.match(told.stderr, /^REGRESSION {2}B is worse than A: checkout\.p95 [\s\S]*\nA: main \(5 runs\)\nB: branch \(5 runs\)\n/)
    assert.deepEqual(['deep/c.html', 'c.md'].map((file) => readFileSync(join(cwd, file), 'utf8').slice(0, 9)), ['<!doctype', '## regres'])
    const machine = await collect(compare, 'tag:new', 'main', '--json', '--signal', 'checkout.p95')
    assert.deepEqual([machine.exit, machine.stderr, JSON.parse(machine.stdout).outcome, JSON.parse(machine.stdout).figures.length], [0, '', 'improvement', 1])
  })

  it('`compare` is inconclusive with 2, compares over another stretch, and annotates where GitHub runs it', async () => {
    pairs(1.2)
    env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(cwd, 'summary.md') }
    const found = await collect(compare, 'latest~1', 'latest', '--signal', 'checkout.p95', '--during', 'fault')
    assert.equal(found.exit, 2)
    assert.match(found.stderr, /checkout\.p95 during fault .*inconclusive: about 2 more runs of each\n/)
    assert.match(found.stderr, /\n::warning title=inconclusive::/)
    assert.match(readFileSync(join(cwd, 'summary.md'), 'utf8'), /^## inconclusive: latest\\~1 → latest\n/)
  })

  it('`compare` refuses a run on both sides, a figure that no run has, and a floor that is none', async () => {
    pairs(1)
    await assert.rejects(collect(compare, 'main', 'latest~9..latest'), (error) => code('USAGE')(error) && /is in both sets/.test(String(error)))
    await assert.rejects(collect(compare, 'main', 'branch', '--signal', 'checkuot.p95'), (error) => code('SIGNAL_UNKNOWN')(error) && error instanceof BrownoutError && error.hint === 'did you mean "checkout.p95"?')
    await assert.rejects(collect(compare, 'main', 'branch', '--floor', '5'), code('USAGE'))
    await assert.rejects(collect(compare, 'main', 'nobody'), code('RUN_UNKNOWN'))
  })

  it('`runs --tags` lists those of an experiment with such a tag, and `--changes` says since which run a figure is otherwise', async () => {
    pairs(1)
    assert.deepEqual(JSON.parse((await collect(runs, '--tags', 'new', '--json')).stdout).map((one: { name: string }) => one.name), Array.from({ length: 5 }, () => 'branch'))
    assert.match((await collect(runs, '--changes', 'main')).stderr, /^main: 5 runs\n {2}checkout\.p95 +[▁-█]{5} {2}1\d(\.\d)?ms {2}fewer than 10 runs\n/)
    for (let at = 10; at < 22; at++) addRun(join(cwd, '.brownout', 'runs'), at, { name: 'main', slower: at < 15 ? 1 : 1.3 })
    const { exit, stderr } = await collect(runs, '--changes', 'main')
    assert.equal(exit, 0)
    assert.match(stderr, /main: 17 runs\n {2}checkout\.p95 .*\n +worse since 20261123-001500-main \(2026-11-23\): 1\d(\.\d)?ms → 1\d(\.\d)?ms\n/)
    assert.equal(JSON.parse((await collect(runs, '--changes', 'main', '--json')).stdout).figures[0].changes[0].run, '20261123-001500-main')
    await assert.rejects(collect(runs, '--changes', 'mian'), (error) => code('RUN_UNKNOWN')(error) && error instanceof BrownoutError && /did you mean "main"/.test(error.hint))
  })

  it('`run --interleave` takes turns, every other round the other way, each as often as it is to run', () => {
    const [a, b] = [{ name: 'a', repeat: 1 }, { name: 'b', repeat: 3 }]
    assert.deepEqual(inTurns([a, b], 3).map(({ name }) => name).join(''), 'abbaab')
    assert.deepEqual(inTurns([a, b], undefined).map(({ name }) => name).join(''), 'abbb')
  })
})
