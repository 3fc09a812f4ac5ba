/** Loads that programs of others make. The lines and reports are made by hand, as the programs' documentation has them. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { readArtillery } from '../../src/load/drivers/artillery.ts'
import { readK6 } from '../../src/load/drivers/k6.ts'
import { locustArguments } from '../../src/load/drivers/locust.ts'
import { readOwn, type Sample } from '../../src/load/drivers/sample.ts'
import { statusMatcher } from '../../src/load/http.ts'
import { startLoad, type LoadRun } from '../../src/load/run.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import type { BucketRecord } from '../../src/record/buckets.ts'
import { startWatchdog } from '../../src/watchdog/watchdog.ts'
import { ended, generated } from './generated.ts'
import { latency, sum } from './totals.ts'
import { runs, until } from '../support/processes.ts'

const point = (metric: string, value: number, tags: Readonly<Record<string, string>> = {}): string =>
  JSON.stringify({ type: 'Point', metric, data: { time: '2026-03-01T10:00:00.250500+01:00', value, tags } })
const AT = Date.parse('2026-03-01T09:00:00.250Z')

describe('load: what programs of others tell', () => {
  it('reads our own lines: a latency at the least, and what else there is', () => {
    assert.deepEqual(readOwn('{"ms": 12.5}'), [{ wall: undefined, outcome: 'ok', took: 12.5, count: 1 }])
    assert.deepEqual(readOwn('{"ms": 9, "error": "status 503", "at": 1700000000000.5, "late_ms": 2, "count": 3}'), [{ wall: 1700000000000.5, outcome: 'error', took: 9, late: 2, reason: 'status 503', count: 3 }])
    assert.deepEqual(readOwn('{"outcome": "dropped"}'), [{ wall: undefined, outcome: 'dropped', took: 0, reason: undefined, count: 1 }])
    assert.deepEqual(readOwn(''), [])
    for (const odd of ['hello', '{"ms": "12"}', '{"ms": -1}', '{"outcome": "fine", "ms": 1}', '{}', '{"ms": 1', '[1]', '{"ms": 1, "count": 0}', '{"ms": 1, "count": 1e12}', '{"outcome": "timeout"}']) assert.equal(readOwn(odd), 'unread', odd)
  })

  it('reads the points of k6: one request each, with what was expected of its status', () => {
    const read = (line: string): Sample | undefined => { const found = readK6(line); return found === 'unread' ? undefined : found[0] }
    assert.deepEqual(read(point('http_req_duration', 45.25, { status: '200', expected_response: 'true' })), { wall: AT, took: 45.25, count: 1, outcome: 'ok' })
    assert.deepEqual(read(point('http_req_duration', 5, { status: '503', expected_response: 'false' })), { wall: AT, took: 5, count: 1, outcome: 'error', reason: 'status 503' })
    assert.deepEqual(read(point('http_req_duration', 5, { status: '404', expected_response: 'true' }))?.outcome, 'ok')
    assert.deepEqual(read(point('http_req_duration', 60_000, { status: '0', expected_response: 'false', error_code: '1050' }))?.outcome, 'timeout')
    assert.deepEqual(read(point('http_req_duration', 0, { status: '0', expected_response: 'false', error_code: '1212' }))?.reason, 'k6 error 1212')
    assert.deepEqual(read(point('dropped_iterations', 7)), { wall: AT, took: 0, count: 7, outcome: 'dropped' })
    for (const other of [point('vus', 5), point('http_req_waiting', 5), '{"type":"Metric","metric":"vus","data":{"type":"gauge"}}', '']) assert.deepEqual(readK6(other), [])
    assert.equal(readK6('{"type":"Poi'), 'unread')
  })

  it('reads the report of Artillery: counts spread over their ten seconds, with latencies between its quantiles', () => {
    const summary = { min: 10, max: 900, count: 1000, mean: 40, p50: 20, median: 20, p75: 30, p90: 50, p95: 100, p99: 500, p999: 800 }
    const counters = { 'vusers.created': 500, 'http.requests': 1004, 'http.responses': 1000, 'http.codes.200': 980, 'http.codes.503': 20, 'errors.ECONNREFUSED': 3, 'errors.ETIMEDOUT': 1 }
    const report = JSON.stringify({ aggregate: {}, intermediate: [
      { counters, summaries: { 'http.response_time': summary }, firstMetricAt: 1700000000000, lastMetricAt: 1700000010000, period: '1700000000000' },
      { counters: { 'http.codes.200': 10 }, summaries: { 'http.response_time': { ...summary, count: 10 } }, period: '1700000010000' },
      { counters: { 'vusers.created': 1 } },
    ] })
    const samples = readArtillery(report, statusMatcher('2xx')) ?? assert.fail('not read')
    const of = (outcome: Sample['outcome']): readonly Sample[] => samples.filter((one) => one.outcome === outcome)
    assert.deepEqual([of('ok').length, of('error').length, of('timeout').length], [990, 23, 1])
    assert.deepEqual([...new Set(of('error').map(({ reason }) => reason))], ['status 503', 'ECONNREFUSED'])
    const took = of('ok').slice(0, 980).map((one) => one.took).sort((a, b) => a - b)
    for (const [q, value] of [[0.5, 20], [0.9, 50], [0.95, 100], [0.99, 500]] as const) assert.ok(Math.abs((took[Math.floor(q * took.length)] ?? 0) - value) < value * 0.1, `${q}: ${took[Math.floor(q * took.length)]}`)
    const walls = of('ok').map(({ wall = 0 }) => wall)
    assert.ok(walls.every((wall) => wall >= 1700000000000 && wall <= 1700000020000))
    assert.equal(walls.filter((wall) => wall < 1700000005000).length, 490)
    // Each second has slow and fast ones.
    assert.ok(Math.max(...of('ok').filter(({ wall = 0 }) => wall < 1700000001000).map((one) => one.took)) > 80)
    for (const odd of ['', 'no', '{}', '{"intermediate": 5}', '{"intermediate": [']) assert.equal(readArtillery(odd, () => true), undefined)
  })

  it('lets one process of Locust do it all, or a master and its workers', () => {
    const run = { users: 20, spawnRate: 5, workers: 1, host: 'http://h', args: ['--tags', 'a'] }
    assert.deepEqual(locustArguments(run, 'f.py', 0), [['-f', 'f.py', '--host', 'http://h', '--tags', 'a', '--headless', '--only-summary', '-u', '20', '-r', '5']])
    const [master = [], ...workers] = locustArguments({ ...run, workers: 2 }, 'f.py', 5557)
    assert.deepEqual([master.includes('--expect-workers'), workers.length, workers[0]?.slice(-5)], [true, 2, ['--worker', '--master-host', '127.0.0.1', '--master-port', '5557']])
  })
})

describe('load: a program that makes it', () => {
  let folder: string
  let run: LoadRun | undefined
  const watchdog = startWatchdog()
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-driven-')) })
  afterEach(() => { run?.kill(); rmSync(folder, { recursive: true, force: true }) })
  after(() => watchdog.close())

  interface Rig { readonly run: LoadRun; readonly buckets: BucketRecord[]; readonly problems: string[] }
  async function driven(script: string): Promise<Rig> {
    const [buckets, problems]: [BucketRecord[], string[]] = [[], []]
    const spec: LoadSpec = {
      name: 'own', rate: perSecond(0), timeout: ms(5000), ok: '2xx', inFlightMax: 0, connections: 0,
      send: { kind: 'driven', driver: 'command', file: process.execPath, args: ['-e', script], env: { GREETING: 'hello' }, cwd: folder },
    }
    run = await startLoad({
      specs: [spec], origin: monotonicNow(), width: ms(100), seed: 1, onBucket: (bucket) => buckets.push(bucket), onProblem: (text) => problems.push(text),
      premises: { folder, env: process.env, watchdog, cpuMeter: () => () => undefined },
    })
    return { run, buckets, problems }
  }

  it('is begun with the run and ended with it; what it tells becomes buckets like any other', async () => {
    const { run: load, buckets, problems } = await driven(`
      let n = 0
      setInterval(() => {
        n++
        console.log(JSON.stringify(n % 10 === 0 ? { ms: 1, error: 'status 503', at: Date.now() } : { ms: process.env.GREETING === 'hello' ? 40 : 1, late_ms: 1, at: Date.now() }))
      }, 10)
      console.error('I am', process.pid)`)
    await load.begin()
    assert.ok(await until(() => sum(buckets).ok >= 30, 15_000) !== undefined)
    const [verdict] = await load.stop()
    assert.deepEqual(problems, [])
    assert.deepEqual([verdict?.valid, verdict?.why], [true, undefined])
    assert.ok((verdict?.errors['status 503'] ?? 0) >= 3)
    assert.equal(Math.round(latency(buckets, 0.5)), 40)
    const { offered, ok, error } = sum(buckets)
    assert.equal(offered, ok + error)
    assert.ok(Math.abs((verdict?.latenessP99Ms ?? 0) - 1) < 0.01)
    assert.ok(buckets.every(({ start }, i) => i === 0 || start > (buckets[i - 1]?.start ?? 0)))
  })

  it('is not to be trusted where it ended before the run, or tells what cannot be read', async () => {
    const gone = await driven('console.log(JSON.stringify({ ms: 1 })); setTimeout(() => { console.error("out of luck"); process.exit(3) }, 300)')
    await gone.run.begin()
    assert.ok(await until(() => gone.problems.length > 0, 10_000) !== undefined)
    const [first] = await gone.run.stop()
    assert.equal(first?.valid, false)
    assert.match(first?.why ?? '', /command ended before the run did: exit 3\s+out of luck/)
    const odd = await driven('setInterval(() => console.log(JSON.stringify({ ms: 1 }) + "\\nhello"), 10)')
    await odd.run.begin()
    assert.ok(await until(() => sum(odd.buckets).ok > 5, 10_000) !== undefined)
    assert.match((await odd.run.stop())[0]?.why ?? '', /of its lines could not be read/)
  })

  it('says why it could not be begun, and leaves nothing behind', async () => {
    const never = await driven('console.error("no such file"); process.exit(2)')
    await assert.rejects(never.run.begin(), { code: 'LOAD_FAILED', message: /own: command ended before the run did: exit 2\s+no such file/ })
    const stubborn = await driven('process.on("SIGTERM", () => undefined); setInterval(() => console.log(JSON.stringify({ ms: process.pid })), 10)')
    await stubborn.run.begin()
    assert.ok(await until(() => sum(stubborn.buckets).ok > 0, 10_000) !== undefined)
    const pid = Math.round(latency(stubborn.buckets, 0.5))
    stubborn.run.kill()
    assert.ok(await until(() => !runs(pid), 10_000) !== undefined, `${pid}`)
  })

  it('can be a program for each operation: ok when it exits with 0, killed when it is late', async () => {
    const spec = (argv: readonly string[]): LoadSpec => ({ name: 'own', rate: perSecond(20), timeout: ms(400), ok: '2xx', inFlightMax: 100, connections: 0, send: { kind: 'program', argv, env: {}, cwd: folder } })
    const { buckets, verdict } = await generated(spec(['sh', '-c', 'case {n} in *3) exit 3;; *4) sleep 60;; esac']), ended({ ok: 10, error: 2, timeout: 1 }))
    assert.ok(sum(buckets).ok >= 10)
    assert.ok((verdict.errors['exit 3'] ?? 0) >= 1)
    const missing = await generated(spec(['/no/such/program']), ended({ error: 3 }))
    assert.ok((missing.verdict.errors['ENOENT'] ?? 0) >= 3)
  })
})
