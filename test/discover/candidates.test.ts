// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { discover, type Candidate, type Discovered } from '../../src/discover/candidates.ts'
import { delayFor, latencyLimit, roundUp, shareLimit } from '../../src/discover/margin.ts'
import { keptSections } from '../../src/discover/sections.ts'
import { distinct, slug } from '../../src/discover/slug.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import type { Plan } from '../../src/experiment/plan.ts'
import type { Protocol } from '../../src/protocols/codec.ts'
import { newHistogram, encodeHistogram, noCounts, recordLatency } from '../../src/record/buckets.ts'
import type { EventBody } from '../../src/record/events.ts'
import type { PartRecord } from '../../src/record/figures.ts'
import { foldRun } from '../../src/report/fold.ts'
import { cellsOf } from '../report/figures-builder.ts'
import { journalOf } from '../report/journal-builder.ts'

const W = 250
const SECONDS = 10

interface Passing { readonly target: string; readonly protocol: Protocol; /** In each bucket. */ readonly parts: readonly PartRecord[]; readonly transactions?: number }

/** A part of which `count` pass in each bucket, each in `took` ms. */
const part = (of: PartRecord['of'], count: number, took = 1, more: Partial<PartRecord> = {}): PartRecord =>
  ({ of, offered: count, ok: count, latency: cellsOf(...Array.from({ length: count }, () => took)), ...more })

/** A run in whose baseline that passed, and in whose warm-up and method something else did. */
function runOf(passing: readonly Passing[], load?: { readonly name: string; readonly perBucket: number; readonly took: number }) {
  const bodies: EventBody[] = [{
    kind: 'run.started', run: 'r', name: 'cart', question: '', file: 'cart.yaml', hash: 'h', seed: 1, versions: {}, plan: {},
    targets: passing.map(({ target, protocol }) => ({ name: target, protocol, upstream: 'x', listen: [] })),
  }]
  const from = 5_000_000
  const noise = (start: number): EventBody[] => passing.map(({ target }) => ({ kind: 'figures', figures: { target, start: ms(start), width: ms(W), inFlight: 1, parts: [part({ command: 'FLUSHALL' }, 50)] } }))
  const during: EventBody[] = []
  for (let n = 0; n < (SECONDS * 1000) / W; n++) {
    const start = ms(from + 1000 + n * W)
    for (const { target, parts, transactions } of passing) during.push({ kind: 'figures', figures: { target, start, width: ms(W), inFlight: 1, parts, ...(transactions ? { transactions: { ended: transactions, rolledBack: 0, length: cellsOf(1) } } : {}) } })
    if (load) {
      const histogram = newHistogram()
      for (let i = 0; i < load.perBucket; i++) recordLatency(histogram, ms(load.took))
      during.push({ kind: 'bucket', bucket: { source: 'load', name: load.name, start, width: ms(W), counts: { ...noCounts(), offered: load.perBucket, ok: load.perBucket }, latency: encodeHistogram(histogram) } })
    }
  }
  const events = journalOf([...bodies, { kind: 'phase', phase: 'warmup' }, ...noise(from), { kind: 'phase', phase: 'baseline' }, ...during, { kind: 'phase', phase: 'method' }, ...noise(from + 20_000), { kind: 'phase', phase: 'end' }], from)
  // Phases are told by the time of their events.
  const times = { warmup: 0, baseline: 1000, method: 1000 + SECONDS * 1000, end: 30_000 }
  return foldRun(events.map((event) => (event.kind === 'phase' && event.phase in times ? { ...event, at: ms(from + times[event.phase as keyof typeof times]) } : event)))
}

const CART = `# Does the cart live?
name: cart
vars: { redis: "redis://127.0.0.1:6379" }
targets:
  # the cache
  cache: { protocol: redis, upstream: "\${vars.redis}" }
  db: { protocol: postgres, upstream: "postgres://shop:hunter22@127.0.0.1:5432/shop", tls: { upstream: require, ca: certs/ca.pem } }
data:
  skus: { uniform: { from: 1, to: 9 } }
load:
  slow: { http: "GET http://127.0.0.1:3000/cart/\${data.skus}", rate: 40/s, timeout: 2s }
steady_state:
  - { signal: slow.success, at_least: 90% }
  - { signal: slow.p95, at_most: 1ms }
method:
  - { step: cut, fault: partition, on: cache, for: 1s }
expect:
  - { signal: slow.success, at_least: 1% }
`

