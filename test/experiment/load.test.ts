import assert from 'node:assert/strict'
import { ROOT } from '../support/paths.ts'
import { planOf } from './fake-faults.ts'

const WHOLE = `
name: checkout-redis-partition
question: Does checkout keep selling?
tags: [redis]
seed: 42
vars: { redis: "\${REDIS_URL:-redis://127.0.0.1:6379/2}" }
targets:
  cache: { protocol: redis, upstream: "\${vars.redis}" }
  db: { upstream: "postgres://shop@db.internal/shop?application_name=x" }
app:
  command: [node, server.js]
  env: { REDIS_URL: "\${targets.cache.url}", PORT: "\${app.port}", WORKERS: 2 }
  ready: { http: "http://127.0.0.1:\${app.port}/healthz", within: 20s }
load:
  checkout:
    http: POST http://127.0.0.1:\${app.port}/checkout
    json: { sku: a, qty: 1 }
    rate: 100/s
    timeout: 2s
  keys: { redis: "GET product:{n}", url: "\${targets.cache.url}", rate: 50/s }
probes:
  charged_twice: { postgres: "select 1", url: "\${targets.db.url}", at: end }
windows: { warmup: 1s, baseline: 10s, recovery: 20s, bucket: 100ms, hold: 2s, min_samples: 100 }
steady_state:
  - { signal: checkout.p95, at_most: 100ms }
  - { signal: checkout.success, at_least: 99.9% }
abort:
  - { signal: checkout.success, below: 20%, for: 5s }
method:
  - { step: cut, fault: partition, on: cache, for: 10s }
  - step: slow
    at: 2s
    fault: latency
    on: db
    params: { delay: { from: 0ms, to: 500ms, over: 5s } }
    where: { client: 10.0.0.0/8 }
    direction: to_client
    chance: 20%
    scope: connection
    skip: 3
    times: 40
    sequence: { fail: 2, pass: 8 }
    for: 4s
  - { step: again, after: cut, at: 1s, every: 5s, until: 15s, fault: partition, on: cache, for: 1s }
  - { step: real, after: again, run: [docker, stop, pg], undo: [docker, start, pg], timeout: 20s, for: 3s }
  - { step: person, after: real, pause: look at the dashboard }
expect:
  - { signal: checkout.success, during: cut, at_least: 90% }
  - { recovery: checkout.p95, within: 5s, step: cut }
  - { retries: cache, at_most: 3x }
  - { depth: checkout.success, at_most: 30% }
  - { signal: charged_twice.value, equals: 0 }
repeat: 2
`

const LOADS = `
name: loads
targets: { api: { upstream: "http://127.0.0.1:1" } }
load:
  buy:
    journey:
      - { http: "POST \${targets.api.url}carts?n={n}", json: { sku: "$\${x}" }, capture: { cart: "json:id", next: "header:location" }, headers: { X-A: 1 } }
      - { think: 200ms }
      - { step: look, http: "http://\${targets.api.host}:\${targets.api.port}\${capture.next}&a=\${capture.cart}", ok: "200, 404" }
      - { http: "PUT http://h/carts/\${capture.cart}/\${app.port}", json: ["\${capture.cart}", { "\${capture.cart}": "a \${capture.cart} \\"b\\"" }, 1] }
    rate: 10/s
    ok: 2xx,3xx
    keep_alive: false
  viewers: { websocket: "ws://127.0.0.1:1/?n={n}", connections: 1000, open: hello, resume: "from {last_id}", id: "/seq=(.*)/" }
  chat: { websocket: "\${targets.api.url}", connections: 50, over: 1s, rate: 2/s, timeout: 1s, reconnect: false, compression: true, headers: { Cookie: a=1 } }
app: { command: [x] }
`

