import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './support/paths.ts'

interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }

const run = (command: string, args: readonly string[], cwd: string): Promise<Ended> => new Promise((resolve) => {
  const child = execFile(command, args, { cwd, timeout: 200_000, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
    resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
  })
  child.stdin?.end()
})

describe('the package, as npm installs it with scripts off', function () {
  this.timeout(300_000)
  let folder = ''
  const brownout = (...args: readonly string[]): Promise<Ended> => run('npx', ['--no-install', 'brownout', ...args], folder)

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'brownout-package-'))
    const packed = await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT)
    assert.equal(packed.code, 0, packed.stderr)
    writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "private": true }')
    const installed = await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', packed.stdout.trim().split('\n').at(-1) ?? ''], folder)
    assert.equal(installed.code, 0, installed.stderr)
    assert.doesNotMatch(installed.stderr, /EBADENGINE|deprecated/)
  })
  after(() => { rmSync(folder, { recursive: true, force: true }) })

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const { code, stdout } = await brownout('--version')
    assert.deepEqual([code, stdout.trim()], [0, version])
  })

  it('lists its faults', async () => {
    const { code, stdout } = await brownout('faults', '--json')
    assert.equal(code, 0)
    assert.ok((JSON.parse(stdout) as unknown[]).length >= 17)
  })

  it('writes a first experiment that it then finds nothing wrong with', async () => {
    const init = await brownout('init')
    assert.equal(init.code, 0, init.stderr)
    const [file] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml') && !name.includes('node_modules'))
    assert.ok(file, init.stderr)
    const check = await brownout('check', file)
    assert.equal(check.code, 0, check.stderr)
  })

  it('runs the demo, whose report has a recovery time', async () => {
    const { code, stderr } = await brownout('demo')
    // 2: on a machine that is too busy for a load generator the verdict is honest, and the report is there all the same.
    assert.ok(code === 0 || (code === 2 && /generator/.test(stderr)), `exit ${code}\n${stderr.slice(-3000)}`)
    const runs = join(folder, '.brownout/runs')
    // A run that was tried a second time has its report there.
    const written = readdirSync(runs).map((run) => join(runs, run, 'report.json')).filter((file) => existsSync(file))
    const reports = written.map((file) => JSON.parse(readFileSync(file, 'utf8')) as { signals: { status: string; recoveryMs: number | null; plusMinusMs: number }[] })
    assert.ok(reports.some(({ signals }) => signals.some(({ status, recoveryMs, plusMinusMs }) => status === 'recovered' && recoveryMs !== null && plusMinusMs > 0)))
  })
})