async function planOf(source: string): Promise<Plan> {
  const loaded = await loadExperiment('cart.yaml', { registry, env: {}, vars: {}, seed: 1, cwd: '/nonexistent', source })
  assert.ok('plan' in loaded, JSON.stringify(loaded))
  return loaded.plan
}

async function discovered(source: string, passing: readonly Passing[], load?: Parameters<typeof runOf>[1], hot = 3): Promise<Discovered> {
  const found = discover({ record: runOf(passing, load), plan: await planOf(source), registry, hot, sections: keptSections(source, '/work/cart.yaml', '/work/experiments/discovered') })
  assert.ok(found)
  return found
}

async function reload({ name, text }: Candidate): Promise<Plan> {
  const loaded = await loadExperiment(`${name}.yaml`, { registry, env: {}, vars: {}, seed: 1, cwd: '/nonexistent', source: text })
  assert.ok('plan' in loaded, `${text}\n${JSON.stringify(loaded)}`)
  return loaded.plan
}

const CACHE: Passing = { target: 'cache', protocol: 'redis', parts: [
  part({ command: 'GET', key: 'user:*' }, 20, 1, { hits: 18, misses: 2 }), part({ command: 'SET', key: 'user:*' }, 5, 2), part({ command: 'GET', key: 'rare:*' }, 1, 1, { misses: 1 }),
  part({ command: 'PING' }, 30), part({ command: 'BLPOP', key: 'queue:*' }, 30), part({ command: 'GET', key: 'other' }, 2), part({ command: 'GET', key: '/odd/' }, 6),
] }
const DB: Passing = { target: 'db', protocol: 'postgres', transactions: 4, parts: [
  part({ statement: 'select * from products where id = $1', tag: 'SELECT', table: 'products' }, 10, 3), part({ statement: 'select 1 from products', tag: 'SELECT', table: 'products' }, 2, 3),
  part({ statement: 'insert into orders values ($1)', tag: 'INSERT', table: 'orders' }, 4, 5), part({ statement: 'BEGIN', tag: 'BEGIN' }, 4), part({ statement: 'COMMIT', tag: 'COMMIT' }, 4), part({ statement: '(login)' }, 9),
] }