describe('loads of several requests and of connections', () => {
  it('become a plan in which texts are cut where captured values stand', async () => {
    const text = LOADS.replace('websocket: "${targets.api.url}"', 'websocket: "ws://${targets.api.host}:${targets.api.port}"')
    const { loads, warnings } = await planOf(text)
    const cart = (as: string) => ({ capture: 'cart', as })
    assert.deepEqual(loads[0], {
      name: 'buy', rate: 10, timeout: 5000, ok: '2xx,3xx', inFlightMax: 104, connections: 10,
      send: { kind: 'journey', keepAlive: false, steps: [
        { kind: 'request', name: 'step 1', method: 'POST', url: ['${targets.api.url}carts?n={n}'], headers: { 'content-type': ['application/json'], 'x-a': ['1'] }, body: ['{"sku":"$${x}"}'], ok: '2xx,3xx', capture: { cart: 'json:id', next: 'header:location' } },
        { kind: 'think', length: 200 },
        { kind: 'request', name: 'look', method: 'GET', url: ['http://${targets.api.host}:${targets.api.port}', { capture: 'next', as: 'path' }, '&a=', cart('part')], headers: {}, ok: '200,404', capture: {} },
        { kind: 'request', name: 'step 4', method: 'PUT', url: ['http://h/carts/', cart('part'), '/${app.port}'], headers: { 'content-type': ['application/json'] },
          body: ['[', cart('json'), ',{"', cart('string'), '":"a ', cart('string'), ' \\"b\\""},1]'], ok: '2xx,3xx', capture: {} },
      ] },
    })
    assert.deepEqual(loads.slice(1), [
      { name: 'viewers', rate: 0, timeout: 5000, ok: '2xx', inFlightMax: 100, connections: 1000,
        send: { kind: 'websocket', url: 'ws://127.0.0.1:1/?n={n}', headers: {}, over: 5000, expect: 'messages', send: '{id}', compression: false, open: 'hello', resume: 'from {last_id}', id: '/seq=(.*)/', reconnect: { backoff: 500, max: 10_000 } } },
      { name: 'chat', rate: 100, timeout: 1000, ok: '2xx', inFlightMax: 200, connections: 50,
        send: { kind: 'websocket', url: 'ws://${targets.api.host}:${targets.api.port}', headers: { cookie: 'a=1' }, over: 1000, expect: 'echo', send: '{id}', compression: true } },
    ])
    const ramps = (all: typeof warnings): string[] => all.filter(({ message }) => message.includes('viewers')).map(({ code, message }) => `${code} ${message}`)
    // Where nothing is injected there is no baseline that must be like what comes after.
    assert.deepEqual(ramps(warnings), [])
    const injected = await planOf(`${text}method: [{ step: cut, fault: partition, on: api, for: 1s }]\n`)
    assert.deepEqual(ramps(injected.warnings), ['RAMP_LONG the connections of viewers are made over 5s, and warmup lasts 3s'])
  })
})

