// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summarise } from '../../src/experiment/summary.ts'
import { planOf, problemsOf } from './fake-faults.ts'

const FILE = `name: x
targets: { api: { upstream: "http://h" } }
load:
  a: { locust: l.py, users: 20, spawn_rate: 5, workers: 2, host: "\${targets.api.url}", args: [--tags, buy] }
  b: { k6: s.js, env: { BASE: "\${targets.api.url}" } }
  c: { artillery: t.yml, host: "\${targets.api.url}", ok: "2xx,404" }
  d: { command: [gen, --fast] }
  e: { command: [gen, "{n}"], rate: 5/s }
`

describe('loads that programs of others make', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'brownout-path-'))
    for (const name of ['locust', 'k6', 'artillery', 'gen']) {
      writeFileSync(join(folder, name), '#!/bin/sh\n')
      chmodSync(join(folder, name), 0o755)
    }
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const given = () => ({ env: { PATH: folder }, files: { 'l.py': '', 's.js': '', 't.yml': '' } })

  it('are linked where the programs and their scripts are there', async () => {
    const plan = await planOf(FILE, given())
    assert.deepEqual(plan.loads.map(({ name, send, rate }) => [name, send.kind, rate]), [['a', 'driven', 0], ['b', 'driven', 0], ['c', 'driven', 0], ['d', 'driven', 0], ['e', 'program', 5]])
    const [a, b, c, d] = plan.loads.map(({ send }) => (send.kind === 'driven' ? send : undefined))
    assert.match(a?.file ?? '', /\/l\.py$/)
    assert.deepEqual([a?.users, a?.spawnRate, a?.workers, a?.args, a?.host], [20, 5, 2, ['--tags', 'buy'], '${targets.api.url}'])
    assert.deepEqual([b?.env, c?.host, plan.loads[2]?.ok, d?.file, d?.args], [{ BASE: '${targets.api.url}' }, '${targets.api.url}', '2xx,404', 'gen', ['--fast']])
    assert.match(summarise(plan), /a: locust \S+l\.py with 20 users on 2 workers\n[\s\S]*d: gen --fast\n[\s\S]*e: runs gen \{n\} at 5\/s/)
  })

  it('are refused where something is missing or makes no sense, all of it at once', async () => {
    const problems = await problemsOf(`name: x
load:
  a: { locust: nowhere.py }
  b: { k6: s.js, rate: 5/s }
  c: { artillery: t.yml }
  d: { locust: l.py, users: 5, host: nonsense }
  e: { k6: s.js, host: "http://h" }
  f: { command: [no-such-program-7f2a] }
steady_state: [{ signal: c.p95, at_most: 1s }]
expect: [{ signal: c.p95, during: all, at_most: 1s }]
`, given())
    assert.deepEqual(problems.map(({ place, code, message }) => `${place.line} ${code} ${message.replace(/\S*\//, '')}`), [
      '3 KEY_MISSING `users` is missing: how many locust lets loose',
      '3 FILE_UNREADABLE nowhere.py is not there',
      '4 KEY_UNKNOWN `rate` means nothing with k6',
      '6 VALUE_INVALID expected a URL of  or https://',
      '7 KEY_UNKNOWN `host` means nothing with k6',
      '8 LOAD_DRIVER_MISSING no-such-program-7f2a is not on the PATH',
      '9 EXPECTATION_INVALID c is made by artillery, which tells its figures only when it has ended',
    ])
    const missing = await problemsOf('name: x\nload: { a: { locust: l.py, users: 5 } }', { ...given(), env: { PATH: '/nowhere' } })
    assert.deepEqual(missing.map(({ code, message, hint }) => [code, message, /pip install locust/.test(hint)]), [['LOAD_DRIVER_MISSING', 'locust is not on the PATH', true]])
  })
})
