import assert from 'node:assert/strict'
import { ERRORS } from '../../src/core/errors.ts'
import { Problems } from '../../src/experiment/problem.ts'
import { Places } from '../../src/experiment/tree.ts'
import { parseYaml } from '../../src/experiment/yaml.ts'
import { loadText, problemsOf } from './fake-faults.ts'

const parse = (text: string) => {
  const problems = new Problems()
  return { tree: parseYaml(text, 'x.yaml', new Places(), problems), problems: problems.sorted() }
}

describe('a file that would hurt', () => {
  const refusedAt = (text: string): string => parse(text).problems.map(({ code, place, message }) => `${code} ${place.line}:${place.column} ${message}`).join('\n')

  it('is refused when larger than 256 KiB', async () => {
    const [problem] = await problemsOf(`name: x\n# ${'x'.repeat(256 * 1024)}`)
    assert.equal(problem?.code, 'YAML_LIMIT')
    assert.match(problem?.message ?? '', /larger than 256 KiB/)
  })

  it('is refused when nested more than 32 deep, before anything recurses', () => {
    assert.equal(refusedAt(`a: ${'['.repeat(20_000)}`), 'YAML_LIMIT 1:35 nested more than 32 deep')
    for (const text of ['- '.repeat(5000), '? '.repeat(5000), '{ a: '.repeat(5000), Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')]) {
      assert.match(refusedAt(text), /^YAML_LIMIT .* nested more than 32 deep$/)
    }
  })

  it('is let through at a depth of 32', () => {
    assert.deepEqual(parse(`${'['.repeat(32)}${']'.repeat(32)}`).problems, [])
    assert.match(refusedAt(`${'['.repeat(33)}${']'.repeat(33)}`), /YAML_LIMIT/)
  })

  it('is refused for more than 50 aliases, and not for 50', () => {
    const aliases = (count: number) => `a: &a x\nb: [${Array.from({ length: count }, () => '*a').join(', ')}]`
    assert.deepEqual(parse(aliases(50)).problems, [])
    assert.match(refusedAt(aliases(51)), /^YAML_LIMIT 2:\d+ more than 50 aliases$/)
  })

  it('is refused when its aliases multiply, whatever they are few', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...'bcdef'.split('').map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcde'[i]}`).join(', ')}]`)].join('\n')
    assert.match(refusedAt(bomb), /YAML_LIMIT 5:\d+ more than 20000 values once its aliases are followed/)
  })

  it('is refused when aliases nest what is not nested as it is written', () => {
    const deep = Array.from({ length: 40 }, (_, i) => (i === 0 ? 'k0: &k0 []' : `k${i}: &k${i} [*k${i - 1}]`)).join('\n')
    assert.match(refusedAt(deep), /YAML_LIMIT .* nested more than 32 deep/)
  })

  it('is refused for more parts than an experiment can have, without a slow search for keys that are there twice', () => {
    const from = performance.now()
    assert.match(refusedAt(`{${'a,'.repeat(120_000)}}`), /YAML_LIMIT/)
    assert.match(refusedAt(Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`).join('\n')), /^$/)
    assert.ok(performance.now() - from < 3000)
  })

  it('is answered soon, however much is wrong in it', async () => {
    const many = Array.from({ length: 9000 }, (_, i) => `targts_${i}: 1`).join('\n')
    const files = [many, `name: x\n${'y'.repeat(250_000)}: 1`, `name: x\ntargets:\n${many.replaceAll('targts', '  _')}`, `name: ${'${'.repeat(100_000)}`, `name: x\nvars:\n${many.replaceAll('targts', '  v')}\nquestion: "${'${vars.v_1}'.repeat(10_000)}"`]
    for (const file of files) {
      const from = process.cpuUsage()
      const problems = await problemsOf(file)
      const { user, system } = process.cpuUsage(from)
      assert.ok(problems.every(({ message, hint }) => message.length <= 400 && hint.length <= 1000))
      assert.ok((user + system) / 1000 < 2000, `${file.slice(0, 40)}: ${(user + system) / 1000} ms`)
    }
  })

  it('an asterisk in text is no alias', () => {
    assert.deepEqual(parse(`a: "${'* '.repeat(100)}"\nb: |\n${'  *x\n'.repeat(100)}`).problems, [])
  })
})

describe('a hostile file', () => {
  it('changes no prototype, whatever it is called: 100 of them', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort()
    const keys = ['__proto__', 'constructor', 'prototype', '"__proto__"', '? __proto__\n', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'then']
    const shapes = [
      (key: string) => `${key}: { polluted: 1 }`, (key: string) => `name: x\nvars: { ${key}: { polluted: 1 } }`, (key: string) => `name: x\nvars: { ${key}: polluted }`,
      (key: string) => `name: x\ntargets: { ${key}: { upstream: "redis://h" } }`, (key: string) => `name: x\ntargets:\n  c: { upstream: "redis://h", ${key}: { polluted: 1 } }`,
      (key: string) => `name: x\nload: { a: { http: "GET http://h/", rate: 1/s, json: { ${key}: { polluted: 1 } } } }`, (key: string) => `name: x\nload: { a: { http: "GET http://h/", rate: 1/s, headers: { ${key}: polluted } } }`,
      (key: string) => `name: x\nmethod: [{ step: a, fault: latency, on: c, params: { ${key}: { polluted: 1 } } }]`, (key: string) => `name: x\nmethod: [{ step: a, fault: ${key}, on: ${key}, after: ${key} }]`,
      (key: string) => `name: x\nexpect: [{ signal: ${key}.${key}, at_most: 1 }]`,
    ]
    for (const key of keys) for (const shape of shapes) await loadText(shape(key))
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), before)
  })

  it('does not find what every object has: a fault, target or metric called toString is unknown', async () => {
    const problems = await problemsOf('name: x\ntargets: { c: { upstream: "redis://h" } }\nmethod:\n  - { step: a, fault: toString, on: valueOf }\n  - { step: b, fault: latency, on: c, params: { delay: 1s, toString: 1 } }\nexpect: [{ signal: c.toString, at_most: 1 }, { signal: hasOwnProperty.p95, at_most: 1s }]')
    assert.deepEqual(problems.map(({ code }) => code), ['FAULT_UNKNOWN', 'TARGET_UNKNOWN', 'PARAM_UNKNOWN', 'SIGNAL_UNKNOWN', 'SIGNAL_UNKNOWN'])
  })
})

const SEED_TEXT = `name: fuzz
question: Does it stand?
vars: { redis: "\${REDIS_URL:-redis://:pw@127.0.0.1:6379/2}" }
targets:
  cache: { protocol: redis, upstream: "\${vars.redis}", tls: { client: terminate } }
  db: { upstream: "postgres://u:p@[::1]:5432/db?x=1", listen: 127.0.0.1:0, dial_timeout: 5s }
apps: { a: { command: [node, x.js], env: &env { U: "\${targets.cache.url}", P: "\${app.port}" }, ready: { tcp: "127.0.0.1:\${apps.a.port}", within: 5s } }, b: { command: [b], env: *env } }
load:
  shop: { http: "POST http://127.0.0.1:1/x", headers: { a: b }, json: { a: [1, 2.5, null, true] }, rate: 100/s, ok: "2xx,404" }
  keys: { redis: [SET, "k:{n}", v], url: "\${targets.cache.url}", rate: 5/s }
probes: { p: { postgres: "select 1", url: "\${targets.db.url}", every: 1s }, q: { command: [sh, -c, "exit 0"], at: end } }
windows: { warmup: 1s, baseline: 10s, bucket: 100ms }
steady_state: [{ signal: shop.p95, at_most: 100ms }]
abort: [{ signal: shop.success, below: 20%, for: 5s }]
method:
  - { step: cut, fault: partition, on: cache, for: 10s, where: { from: a } }
  - step: slow
    at: 2s
    fault: latency
    on: db
    params: { delay: { from: 0ms, to: 500ms, over: 5s } }
    chance: { from: 0%, to: 50%, over: 1s }
    sequence: { fail: 2, pass: 8 }
  - { step: roll, after: cut, scenario: rolling_partition, on: [cache, db], params: { each: 1s } }
  - { step: real, after: roll, run: [a], undo: [b] }
  - { step: again, after: real, every: 5s, until: 15s, fault: partition, on: cache, for: 1s }
expect:
  - { signal: shop.success, during: cut, at_least: 90% }
  - { recovery: shop.p95, within: 5s, step: roll-db }
  - { retries: cache, at_most: 3x }
`

/** A small generator with a known seed: a failure can be had again by its number. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const SCRAPS = ['{', '}', '[', ']', ':', ': ', ',', '\n', '\n  ', '- ', '"', "'", '*a', '&a ', '*env', '#', ' #', '!!', '|', '>', '%', '@', '`', '\t', '\0', '\ud800', '1e309', '.nan', '-1', '08006', '5s', '99%', '3x', 'null', '~', 'true', '<<: ', '__proto__: ', '${', '${X}', '$${', '${vars.redis}', '${targets.db.url}', '---\n', '...\n', '\ufeff', '?', '? ', 'é', '💥']

function mutated(seed: number): string {
  const roll = dice(seed)
  let text = SEED_TEXT
  for (let change = 0; change <= roll(6); change++) {
    const at = roll(text.length)
    const length = roll(roll(4) === 0 ? 200 : 8)
    const scrap = SCRAPS[roll(SCRAPS.length)] ?? ''
    switch (roll(5)) {
      case 0: text = text.slice(0, at) + text.slice(at + length); break
      case 1: text = text.slice(0, at) + scrap + text.slice(at); break
      case 2: text = text.slice(0, at) + scrap + text.slice(at + length); break
      case 3: text = text.slice(0, at) + text.slice(at, at + length).repeat(1 + roll(3)) + text.slice(at); break
      default: { const from = roll(text.length); text = text.slice(0, at) + text.slice(from, from + length) + text.slice(at) }
    }
  }
  return text
}

describe('any file at all', () => {
  const runs = process.env['TEST_ALL'] ? 10_000 : 1000
  it(`gives a plan or typed problems in time: ${runs} mutated ones`, async function () {
    this.timeout(runs * 60 + 20_000)
    const unchanged = await loadText(SEED_TEXT)
    assert.ok('plan' in unchanged, 'the unchanged one loads')
    let [slow, plans] = [0, 0]
    for (let seed = 1; seed <= runs; seed++) {
      const text = mutated(seed)
      const from = process.cpuUsage()
      const loaded = await loadText(text).catch((error: unknown) => assert.fail(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`))
      const { user, system } = process.cpuUsage(from)
      if (user + system > 50_000) slow++
      if ('plan' in loaded) plans++
      else {
        assert.ok(loaded.problems.some(({ severity }) => severity === 'error'), `seed ${seed}`)
        for (const { code, place, message, hint } of loaded.problems) assert.ok(code in ERRORS && place.line >= 1 && place.column >= 1 && message !== '' && hint !== '', `seed ${seed}`)
      }
    }
    assert.ok(plans > 0 && plans < runs, 'some load, some do not')
    // Processor time: what else the machine does at the moment says nothing of a file. A collection of garbage may fall into any one.
    assert.ok(slow <= runs / 200, `${slow} of ${runs} took more than 50 ms`)
  })
})