describe('an experiment that is right', () => {
  it('becomes a plan in base units with nothing left to resolve but addresses that are not known yet', async () => {
    const plan = await planOf(WHOLE)
    assert.deepEqual([plan.name, plan.seed, plan.repeat, plan.corruption, plan.tags], ['checkout-redis-partition', 42, 2, false, ['redis']])
    assert.deepEqual(plan.windows, { warmup: 1000, baseline: 10_000, recovery: 20_000, bucket: 100, hold: 2000, minSamples: 100 })
    assert.deepEqual(plan.targets[0]?.spec, {
      name: 'cache', protocol: 'redis', upstream: { host: '127.0.0.1', port: 6379 }, listen: [{ address: { host: '127.0.0.1', port: 0 } }],
      tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: 10_000,
    })
    assert.deepEqual([plan.targets[1]?.spec.protocol, plan.targets[1]?.spec.upstream], ['postgres', { host: 'db.internal', port: 5432 }])
    assert.deepEqual(plan.apps.map(({ name, env, ready }) => ({ name, env, ready })), [{
      name: '', env: { REDIS_URL: `\${targets.cache.url}`, PORT: `\${app.port}`, WORKERS: '2' },
      ready: { http: `http://127.0.0.1:\${app.port}/healthz`, tcp: undefined, within: 20_000 },
    }])
    assert.deepEqual(plan.loads, [
      { name: 'checkout', rate: 100, timeout: 2000, ok: '2xx', inFlightMax: 400, connections: 10,
        send: { kind: 'http', method: 'POST', url: `http://127.0.0.1:\${app.port}/checkout`, headers: { 'content-type': 'application/json' }, body: '{"sku":"a","qty":1}' } },
      { name: 'keys', rate: 50, timeout: 5000, ok: '2xx', inFlightMax: 500, connections: 10, send: { kind: 'redis', url: `\${targets.cache.url}`, command: ['GET', 'product:{n}'] } },
    ])
    assert.deepEqual(plan.probes, [{ name: 'charged_twice', check: { kind: 'postgres', url: `\${targets.db.url}`, sql: 'select 1' }, when: { at: 'end' }, timeout: 5000 }])
  })

  it('gives every step its rule, start and place', async () => {
    const { method } = await planOf(WHOLE)
    assert.deepEqual(method[1], {
      step: 'slow', start: { at: 2000, after: undefined, every: undefined, until: undefined }, place: { file: 'x.yaml', line: 31, column: 5 }, kind: 'fault',
      rule: {
        id: 'slow', fault: 'latency', params: { delay: { from: 0, to: 500, over: 5000 }, jitter: 0 }, on: 'db', where: { client: '10.0.0.0/8' }, direction: 'to-client',
        chance: 0.2, scope: 'connection', skip: 3, times: 40, sequence: { fail: 2, pass: 8 }, for: 4000,
      },
    })
    assert.deepEqual(method[2]?.start, { at: 1000, after: 'cut', every: 5000, until: 15_000 })
    assert.deepEqual(method.slice(3).map(({ kind, ...rest }) => [kind, 'run' in rest ? [rest.run, rest.undo, rest.timeout, rest.for] : 'text' in rest ? rest.text : '']), [
      ['action', [['docker', 'stop', 'pg'], ['docker', 'start', 'pg'], 20_000, 3000]], ['pause', 'look at the dashboard'],
    ])
  })

  it('keeps limits exact: 99.9% is 0.999, so a share that is met exactly is met', async () => {
    const { steadyState, abort, expect } = await planOf(WHOLE)
    assert.deepEqual(steadyState.map(({ limit }) => limit), [{ value: 100, unit: 'ms', text: '100ms' }, { value: 0.999, unit: 'ratio', text: '99.9%' }])
    assert.deepEqual([abort[0]?.comparison, abort[0]?.for, abort[0]?.limit.value], ['below', 5000, 0.2])
    assert.deepEqual(expect.map((one) => [one.kind === 'timing' ? one.figure : one.during, one.limit.value, one.limit.unit, one.text]), [
      ['cut', 0.9, 'ratio', 'signal: checkout.success, during: cut, at_least: 90%'],
      ['recovery', 5000, 'ms', 'recovery: checkout.p95, within: 5s, step: cut'],
      ['retries', 3, 'x', 'retries: cache, at_most: 3x'],
      ['depth', 0.3, 'ratio', 'depth: checkout.success, at_most: 30%'],
      ['fault', 0, 'number', 'signal: charged_twice.value, equals: 0'],
    ])
  })

  it('hashes what it was read from: another text is another hash, the same text the same', async () => {
    const [one, two, other] = await Promise.all([planOf(WHOLE), planOf(WHOLE), planOf(`${WHOLE}\n# said`)])
    assert.equal(one.hash, two.hash)
    assert.notEqual(one.hash, other.hash)
    assert.match(one.hash, /^[0-9a-f]{64}$/)
  })

  it('lets flags beat the file: seed and variables', async () => {
    const plan = await planOf(WHOLE, { seed: 7, vars: { redis: 'redis://elsewhere:1' }, env: { REDIS_URL: 'redis://env:2' } })
    assert.equal(plan.seed, 7)
    assert.deepEqual(plan.targets[0]?.spec.upstream, { host: 'elsewhere', port: 1 })
  })

  it('takes a variable from the environment before its default, and the default for an empty one', async () => {
    const upstream = async (env: NodeJS.ProcessEnv) => (await planOf(WHOLE, { env })).targets[0]?.spec.upstream
    assert.deepEqual(await upstream({ REDIS_URL: 'redis://env:2' }), { host: 'env', port: 2 })
    assert.deepEqual(await upstream({ REDIS_URL: '' }), { host: '127.0.0.1', port: 6379 })
  })

  it('gives each of several apps a listener of its own beside the common one', async () => {
    const plan = await planOf(`
name: two
targets: { cache: { upstream: "redis://127.0.0.1" } }
apps:
  a: { command: [a], env: { PORT: "\${app.port}", URL: "\${targets.cache.url}" } }
  b: { command: [b, "\${apps.a.port}"] }
method:
  - { step: cut, fault: partition, on: cache, where: { from: b } }
expect: [{ signal: b.cpu, at_most: 50% }]
`)
    assert.deepEqual(plan.targets[0]?.spec.listen.map(({ from }) => from), [undefined, 'a', 'b'])
    assert.deepEqual(plan.apps.map(({ name, command, env }) => [name, command, env['PORT']]), [['a', ['a'], `\${apps.a.port}`], ['b', ['b', `\${apps.a.port}`], undefined]])
  })

  it('narrows signals of targets, and says so in their words', async () => {
    const { steadyState, abort, expect } = await planOf(`
name: narrow
targets: { cache: { upstream: "redis://127.0.0.1" }, db: { upstream: "postgres://127.0.0.1/shop" } }
steady_state: [{ signal: cache.hit_ratio, at_least: 80%, where: { key: "user:*" } }]
abort: [{ signal: db.success, below: 20%, where: { tag: INSERT } }]
expect:
  - { signal: db.p95, at_most: 50ms, where: { table: orders, tag: INSERT } }
  - { recovery: cache.p95, within: 5s, where: { command: GET } }
  - { signal: db.rollback_ratio, at_most: 1% }
`)
    assert.deepEqual([steadyState[0]?.signal, abort[0]?.signal], [{ name: 'cache', metric: 'hit_ratio', where: { key: 'user:*' } }, { name: 'db', metric: 'success', where: { tag: 'INSERT' } }])
    assert.deepEqual(expect.map((one) => (one.kind === 'signal' ? one.signal : one.of)), [{ name: 'db', metric: 'p95', where: { table: 'orders', tag: 'INSERT' } }, { name: 'cache', metric: 'p95', where: { command: 'GET' } }, { name: 'db', metric: 'rollback_ratio' }])
    assert.equal(expect[0]?.text, 'signal: db.p95, at_most: 50ms, where: { table: orders, tag: INSERT }')
  })

  it('narrows signals of HTTP and WebSockets by route, method, direction and opcode', async () => {
    const { targets, steadyState } = await planOf(`
name: web
targets: { payment: { upstream: "http://127.0.0.1", routes: [/charges/:id] }, feed: { upstream: "ws://127.0.0.1" } }
steady_state:
  - { signal: payment.p95, at_most: 100ms, where: { route: /charges, method: POST } }
  - { signal: payment.first_byte_p95, at_most: 100ms, where: { route: "/charges/:id" } }
  - { signal: payment.bytes_to_client, at_most: 1MB, where: { route: "/v1/*" } }
  - { signal: feed.ping_p99, at_most: 50ms, where: { direction: to-server, opcode: ping } }
  - { signal: feed.setup_p95, at_most: 50ms }
  - { signal: feed.delivered, at_least: 99.9% }
`)
    assert.deepEqual(targets.map(({ spec }) => spec.routes), [['/charges/:id'], undefined])
    assert.deepEqual(steadyState.map(({ signal: { metric, where }, limit: { value, unit } }) => [metric, where, value, unit]), [
      ['p95', { route: '/charges', method: 'POST' }, 100, 'ms'], ['first_byte_p95', { route: '/charges/:id' }, 100, 'ms'], ['bytes_to_client', { route: '/v1/*' }, 1_000_000, 'number'],
      ['ping_p99', { direction: 'to-server', opcode: 'ping' }, 50, 'ms'], ['setup_p95', undefined, 50, 'ms'], ['delivered', undefined, 0.999, 'ratio'],
    ])
  })

  it('marks a target as several servers where it is asked to, and the cluster of the sample stack by itself', async () => {
    const clusters = async (target: string): Promise<unknown> => (await planOf(`name: x\ntargets: { cache: { ${target} } }`)).targets.map(({ spec, demo }) => [spec.cluster, demo])
    assert.deepEqual(await clusters('upstream: "redis://h", cluster: true'), [[true, undefined]])
    assert.deepEqual(await clusters('upstream: "rediss://h", cluster: true'), [[true, undefined]])
    assert.deepEqual(await clusters('upstream: "redis://h", cluster: false'), [[undefined, undefined]])
    assert.deepEqual(await clusters('upstream: "demo:redis-cluster"'), [[true, 'redis-cluster']])
    assert.deepEqual(await clusters('upstream: "demo:redis-cluster", cluster: false'), [[undefined, 'redis-cluster']])
    assert.deepEqual(await clusters('upstream: "demo:redis-cluster-replicas"'), [[true, 'redis-cluster-replicas']])
  })

  it('links an upstream of the sample stack as a placeholder, and ${package} to where package.json lies', async () => {
    const plan = await planOf('name: demo\ntargets: { db: { upstream: "demo:postgres" } }\napp: { command: [node, "${package}/x.js"] }')
    assert.deepEqual([plan.targets[0]?.demo, plan.targets[0]?.spec.protocol], ['postgres', 'postgres'])
    assert.deepEqual(plan.apps[0]?.command, ['node', `${ROOT.replace(/\/$/, '')}/x.js`])
  })
})

