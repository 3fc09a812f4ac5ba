import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runs, until } from '../support/processes.ts'
import { hasRedis } from '../support/servers.ts'

const module_ = (name: string): string => JSON.stringify(new URL(`../../src/demo/${name}.js`, import.meta.url).href)
const OWNER = `
  const { startRedis } = await import(${module_('redis')})
  const { startPostgres } = await import(${module_('postgres')})
  const { startPostgresReplica } = await import(${module_('postgres-replica')})
  const [redis, primary] = await Promise.all([startRedis(), startPostgres({ replicated: true })])
  const servers = [redis, primary, await startPostgresReplica(primary)]
  console.log(servers.map(({ pid }) => pid).join(' '))`

describe('embedded servers whose owner is gone', () => {
  before(function () { if (!hasRedis) this.skip() })

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`end with it on ${signal}, and so do their folders`, async () => {
      const temporary = mkdtempSync(join(tmpdir(), 'brownout-test-orphans-'))
      // Postgres may have to run as another account.
      chmodSync(temporary, 0o755)
      const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } })
      const [line] = await once(owner.stdout, 'data')
      const pids = String(line).trim().split(' ').map(Number)
      assert.deepEqual(pids.map(runs), [true, true, true])
      assert.deepEqual(readdirSync(temporary).map((name) => name.replace(/-\w+$/, '')).sort(), ['brownout-postgres', 'brownout-postgres', 'brownout-redis'])
      owner.kill(signal)
      assert.notEqual(await until(() => !pids.some(runs), 5000), undefined, `still there: ${pids.filter(runs)}`)
      assert.notEqual(await until(() => readdirSync(temporary).length === 0, 2000), undefined, `${readdirSync(temporary)}`)
      rmSync(temporary, { recursive: true })
    })
  }
})
