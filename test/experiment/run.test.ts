// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { renderHtml } from '../../src/report/html.ts'
import { hasRedis, redis } from '../support/servers.ts'
import { appSpec, bench, busyApp, expectSignal, fault, kindsOf, limit, planFor, run, success, type Bench } from './run-plan.ts'

describe('running an experiment', () => {
  let at: Bench
  beforeEach(async () => { at = await bench() })
  afterEach(() => at.close())
  const quiet = (kinds: readonly string[]): readonly string[] => kinds.filter((kind) => !['altered', 'drained', 'suspect', 'figures', 'reaction', 'reactions'].includes(kind))

  it('passes when all that was expected held, and journals the whole line of phases', async () => {
    const result = await run(planFor(at.port, {
      apps: [busyApp()], loads: [], steadyState: [success(0.9, 'api')],
      method: [fault('slow', 'latency', { delay: ms(30) }, 600)],
      expect: [expectSignal('success', 'at_least', limit(0.9, 'ratio', '90%'), 'fault', 'api'), expectSignal('p50', 'at_least', limit(20, 'ms', '20ms'), 'slow', 'api')],
    }), at)
    assert.deepEqual(result.record.verdict.expectations.map(({ outcome }) => outcome), ['PASS', 'PASS'])
    assert.equal(result.exit, 0)
    assert.equal(result.outcome, 'PASS')
    assert.equal(result.record.verdict.why, 'all that was expected held')
    assert.deepEqual(quiet(kindsOf(result)), [
      'run.started', 'start', 'app', 'app', 'note', 'warmup', 'baseline', 'method', 'rule.arming', 'rule.armed', 'rule.cleared', 'recovery', 'end', 'heal', 'verdict', 'run.ended', 'app',
    ])
    const app = result.record.signals.find(({ source }) => source === 'app')
    assert.ok(process.platform !== 'linux' || (app && app.buckets.length > 20 && app.buckets.every(({ extra }) => (extra?.['memory'] ?? 0) > 10e6 && (extra?.['processes'] ?? 0) >= 1)))
  })

  it('fails when an expectation did not hold, with measured, limit and margin', async () => {
    const result = await run(planFor(at.port, {
      apps: [busyApp()], loads: [], steadyState: [success(0.9, 'api')],
      method: [fault('slow', 'latency', { delay: ms(30) }, 600)],
      expect: [expectSignal('p50', 'at_most', limit(5, 'ms', '5ms'), 'fault', 'api')],
    }), at)
    assert.equal(result.exit, 1)
    const [expectation] = result.record.verdict.expectations
    assert.equal(expectation?.outcome, 'FAIL')
    assert.match(expectation.measured, /^\d\d.*ms$/)
    assert.match(expectation.margin ?? '', /^-\d/)
  })

  it('asks the server behind a target how it is, and shows that beside the application', async function () {
    if (!hasRedis) this.skip()
    const { url } = await redis()
    const [api] = planFor(at.port).targets
    assert.ok(api)
    const cache = { ...api, url: new URL(url), spec: { ...api.spec, name: 'cache', protocol: 'redis' as const, upstream: { host: new URL(url).hostname, port: Number(new URL(url).port) } } }
    const plan = planFor(at.port, {
      apps: [busyApp()], loads: [], steadyState: [success(0.9, 'api')], targets: [api, cache], method: [fault('slow', 'latency', { delay: ms(30) }, 600)],
      expect: [expectSignal('server_memory', 'at_least', limit(100_000, 'bytes', '100kB'), 'recovery', 'cache'), expectSignal('server_ops', 'at_least', limit(0.1, '/s', '0.1/s'), 'recovery', 'cache')],
    })
    const asked = await run(plan, at)
    assert.deepEqual(asked.record.verdict.expectations.map(({ outcome }) => outcome), ['PASS', 'PASS'], asked.record.verdict.why)
    assert.deepEqual(asked.record.problems, [])
    const page = renderHtml(asked.record, asked.analysis)
    for (const told of ['Resources', 'cache.server_memory', 'cache: memory of the server, MiB', ...(process.platform === 'linux' ? ['app: CPU', 'app.handles'] : [])]) assert.ok(page.includes(told), told)
  })

  it('puts a proxy in front of an application of its own, which is asked for once it runs', async () => {
    const backend = appSpec({ name: 'backend', env: { PORT: '${apps.backend.port}', UPSTREAM: `http://127.0.0.1:${at.port}/` }, ready: { http: 'http://127.0.0.1:${apps.backend.port}/', within: ms(5000) } })
    const front = busyApp()
    const [api] = planFor(at.port).targets
    assert.ok(api)
    const plan = planFor(at.port, {
      apps: [backend, { ...front, name: 'front', env: { PORT: '${apps.front.port}', UPSTREAM: '${targets.api.url}' }, ready: { http: 'http://127.0.0.1:${apps.front.port}/', within: ms(5000) } }],
      targets: [{ ...api, app: 'backend', url: new URL('http://127.0.0.1:1/'), spec: { ...api.spec, upstream: { host: '127.0.0.1', port: 0 } } }],
      loads: [], steadyState: [success(0.9, 'api')],
      method: [fault('slow', 'latency', { delay: ms(30) }, 600)],
      expect: [expectSignal('p50', 'at_least', limit(20, 'ms', '20ms'), 'slow', 'api')],
    })
    const result = await run(plan, at)
    assert.equal(result.exit, 0, result.record.verdict.why)
    assert.deepEqual(result.record.heals.map(({ ok }) => ok), [true])
    const down = await run({ ...plan, apps: plan.apps.map((app) => ({ ...app, command: [process.execPath, '-e', 'setTimeout(() => undefined, 60_000)'], ready: undefined })) }, at)
    assert.deepEqual([down.exit, down.record.problems.map(({ code }) => code)], [6, ['UPSTREAM_DOWN']])
    assert.match(down.record.problems[0]?.text ?? '', /^api: 127\.0\.0\.1:\d+ refuses connections$/)
  })

  it('sends a load through the application and journals its buckets and whether it is to be trusted', async () => {
    const plan = planFor(at.port, { apps: [appSpec()], method: [fault('slow', 'latency', { delay: ms(5) }, 300)] })
    const result = await run({ ...plan, loads: plan.loads.map((load) => ({ ...load, send: { kind: 'http', method: 'GET', url: 'http://127.0.0.1:${app.port}/', headers: {} } })) }, at)
    const [verdict] = result.record.loads
    assert.equal(verdict?.name, 'web')
    // A machine that is busy with other tests may make it late, in the baseline too; then that is what the run says.
    assert.ok(result.exit === 0 || (!verdict.valid && (result.exit === 2 || result.exit === 4)), `${result.exit}: ${result.record.verdict.why}`)
    const offered = result.record.signals.find(({ source, name }) => source === 'load' && name === 'web')?.buckets.reduce((sum, { counts }) => sum + counts.offered, 0) ?? 0
    assert.ok(offered > (result.exit === 4 ? 100 : 250) && offered < 500, String(offered))
    assert.ok(result.record.signals.some(({ source, name, buckets }) => source === 'target' && name === 'api' && buckets.some(({ counts }) => counts.ok > 0)))
  })
})