describe('a replica of the sample stack', () => {
  it('is a target beside its primary, and the stream between them one of plain bytes', async () => {
    const { targets } = await planOf('name: x\ntargets: { stream: { upstream: "demo:postgres-replication" }, replica: { upstream: "demo:postgres-replica" }, db: { upstream: "demo:postgres" } }')
    assert.deepEqual(targets.map(({ demo, spec }) => [demo, spec.protocol]), [['postgres-replication', 'tcp'], ['postgres-replica', 'postgres'], ['postgres', 'postgres']])
  })
})

describe('the commands of a step', () => {
  it('are told where the proxies listen, in a `run` and an `undo`', async () => {
    const { method } = await planOf('name: x\ntargets: { cache: { upstream: "tcp://h:1" } }\nmethod: [{ step: a, run: [echo, "${targets.cache.url}", "$${HOME}"], undo: [echo, "${targets.cache.port}"] }]')
    assert.deepEqual(method.map((step) => (step.kind === 'action' ? [step.run, step.undo] : [])), [[['echo', '${targets.cache.url}', '$${HOME}'], ['echo', '${targets.cache.port}']]])
  })
})

describe('a step without `for`', () => {
  const lengths = async (steps: string): Promise<readonly (number | undefined)[]> => {
    const { method } = await planOf(`name: x\ntargets: { cache: { upstream: "tcp://h:1" } }\nmethod:\n${steps}`)
    return method.map((step) => (step.kind === 'fault' ? step.rule.for : step.kind === 'action' ? step.for : 0))
  }

  it('lasts to the end of the method', async () => {
    assert.deepEqual(await lengths('  - { step: a, fault: partition, on: cache, for: 20s }\n  - { step: b, at: 5s, fault: partition, on: cache }'), [20_000, 15_000])
  })

  it('lasts 60 s at the most, and 60 s where nothing else says when the method ends', async () => {
    assert.deepEqual(await lengths('  - { step: a, fault: partition, on: cache, for: 10m }\n  - { step: b, fault: partition, on: cache }'), [600_000, 60_000])
    assert.deepEqual(await lengths('  - { step: a, fault: partition, on: cache }'), [60_000])
  })

  it('counts what comes after other steps, and their repetitions', async () => {
    assert.deepEqual(await lengths(`
  - { step: a, fault: partition, on: cache, for: 1s, every: 4s, until: 10s }
  - { step: b, after: a, at: 1s, fault: partition, on: cache, for: 2s }
  - { step: c, fault: latency, on: cache, params: { delay: 1s } }`), [1000, 2000, 12_000])
  })
})

describe('a scenario', () => {
  const roll = (rest = '') => planOf(`
name: roll
targets: { cache: { upstream: "tcp://h:1" }, db: { upstream: "tcp://h:2" } }
method:
  - { step: roll, at: 1s, scenario: rolling_partition, on: [cache, db], params: { each: 3s, gap: 2s } }
${rest}`)

  it('rolling_partition cuts its targets off in turn, never two at once', async () => {
    const { method } = await roll()
    assert.deepEqual(method.map((step) => [step.step, step.start.at, step.kind === 'fault' && [step.rule.fault, step.rule.on, step.rule.for, step.rule.params]]), [
      ['roll-cache', 1000, ['partition', 'cache', 3000, { how: 'stall' }]],
      ['roll-db', 6000, ['partition', 'db', 3000, { how: 'stall' }]],
    ])
  })

  it('is waited for as a whole', async () => {
    const { method } = await roll('  - { step: then, after: roll, fault: partition, on: cache, for: 1s }')
    assert.equal(method[2]?.start.after, 'roll-db')
  })
})
