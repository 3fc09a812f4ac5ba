import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { registry } from '../../faults/index.ts'
import { METRICS } from '../../src/experiment/signals.ts'
import { formatProblem } from '../../src/experiment/problem.ts'
import { EXPERIMENT_KEYS } from '../../src/experiment/schema.ts'
import { scenarios } from '../../src/experiment/scenarios.ts'
import { ROOT } from '../support/paths.ts'
import { loadText } from './fake-faults.ts'

const page = await readFile(join(ROOT, 'docs/experiments.md'), 'utf8')
const load = await readFile(join(ROOT, 'docs/load.md'), 'utf8')
const env = { DATABASE_URL: 'postgres://shop:pw@db/shop' }
/** What a piece of a file needs around it. */
const REST = {
  name: 'x',
  targets: { cache: { upstream: 'redis://h' }, db: { upstream: 'postgres://h' } },
  load: { checkout: { http: 'GET http://127.0.0.1:1/', rate: '1000/s' } },
}

describe('docs/load.md', () => {
  const tools = mkdtempSync(join(tmpdir(), 'brownout-tools-'))
  for (const name of ['locust', 'k6', 'artillery', 'my-load']) writeFileSync(join(tools, name), '', { mode: 0o755 })
  after(() => rmSync(tools, { recursive: true, force: true }))
  const files = { 'locustfile.py': '', 'script.js': '', 'story.yml': '', 'products.csv': 'sku,name\n1,shoe\n' }

  for (const [index, example] of [...load.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text ?? '').entries()) {
    it(`example ${index + 1} loads: ${example.split('\n').slice(0, 2).join(' ')}`, async () => {
      const own: unknown = parse(example.replace('./my-load', 'my-load'))
      assert.ok(typeof own === 'object' && own !== null)
      const loaded = await loadText(stringify({ name: 'x', targets: { web: { upstream: 'http://h' }, cache: { upstream: 'redis://h' }, db: { upstream: 'postgres://h' } }, ...own }), { registry, env: { PATH: tools }, files })
      assert.ok('plan' in loaded, 'problems' in loaded ? loaded.problems.map(formatProblem).join('\n') : '')
    })
  }
})

describe('docs/experiments.md', () => {
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text ?? '')

  for (const [index, example] of examples.entries()) {
    it(`example ${index + 1} loads: ${example.split('\n')[0]}`, async () => {
      const own: unknown = parse(example)
      assert.ok(typeof own === 'object' && own !== null)
      const loaded = await loadText('name' in own ? example : stringify({ ...REST, ...own }), { registry, env })
      assert.ok('plan' in loaded, 'problems' in loaded ? loaded.problems.map(formatProblem).join('\n') : '')
    })
  }

  it('names every key of a file, every metric and every scenario', () => {
    assert.ok(examples.length >= 10)
    const wanted = [...EXPERIMENT_KEYS, ...Object.values(METRICS).flat(), ...scenarios.keys()]
    assert.deepEqual(wanted.filter((word) => !new RegExp(`\\b${word}\\b`).test(page)), [])
  })
})

describe('a scenario', () => {
  for (const [name, { example, summary, params }] of scenarios) {
    it(`${name} has a summary, documented parameters and an example that loads`, async () => {
      assert.match(summary, /^[A-Z].*\.$/)
      for (const { doc } of Object.values<{ readonly doc: string }>(params)) assert.match(doc, /\.$/)
      const loaded = await loadText(stringify({ ...REST, method: [parse(example)] }), { registry, env })
      assert.ok('plan' in loaded && loaded.plan.method.length > 1)
    })
  }
})
