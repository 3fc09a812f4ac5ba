/** What one process keeps, several keep: the suites of the engine once more, over two workers. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from '../../support/paths.ts'

const SUITES = ['proxy/dynamic', 'proxy/ending', 'proxy/engine', 'proxy/identity', 'proxy/nodes', 'proxy/overtaking', 'proxy/tls', 'proxy/told', 'laws',
  'faults/connection-limit', 'faults/partition', 'faults/half-open', 'faults/refuse', ...(process.env['TEST_ALL'] ? ['laws-messages', 'proxy/bounds', 'faults/*'] : [])]

describe('the engine in two worker processes', () => {
  it('keeps every promise that it keeps in one', function () {
    this.timeout(process.env['TEST_ALL'] ? 900_000 : 240_000)
    const { TEST_SUMMARY: _, ...env } = process.env
    const files = SUITES.map((suite) => join(ROOT, `dist/test/${suite}.test.js`))
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/mocha/bin/mocha.js'), ...files], { cwd: ROOT, env: { ...env, BROWNOUT_TEST_WORKERS: '2' }, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /\n\d{3} passed, 0 failed\n/)
  })
})
