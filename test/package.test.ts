import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from './support/paths.ts'
import { invalid, parseXml } from './support/schema.ts'

interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }

const run = (command: string, args: readonly string[], cwd: string, env = process.env): Promise<Ended> => new Promise((resolve) => {
  const child = execFile(command, args, { cwd, env, timeout: 200_000, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
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

  it('has the dashboard, built', () => {
    const ui = join(folder, 'node_modules/brownout/dist/ui')
    assert.match(readFileSync(join(ui, 'index.html'), 'utf8'), /assets\/index-[\w-]+\.js/)
    assert.deepEqual(readdirSync(join(ui, 'assets')).map((name) => name.replace(/^.*\./, '')).sort(), ['css', 'js'])
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

  describe('imported', () => {
    const pages = readFileSync(join(ROOT, 'docs/library.md'), 'utf8')
    const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)
    const copy = (name: string): void => writeFileSync(join(folder, name), readFileSync(join(ROOT, 'docs/examples', name), 'utf8'))
    before(() => { writeFileSync(join(folder, 'package.json'), readFileSync(join(folder, 'package.json'), 'utf8').replace('{', '{ "type": "module",')) })

    it('types resolve as of NodeNext, in every example of docs/library.md; a fault that is misspelt does not compile', async () => {
      const examples = [...pages.matchAll(/^```ts\n(.*?)^```/gms)].map(([, text]) => text ?? '')
      assert.ok(examples.length >= 4)
      examples.forEach((text, i) => {
        const missing = ["import { brownout } from 'brownout'", "import assert from 'node:assert/strict'"].filter((line) => !text.includes(line.slice(7, 16)))
        writeFileSync(join(folder, `example-${i}.ts`), `${missing.join('\n')}\n${text}\nexport {}\n`)
      })
      writeFileSync(join(folder, 'wrong.ts'), "import { brownout } from 'brownout'\nconst target = await brownout.target({ upstream: 'tcp://127.0.0.1:1' })\nawait target.inject('latncy')\n")
      const strict = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')]
      const good = await run(bin('tsc'), [...strict, ...examples.map((_, i) => `example-${i}.ts`)], folder)
      assert.equal(good.code, 0, good.stdout)
      const wrong = await run(bin('tsc'), [...strict, 'wrong.ts'], folder)
      assert.match(wrong.stdout, /wrong\.ts\(3,\d+\): error TS2\d+: .*latncy/)
    })

    it('runs the example for node:test', async () => {
      copy('node-test.test.js')
      const { code, stdout, stderr } = await run(process.execPath, ['--test', '--test-reporter', 'tap', 'node-test.test.js'], folder)
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /^# pass 2$/m)
    })

    it('runs the example for mocha', async () => {
      copy('mocha.test.js')
      const { code, stdout } = await run(bin('mocha'), ['--reporter', 'tap', 'mocha.test.js'], folder)
      assert.equal(code, 0, stdout)
      assert.match(stdout, /^# pass 2$/m)
    })

    it('runs the example for vitest', async () => {
      symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
      copy('vitest.test.ts')
      const { code, stdout, stderr } = await run(bin('vitest'), ['run', '--root', folder, '--reporter', 'tap', 'vitest.test.ts'], folder)
      assert.equal(code, 0, stdout + stderr)
      assert.match(stdout, /ok 1 - a slow stock is not waited for/)
    })
  })

  it('does in a pipeline what docs/ci.md says, command by command', async () => {
    const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')
    const block = (name: string): string => new RegExp(`\`${name}\`:\n\n\`\`\`yaml\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? assert.fail(name)
    const github = parse(block('.github/workflows/chaos.yml')) as { jobs: { chaos: { steps: readonly { run?: string }[] } } }
    const gitlab = parse(block('.gitlab-ci.yml')) as { chaos: { script: readonly string[] } }
    const commands = [github.jobs.chaos.steps.flatMap((step) => step.run ?? []), gitlab.chaos.script]
    assert.deepEqual(commands.map((list) => list.length), [3, 3])
    mkdirSync(join(folder, 'chaos'))
    writeFileSync(join(folder, 'chaos/cache-slow.yaml'), block('chaos/cache-slow.yaml'))
    const env: NodeJS.ProcessEnv = { ...process.env, GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: join(folder, 'summary.md'), npm_config_prefer_offline: 'true', npm_config_audit: 'false' }
    // The server of a job's service is not here.
    delete env['REDIS_URL']
    for (const command of new Set(commands.flat())) {
      const { code, stderr } = await run('sh', ['-ec', command], folder, env)
      // 2: as for the demo below.
      assert.ok(code === 0 || (code === 2 && command.includes('run') && /generator/.test(stderr)), `${command}: exit ${code}\n${stderr.slice(-3000)}`)
    }
    const junit = readFileSync(join(folder, 'chaos.xml'), 'utf8')
    assert.deepEqual(invalid(junit, readFileSync(join(ROOT, 'test/fixtures/junit.xsd'), 'utf8')), [])
    assert.deepEqual(parseXml(junit).children.map(({ attributes }) => attributes['name']), ['cache-slow'])
    assert.match(readFileSync(join(folder, 'summary.md'), 'utf8'), /^## \w+: cache-slow\n/)
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
