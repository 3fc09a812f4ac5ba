import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadExperiment } from '../../src/experiment/load.ts'
import { inFolder, planOf, problemsOf, registry } from './fake-faults.ts'

const SHARED = `vars: { redis: "redis://shared:1", db: "postgres://shared" }
targets:
  cache: { upstream: "\${vars.redis}" }
  db: { upstream: "\${vars.db}" }
app: { command: [node, shared.js], env: { A: shared, B: shared }, ready: { tcp: "127.0.0.1:1" } }
load: { shop: { http: "GET http://127.0.0.1:1/", rate: 100/s } }
windows: { baseline: 20s, recovery: 40s }
steady_state:
  - { signal: shop.p95, at_most: 100ms }
  - { signal: shop.success, at_least: 99% }
abort: [{ signal: shop.success, below: 10% }]
`
const files = { 'brownout.yaml': SHARED }

describe('brownout.yaml', () => {
  it('gives an experiment what it does not say itself, entry by entry', async () => {
    const plan = await planOf(`name: x
vars: { redis: "redis://own:2" }
targets: { other: { upstream: "tcp://h:1" } }
app: { env: { B: own, C: own } }
windows: { recovery: 10s }
steady_state: [{ signal: shop.p95, at_most: 5ms }]
method: [{ step: cut, fault: partition, on: cache }]
`, { files })
    assert.deepEqual(plan.targets.map(({ spec }) => [spec.name, 'host' in spec.upstream && spec.upstream.host]), [['other', 'h'], ['cache', 'own'], ['db', 'shared']])
    assert.deepEqual([plan.apps[0]?.command, plan.apps[0]?.env, plan.apps[0]?.ready?.tcp], [['node', 'shared.js'], { A: 'shared', B: 'own', C: 'own' }, '127.0.0.1:1'])
    assert.deepEqual([plan.windows.baseline, plan.windows.recovery, plan.windows.warmup], [20_000, 10_000, 3000])
    assert.deepEqual(plan.steadyState.map(({ signal, limit, place }) => [signal.metric, limit.text, place.file]), [['success', '99%', 'brownout.yaml'], ['p95', '5ms', 'x.yaml']])
    assert.equal(plan.abort.length, 1)
  })

  it('is beaten by the file, and both by flags', async () => {
    const upstream = async (own: string, vars: Record<string, string>) => (await planOf(`name: x\n${own}`, { files, vars })).targets[0]?.spec.upstream
    assert.deepEqual(await upstream('', {}), { host: 'shared', port: 1 })
    assert.deepEqual(await upstream('vars: { redis: "redis://own:2" }', { redis: 'redis://flag:3' }), { host: 'flag', port: 3 })
  })

  it('gives no app to an experiment that has several of its own', async () => {
    assert.deepEqual((await planOf('name: x\napps: { a: { command: [a] } }', { files })).apps.map(({ name }) => name), ['a'])
  })

  it('has alerts joined by their names', async () => {
    const shared = `targets: { cache: { upstream: "redis://h" } }\nalerts:\n  - { alert: slow, signal: cache.p95, above: 100ms }\n  - { alert: late, recovery: cache.p95, within: 5s }`
    const { alerts } = await planOf('name: x\nalerts:\n  - { alert: slow, signal: cache.p99, above: 1s }', { files: { 'brownout.yaml': shared } })
    assert.deepEqual(alerts.map(({ name, text }) => [name, text]), [['late', 'recovery: cache.p95, within: 5s'], ['slow', 'signal: cache.p99, above: 1s']])
    assert.deepEqual((await problemsOf('name: x\nalerts:\n  - { alert: slow, signal: db.p99, above: 1s }', { files: { 'brownout.yaml': shared } })).map(({ code, place }) => [code, place.line]), [['TARGET_UNKNOWN', 3]])
  })

  it('is named in what is wrong with it', async () => {
    const problems = await problemsOf('name: x', { files: { 'brownout.yaml': 'targets: { c: { upstrem: "redis://h" } }\nname: shared\nmethd: []' } })
    assert.deepEqual(problems.map(({ place, code, hint }) => [place.file, place.line, code, hint]), [
      ['brownout.yaml', 1, 'KEY_UNKNOWN', 'did you mean "upstream"?'],
      ['brownout.yaml', 2, 'KEY_UNKNOWN', 'brownout.yaml may hold vars, targets, app, apps, data, load, probes, windows, steady_state, abort, alerts'],
      ['brownout.yaml', 3, 'KEY_UNKNOWN', 'known here: vars, targets, app, apps, data, load, probes, windows, steady_state, abort, alerts'],
    ])
  })

  it('changes the hash of what is run', async () => {
    assert.notEqual((await planOf('name: x')).hash, (await planOf('name: x', { files })).hash)
  })

  it('is found above the working directory, the nearest one; paths in it are meant from its folder', () => inFolder(async (folder) => {
    const inner = join(folder, 'a', 'b')
    await mkdir(inner, { recursive: true })
    await writeFile(join(folder, 'brownout.yaml'), 'app: { command: [outer] }')
    await writeFile(join(folder, 'a', 'brownout.yaml'), 'app: { command: [nearer], cwd: web }')
    await writeFile(join(inner, 'x.yaml'), 'name: x')
    const loaded = await loadExperiment('x.yaml', { registry, env: {}, vars: {}, cwd: inner })
    assert.ok('plan' in loaded)
    assert.deepEqual(loaded.plan.apps.map(({ command, cwd }) => [command, cwd]), [[['nearer'], join(folder, 'a', 'web')]])
  }))
})
