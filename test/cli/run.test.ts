// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ROOT } from '../support/paths.ts'
import { invalid, parseXml } from '../support/schema.ts'
import { brownout, endAll, experiment, gone, journalOf, marked, runFolder, until, yard, type Started, type Yard } from './brownout.ts'

const LONG = '  - { step: cut, at: 0s, fault: partition, on: api, for: 20s }'
const SHORT = '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 20ms }, for: 300ms }'

describe('brownout run', () => {
  let at: Yard
  /** In the environment of everything that the run starts. */
  let marker: string
  beforeEach(async () => {
    at = await yard()
    marker = `RUN_MARK_${randomBytes(6).toString('hex')}`
  })
  afterEach(async () => {
    endAll()
    await at.close()
  })

  const start = (...args: string[]): Started => brownout(['run', ...args], at.folder, { [marker]: '1' })
  /** Starts a run and waits until its fault is armed. */
  async function midFault(...args: string[]): Promise<Started> {
    at.write('long.yaml', experiment(at.port, LONG))
    const started = start('long.yaml', ...args)
    await until(() => started.stderr().includes('cut: partition on api'), 15_000)
    return started
  }
  const nothingStays = (): Promise<void> => until(() => marked(marker).length === 0, 6000)

  it('ends by itself with 0, people\'s output on stderr alone, a report and nothing left running', async () => {
    at.write('short.yaml', experiment(at.port, SHORT, 'expect:\n  - { signal: api.success, during: fault, at_least: 50% }'))
    const { exit, stdout, stderr } = await start('short.yaml').ended
    assert.equal(exit, 0, stderr)
    assert.equal(stdout, '')
    assert.match(stderr, /\] warmup 200ms\n[\s\S]*\] baseline 1.2s\n[\s\S]*\] slow: latency on api for 300ms\n[\s\S]*\] slow: cleared, \d+ altered of \d+ matched\n[\s\S]*\] recovery 1s\n/)
    assert.match(stderr, /\nPASS {2}cart/)
    assert.match(stderr, /report\.html/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: there must be none
    assert.doesNotMatch(stderr, /\u001b/)
    assert.match(readFileSync(join(runFolder(at.folder), 'report.html'), 'utf8'), /^<!doctype html>/i)
    await nothingStays()
  })

  it('prints exactly one JSON document with --json, and the other formats where they are wanted', async () => {
    at.write('short.yaml', experiment(at.port, SHORT, 'expect:\n  - { signal: api.success, during: fault, at_least: 50% }'))
    const { exit, stdout } = await start('short.yaml', '--json', '--seed', '42', '--junit', 'out/j.xml', '--md', 'out/r.md', '--html', 'out/r.html').ended
    assert.equal(exit, 0)
    const report = JSON.parse(stdout) as { outcome: string; seed: number; exit: number; expectations: readonly { outcome: string; margin: string }[] }
    assert.deepEqual([report.outcome, report.seed, report.exit, report.expectations[0]?.outcome], ['PASS', 42, 0, 'PASS'])
    assert.match(report.expectations[0]?.margin ?? '', /^\+/)
    for (const file of ['j.xml', 'r.md', 'r.html']) assert.ok(readFileSync(join(at.folder, 'out', file), 'utf8').length > 100)
  })

  it('stops at the first that does not pass, and says what it did not run', async () => {
    at.write('fails.yaml', experiment(at.port, SHORT, 'expect:\n  - { signal: api.p50, during: fault, at_most: 1ms }').replace('name: cart', 'name: fails'))
    at.write('short.yaml', experiment(at.port, SHORT))
    const stopped = await start('fails.yaml', 'short.yaml').ended
    assert.equal(stopped.exit, 1)
    assert.doesNotMatch(stopped.stderr, /PASS {2}cart/)
    assert.match(stopped.stderr, /\n {2}fails +FAIL +1 +\.brownout\/runs\/\S+fails\n {2}1 of 2 not run: --keep-going goes on when one does not pass\n$/)
  })

  it('in CI: of several files those with the tag, with --keep-going all of them, one JUnit file, a table at the end, and what failed at its line and column of the checkout', async () => {
    const text = experiment(at.port, SHORT, '# €\nexpect:\n  - { signal: api.success, during: fault, at_least: 0% }\n  -   { signal: api.p50, during: fault, at_most: 1ms }')
    at.write('fails.yaml', text.replace('name: cart', 'name: fails\ntags: [ci]'))
    at.write('short.yaml', experiment(at.port, SHORT).replace('name: cart', 'name: cart\ntags: [slow, ci]'))
    at.write('other.yaml', experiment(at.port, SHORT).replace('name: cart', 'name: other\ntags: [slow]'))
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: join(at.folder, '..'), GITHUB_STEP_SUMMARY: join(at.folder, 'summary.md') }
    const { exit, stdout, stderr } = await brownout(['run', 'fails.yaml', 'other.yaml', 'short.yaml', '--tags', 'ci', '--keep-going', '--json', '--junit', 'out/j.xml'], at.folder, env).ended
    assert.equal(exit, 1, stderr)
    assert.deepEqual((JSON.parse(stdout) as { runs: readonly { outcome: string }[] }).runs.map(({ outcome }) => outcome), ['FAIL', 'PASS'])
    const line = readFileSync(join(at.folder, 'fails.yaml'), 'utf8').split('\n').findIndex((one) => one.includes('at_most: 1ms')) + 1
    assert.deepEqual(stderr.split('\n').filter((one) => one.startsWith('::')).map((one) => one.replace(/: measured.*/, '')),
      [`::error file=${basename(at.folder)}/fails.yaml,line=${line},col=7,title=FAIL%3A fails::signal: api.p50, during: fault, at_most: 1ms`])
    assert.match(stderr, /\n\n {2}experiment +outcome +exit +run\n {2}fails +FAIL +1 +\.brownout\/runs\/\S+-fails\n {2}cart +PASS +0 +\.brownout\/runs\/\S+-cart\n$/)
    const junit = readFileSync(join(at.folder, 'out/j.xml'), 'utf8')
    assert.deepEqual(invalid(junit, readFileSync(join(ROOT, 'test/fixtures/junit.xsd'), 'utf8')), [])
    assert.deepEqual(parseXml(junit).children.map(({ attributes }) => [attributes['name'], attributes['failures']]), [['fails', '1'], ['cart', '0']])
    assert.match(readFileSync(join(at.folder, 'summary.md'), 'utf8'), /^## FAIL: fails\n[\s\S]*\n## PASS: cart\n[\s\S]*\n\n## 1 of 2 runs passed\n\n[\s\S]*\n\| cart \| PASS \| 0 \| \S+ \|\n$/)
  })

  it('SIGINT in mid-fault: heals, reports, exits 130, and leaves nothing running', async () => {
    const { child, ended } = await midFault('--json')
    child.kill('SIGINT')
    const { exit, stdout, stderr } = await ended
    assert.equal(exit, 130)
    assert.match(stderr, /SIGINT: healing; once more ends at once/)
    assert.match(stderr, /cut: cleared \(signal\)/)
    assert.equal((JSON.parse(stdout) as { outcome: string }).outcome, 'ABORTED')
    await nothingStays()
  })

  it('SIGTERM in mid-fault: exits 143 within 5 s although the app does not want to go', async () => {
    at.write('app.mjs', `process.on('SIGTERM', () => undefined)\n${readFileSync(join(at.folder, 'app.mjs'), 'utf8')}`)
    const { child, ended } = await midFault()
    const from = performance.now()
    child.kill('SIGTERM')
    const { exit, stderr } = await ended
    assert.equal(exit, 143, stderr)
    assert.ok(performance.now() - from < 5000)
    assert.ok(journalOf(at.folder).some((event) => event.kind === 'rule.cleared' && event.reason === 'signal'))
    assert.ok(journalOf(at.folder).some(({ kind }) => kind === 'run.ended'))
    assert.match(stderr, /report\.html/)
    await nothingStays()
  })

  it('a terminal that is closed in mid-fault: healed, and gone as after SIGTERM', async () => {
    const { child, ended } = await midFault()
    child.stderr?.destroy()
    child.stdout?.destroy()
    child.kill('SIGHUP')
    assert.equal((await ended).exit, 143)
    assert.ok(journalOf(at.folder).some((event) => event.kind === 'rule.cleared' && event.reason === 'signal'))
    await nothingStays()
  })

  it('a second signal ends it at once, healed', async () => {
    at.write('app.mjs', `process.on('SIGTERM', () => undefined)\n${readFileSync(join(at.folder, 'app.mjs'), 'utf8')}`)
    const { child, ended, stderr } = await midFault()
    child.kill('SIGINT')
    await until(() => stderr().includes('SIGINT: healing'))
    const from = performance.now()
    child.kill('SIGINT')
    assert.equal((await ended).exit, 130)
    assert.ok(performance.now() - from < 1500)
    assert.ok(journalOf(at.folder).some((event) => event.kind === 'rule.cleared'))
    await nothingStays()
  })

  it('SIGKILL in mid-fault: nothing of it or of the app stays, and `report` works from the journal', async () => {
    const { child, ended } = await midFault()
    const [app] = /serving as (\d+)/.exec(readFileSync(join(runFolder(at.folder), 'app.log'), 'utf8'))?.slice(1).map(Number) ?? []
    assert.ok(app && !gone(app))
    assert.ok(marked(marker).length >= 3, 'brownout, its watchdog, the app')
    child.kill('SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
    await nothingStays()
    assert.ok(gone(app))
    const report = await brownout(['report', 'latest', '--json'], at.folder).ended
    assert.equal(report.exit, 0, report.stderr)
    assert.equal((JSON.parse(report.stdout) as { outcome: string }).outcome, 'ABORTED')
  })

  it('SIGSTOP and SIGCONT across the end of a fault: cleared before anything is forwarded, and told as suspect', async () => {
    at.write('short.yaml', experiment(at.port, '  - { step: cut, at: 0s, fault: partition, on: api, for: 500ms }'))
    const { child, ended, stderr } = start('short.yaml')
    await until(() => stderr().includes('cut: partition on api'), 15_000)
    child.kill('SIGSTOP')
    await new Promise((resolve) => { setTimeout(resolve, 1500) })
    child.kill('SIGCONT')
    const { exit } = await ended
    const events = journalOf(at.folder)
    const suspect = events.find((event) => event.kind === 'suspect' && event.stallMs > 800)
    const cleared = events.find((event) => event.kind === 'rule.cleared')
    assert.ok(suspect && cleared?.kind === 'rule.cleared')
    assert.equal(cleared.reason, 'deadline')
    assert.ok(events.every((event) => event.kind !== 'altered' || event.effectiveAt <= cleared.effectiveAt))
    assert.notEqual(exit, null)
  })

  it('a full disk in mid-fault: heals, says so, exits 70', async () => {
    at.write('long.yaml', experiment(at.port, LONG))
    // Blocks of 512 bytes: the journal's limit is met some buckets into the run. The signal of it must not kill us.
    const { exit, stderr } = await brownout(['run', 'long.yaml'], at.folder, { [marker]: '1' }, ['sh', '-c', 'ulimit -f 60; exec "$0" "$@"']).ended
    assert.equal(exit, 70, stderr)
    assert.match(stderr, /EFBIG|file too large/i)
    await nothingStays()
  })

  it('a report that cannot be written: the run is healed and over, and the exit is 70', async () => {
    at.write('short.yaml', experiment(at.port, SHORT))
    const { exit, stderr } = await start('short.yaml', '--html', 'app.mjs/report.html').ended
    assert.equal(exit, 70)
    assert.match(stderr, /error REPORT_FAILED: .*app\.mjs/)
    assert.match(stderr, /\nPASS {2}cart/)
  })

  it('a run folder that cannot be made: nothing is started, 70', async () => {
    at.write('short.yaml', experiment(at.port, SHORT))
    const { exit, stderr } = await start('short.yaml', '--out', 'app.mjs').ended
    assert.equal(exit, 70)
    assert.match(stderr, /^error JOURNAL_FAILED/)
    assert.doesNotMatch(stderr, /app starting/)
  })

  it('shows no secret: not in journal, report or terminal, not even when the app prints it and dies', async () => {
    const secret = `s3cr3t-${randomBytes(6).toString('hex')}`
    at.write('short.yaml', experiment(at.port, SHORT).replace('UPSTREAM: "${targets.api.url}"', 'UPSTREAM: "${targets.api.url}", TOKEN: "${API_TOKEN}", DATABASE_URL: "${DATABASE_URL}"'))
    writeFileSync(join(at.folder, 'app.mjs'), 'console.log(process.env.DATABASE_URL, process.env.TOKEN); process.exit(1)')
    const env = { API_TOKEN: `${secret}-token`, DATABASE_URL: `postgres://shop:${secret}@127.0.0.1:5432/shop` }
    const { exit, stdout, stderr } = await brownout(['run', 'short.yaml', '--json', '--md', 'r.md', '--junit', 'j.xml'], at.folder, env).ended
    assert.equal(exit, 6)
    assert.match(readFileSync(join(runFolder(at.folder), 'app.log'), 'utf8'), new RegExp(secret), 'the app\'s own output is its own')
    const shown = [stdout, stderr, ...['journal.ndjson', 'report.html', 'report.json'].map((name) => readFileSync(join(runFolder(at.folder), name), 'utf8')), ...['r.md', 'j.xml'].map((name) => readFileSync(join(at.folder, name), 'utf8'))]
    for (const text of shown) assert.doesNotMatch(text, new RegExp(secret))
    assert.match(stderr, /app ended unasked: exit 1\n +postgres:\/\/shop:\*\*\*@/)
  })

  it('starts several apps, each with listeners of its own, and hits the one that a step names', async () => {
    const app = (name: string): string => `{ command: [node, app.mjs], env: { PORT: "\${apps.${name}.port}", UPSTREAM: "\${targets.api.url}" }, ready: { tcp: "127.0.0.1:\${apps.${name}.port}", within: 10s } }`
    const text = experiment(at.port, '  - { step: cut, at: 0s, fault: reset_peer, on: api, where: { from: b }, for: 500ms }')
    at.write('two.yaml', text.replace(/app:\n( {2}.*\n){3}/, `apps:\n  a: ${app('a')}\n  b: ${app('b')}\n`))
    const complaining = readFileSync(join(at.folder, 'app.mjs'), 'utf8').replace('up.destroy()', "up.destroy(new Error('late'))").replace("on('error', () => undefined)", "on('error', ({ message }) => message === 'late' || console.log('cut off'))")
    at.write('app.mjs', complaining)
    const { exit, stderr } = await start('two.yaml').ended
    assert.equal(exit, 0, stderr)
    const log = (name: string): string => readFileSync(join(runFolder(at.folder), `${name}.log`), 'utf8')
    assert.match(log('b'), /cut off/)
    assert.doesNotMatch(log('a'), /cut off/)
    assert.match(log('a'), /serving/)
  })

  it('asks probes at their times and judges their values', async () => {
    const more = `probes:
  up: { http: "http://127.0.0.1:${at.port}/", every: 100ms }
  lost: { command: [echo, "2"], at: end }
expect:
  - { signal: lost.value, equals: 2 }
  - { signal: lost.value, equals: 0 }`
    at.write('probed.yaml', experiment(at.port, SHORT, more))
    const { exit, stdout } = await start('probed.yaml', '--json').ended
    assert.equal(exit, 1)
    const { expectations } = JSON.parse(stdout) as { expectations: readonly { outcome: string }[] }
    assert.deepEqual(expectations.map(({ outcome }) => outcome), ['PASS', 'FAIL'])
    const readings = journalOf(at.folder).flatMap((event) => (event.kind === 'probe' ? [event] : []))
    assert.ok(readings.filter(({ name, ok }) => name === 'up' && ok).length >= 10)
    assert.equal(readings.filter(({ name }) => name === 'lost').length, 1)
  })

  it('repeats, each in a folder of its own, and numbers the pages that are wanted', async () => {
    at.write('short.yaml', experiment(at.port, SHORT))
    const { exit, stderr } = await brownout(['run', 'short.yaml', '--repeat', '2', '--junit', 'j.xml', '--html', 'p.html', '--md', 'r.md'], at.folder, { GITHUB_STEP_SUMMARY: join(at.folder, 's.md') }).ended
    assert.equal(exit, 0, stderr)
    assert.equal(readdirSync(join(at.folder, '.brownout/runs')).filter((name) => name !== 'index.ndjson').length, 2)
    for (const name of ['p-1.html', 'p-2.html']) assert.match(readFileSync(join(at.folder, name), 'utf8'), /^<!doctype html>/)
    assert.equal(parseXml(readFileSync(join(at.folder, 'j.xml'), 'utf8')).children.length, 2)
    assert.match(readFileSync(join(at.folder, 'r.md'), 'utf8'), /^## 2 of 2 runs passed\n[\s\S]*\n## PASS: cart\n[\s\S]*\n## PASS: cart\n/)
    assert.equal(existsSync(join(at.folder, 's.md')), false, 'not in both places')
  })

  it('does a real action and undoes it', async () => {
    at.write('real.yaml', experiment(at.port, '  - { step: flag, at: 0s, run: [touch, up], undo: [mv, up, down], timeout: 5s, for: 300ms }'))
    const { exit, stderr } = await start('real.yaml').ended
    assert.equal(exit, 0, stderr)
    assert.match(stderr, /flag: run touch up: exit 0[\s\S]*flag: undo mv up down: exit 0/)
    assert.ok(existsSync(join(at.folder, 'down')), 'in the folder from which brownout was started')
  })

  it('keeps what it writes to its owner', async () => {
    mkdirSync(join(at.folder, 'elsewhere'))
    at.write('short.yaml', experiment(at.port, SHORT))
    await start('short.yaml', '--out', 'elsewhere').ended
    const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
      const listing = brownout(['--version'], at.folder, {}, ['sh', '-c', 'find elsewhere -mindepth 1 -printf "%m %y\\n" | sort -u'])
      void listing.ended.then(resolve)
    })
    assert.deepEqual(stdout.trim().split('\n'), ['600 f', '700 d'])
  })
})