describe('discover', () => {
  it('writes an experiment for each dependency and hot path, ranked by what each hits, and all of them load', async () => {
    const { candidates } = await discovered(CART, [CACHE, DB], { name: 'slow', perBucket: 10, took: 4 })
    assert.deepEqual(candidates.map(({ name }) => name).sort(), [
      'cache-cut-off', 'cache-down', 'cache-get-rare-slow', 'cache-get-user-slow', 'cache-read-only', 'cache-set-user-slow', 'cache-some-slow', 'cache-user-cold',
      'db-commit-lost', 'db-cut-off', 'db-down', 'db-insert-orders-slow', 'db-orders-conflicts', 'db-select-products-slow', 'db-some-slow',
    ])
    assert.deepEqual(candidates.map(({ rate }) => rate), candidates.map(({ rate }) => rate).sort((a, b) => b - a))
    for (const candidate of candidates) {
      const plan = await reload(candidate)
      assert.equal(plan.name, candidate.name)
      assert.deepEqual(plan.warnings, [], candidate.text)
      assert.match(candidate.text, /^# Made by `brownout discover` from 10s of cart\.yaml, 2026-11-23\./)
      assert.match(candidate.text, /^# Candidate \d+ of 15, by the traffic it hits: /m)
      assert.match(candidate.text, /^# Why [\w.]+: (Whether|What) /m)
    }
  })

  it('means in `where` what was seen, and only what a rule can mean', async () => {
    const { candidates } = await discovered(CART, [CACHE, DB], { name: 'slow', perBucket: 10, took: 4 }, 50)
    const wheres = new Map<string, unknown>()
    for (const candidate of candidates) for (const step of (await reload(candidate)).method) if (step.kind === 'fault') wheres.set(candidate.name, step.rule.where)
    assert.deepEqual(wheres.get('cache-get-user-slow'), { command: 'GET', key: 'user:*' })
    assert.deepEqual(wheres.get('cache-user-cold'), { key: 'user:*' })
    assert.deepEqual(wheres.get('db-select-products-slow'), { tag: 'SELECT', table: 'products' })
    assert.deepEqual(wheres.get('db-orders-conflicts'), { tag: 'INSERT', table: 'orders' })
    assert.equal(wheres.get('cache-cut-off'), undefined)
    assert.ok(![...wheres.keys()].some((name) => /ping|blpop|other|odd|login|flushall/.test(name)), [...wheres.keys()].join(' '))
  })

  it('takes statements of one table and first word together, and shows the commonest of them', async () => {
    const { seen, candidates } = await discovered(CART, [DB])
    const [hottest] = seen.targets[0]?.operations ?? []
    assert.deepEqual([hottest?.words, hottest?.count, hottest?.statement], ['SELECT products', 12 * 40, 'select * from products where id = $1'])
    assert.match(candidates.find(({ name }) => name === 'db-select-products-slow')?.text ?? '', /^# Seen: SELECT products: 48\/s .*\n# Seen: select \* from products where id = \$1$/m)
  })

  it('takes over what the file has, as it is written there, and nothing that it asks or does', async () => {
    const { candidates: [first] } = await discovered(CART, [CACHE], { name: 'slow', perBucket: 10, took: 4 })
    const text = first?.text ?? ''
    assert.match(text, /\n {2}# the cache\n {2}cache: \{ protocol: redis, upstream: "\$\{vars\.redis\}" \}\n/)
    assert.match(text, /ca: \.\.\/\.\.\/certs\/ca\.pem/, 'a path leads to where it led')
    assert.doesNotMatch(text, /Does the cart live|step: cut,/)
    // The password stands where the file needs it, and nowhere that we write of it.
    assert.equal(text.split('hunter22').length, 2)
  })

  it('asks what the file asks, where that held, and says where it did not', async () => {
    const { candidates: [first] } = await discovered(CART, [CACHE], { name: 'slow', perBucket: 10, took: 4 })
    const text = first?.text ?? ''
    assert.match(text, /signal: slow\.success, at_least: 90%/)
    assert.match(text, /# cart\.yaml has signal: slow\.p95, at_most: 1ms: 4(\.\d+)?ms, so that is not asked here/)
    assert.match(text, /signal: slow\.p95, at_most: 50ms/, 'what was seen, with room above it')
  })

  it('gives a step another name where a load has it', async () => {
    const { candidates } = await discovered(CART, [CACHE], { name: 'slow', perBucket: 10, took: 4 })
    assert.match(candidates.find(({ name }) => name === 'cache-get-user-slow')?.text ?? '', /step: slow_fault, fault: redis\.latency/)
  })

  it('judges the target itself where there is no load', async () => {
    const source = CART.replace(/data:[\s\S]*?steady_state/, 'steady_state').replace(/steady_state:[\s\S]*?method:/, 'method:').replace(/expect:[\s\S]*/, '')
    const { candidates } = await discovered(source, [CACHE])
    const plan = await reload(candidates.find(({ name }) => name === 'cache-get-user-slow') ?? assert.fail())
    assert.deepEqual(plan.steadyState.map(({ text }) => text), ['signal: cache.success, at_least: 99%', 'signal: cache.p95, at_most: 50ms'])
    assert.deepEqual(plan.expect.map(({ text }) => text), ['signal: cache.success, during: fault, at_least: 99%', 'recovery: cache.p50, within: 5s'])
  })

  it('makes of HTTP and WebSockets what fits them, and of bytes what can be done to bytes', async () => {
    const source = 'name: web\ntargets:\n  api: { upstream: "http://127.0.0.1:8080" }\n  raw: { upstream: "tcp://127.0.0.1:9000" }\nmethod: []\n'
    const { candidates } = await discovered(source, [
      { target: 'api', protocol: 'http', parts: [part({ method: 'GET', route: '/orders/:id' }, 20), part({ method: 'GET', route: 'other' }, 9), part({ direction: 'to-client', opcode: 'text' }, 12)] },
      { target: 'raw', protocol: 'tcp', parts: [part({}, 3)] },
    ])
    for (const candidate of candidates) await reload(candidate)
    assert.deepEqual(candidates.map(({ name }) => name).sort(), ['api-cut-off', 'api-down', 'api-get-orders-id-slow', 'api-get-orders-id-unavailable', 'api-messages-lost', 'api-restart', 'api-some-slow', 'raw-cut-off', 'raw-down', 'raw-slow'])
    assert.match(candidates.find(({ name }) => name === 'api-get-orders-id-unavailable')?.text ?? '', /fault: http\.status, on: api, where: \{ method: GET, route: \/orders\/:id \}, params: \{ code: 503, retry_after: 1s \}/)
    assert.match(candidates.find(({ name }) => name === 'api-messages-lost')?.text ?? '', /direction: to_client/)
  })

  it('makes nothing of what hardly passed, nor of a fault that this version does not have', async () => {
    const seldom: Passing = { target: 'cache', protocol: 'redis', parts: [] }
    assert.deepEqual((await discovered(CART, [seldom])).candidates, [])
    const few = new Map([...registry].filter(([name]) => name === 'partition'))
    const found = discover({ record: runOf([CACHE]), plan: await planOf(CART), registry: few, hot: 3, sections: [] })
    assert.deepEqual(found?.candidates.map(({ name }) => name), ['cache-cut-off'])
  })

  it('takes of a session without a baseline the time before the first fault', async () => {
    const record = runOf([CACHE])
    const at = (offset: number) => ms(record.from + offset)
    const rule = { rule: 'r', step: 'r', fault: 'partition', target: 'cache', params: {}, armed: at(6000), effect: at(6000), cleared: at(7000), reason: undefined, drained: undefined, matched: 1, altered: 1, examples: [] }
    const found = discover({ record: { ...record, phases: [], rules: [rule] }, plan: await planOf(CART), registry, hot: 3, sections: [] })
    assert.ok(found && found.seen.seconds > 4 && found.seen.seconds <= 6, `${found?.seen.seconds}`)
    assert.ok(found.candidates.length > 0)
  })

  it('takes a file with aliases apart into what they stand for', () => {
    const pairs = keptSections('name: a\nmethod: &m []\nload:\n  one: &one { redis: PING, rate: 1/s }\n  two: *one\n', '/a/x.yaml', '/a')
    assert.deepEqual(pairs.map(({ value }) => JSON.parse(JSON.stringify(value))), [{ one: { redis: 'PING', rate: '1/s' }, two: { redis: 'PING', rate: '1/s' } }])
  })
})

describe('margins', () => {
  it('round up to 1, 2 and 5, and leave three times or 20 ms', () => {
    assert.deepEqual([0.2, 1, 1.1, 4, 5.5, 20, 21, 999].map(roundUp), [1, 1, 2, 5, 10, 20, 50, 1000])
    assert.deepEqual([1, 9, 40, 100].map((seen) => latencyLimit(ms(seen))), [50, 50, 200, 500])
    assert.deepEqual([delayFor(undefined, ms(200), ms(2000)), delayFor(ms(33), ms(200), ms(2000)), delayFor(ms(900), ms(200), ms(2000))], [200, 500, 2000])
  })

  it('of a share allow twice what was lost, and never less than one operation can tell', () => {
    assert.deepEqual([shareLimit(1, 1000), shareLimit(1, 50), shareLimit(0.97, 1000), shareLimit(0.7, 1000), shareLimit(1, 1)], [0.99, 0.98, 0.9, undefined, undefined])
  })

  it('name experiments as they may be named', () => {
    assert.equal(slug('cache GET brownout_shop:product:*'), 'cache-get-brownout-shop-product')
    assert.match(slug(`x${'-:'.repeat(100)}y`.repeat(9)), /^[a-z0-9][a-z0-9-]{0,55}$/)
    assert.deepEqual(distinct(['a', 'b', 'a', 'a']), ['a', 'b', 'a-2', 'a-3'])
  })
})
