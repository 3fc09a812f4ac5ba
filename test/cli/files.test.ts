import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import yargs from 'yargs'
import { registry } from '../../faults/index.ts'
import type { Command, Context, Output } from '../../src/cli/command.ts'
import { check } from '../../src/cli/check.ts'
import { init } from '../../src/cli/init.ts'
import { schema } from '../../src/cli/schema.ts'
import { readVars } from '../../src/cli/vars.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { EXIT } from '../../src/core/exit.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { inFolder } from '../experiment/fake-faults.ts'
import { ROOT } from '../support/paths.ts'

interface Ran { readonly exit: number; readonly stdout: string; readonly stderr: string }
interface Typed { readonly answers?: readonly string[] }

function sink(isTTY: boolean): { readonly output: Output; text(): string } {
  let text = ''
  const output = Object.assign(new Writable({ write(chunk, _encoding, done) { text += String(chunk); done() } }), { isTTY })
  return { output, text: () => text }
}

/** Runs one command as the command line would, in this process. With answers, at a terminal. */
async function ran<A>(command: Command<A>, argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}, { answers }: Typed = {}): Promise<Ran> {
  const [stdout, stderr, stdin] = [sink(false), sink(answers !== undefined), Object.assign(new PassThrough(), { isTTY: answers !== undefined })]
  for (const answer of answers ?? []) stdin.write(`${answer}\n`)
  const context: Context = {
    registry, env, cwd, stdout: stdout.output, stderr: stderr.output, stdin, color: false, packageRoot: ROOT, version: '0.0.0', worker: new URL('file:///none'), rest: [],
    onEvery: () => () => undefined, onSignal: () => () => undefined, onHangup: () => () => undefined, onResize: () => () => undefined, onCrash: () => () => undefined, quit: () => undefined,
  }
  const parsed = yargs().exitProcess(false).strict()
  let exit: Promise<number> | undefined
  await parsed.command(command.name, command.describe, (local) => command.builder(local), (args) => { exit = command.run(args, context) }).parseAsync([command.name.split(' ')[0] ?? '', ...argv])
  assert.ok(exit)
  return { exit: await exit, stdout: stdout.text(), stderr: stderr.text() }
}

const refuses = (code: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === code
const GOOD = 'name: good\nquestion: Does it load?\ntargets: { cache: { upstream: "redis://:${PW}@h" } }\nmethod: [{ step: cut, fault: partition, on: cache, for: 10s }]\n'
const BAD = 'name: bad\ntargets: { cache: { upstream: "redis://h" } }\nmethod:\n  - { step: a, fault: latncy, on: cache }\n  - { step: b, fault: partition, on: cahe }\n'

describe('brownout check', () => {
  it('says what a file would do, on stderr, with exit 0', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'good.yaml'), GOOD)
    const { exit, stdout, stderr } = await ran(check, ['good.yaml'], folder, { PW: 's3cr3t-check' })
    assert.equal(exit, EXIT.pass)
    assert.equal(stdout, '')
    assert.match(stderr, /^ok {2}good\.yaml\n/)
    for (const part of ['Does it load?', 'cache: redis at h:6379', 'cut: partition on cache at 0ms for 10s', 'about 58s']) assert.ok(stderr.includes(part), stderr)
    assert.ok(!stderr.includes('s3cr3t'))
  }))

  it('says all that is wrong with all files, with exit 64', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'good.yaml'), GOOD)
    await writeFile(join(folder, 'bad.yaml'), BAD)
    const { exit, stderr } = await ran(check, ['bad.yaml', 'good.yaml', 'none.yaml'], folder, { PW: 'x' })
    assert.equal(exit, EXIT.usage)
    assert.ok(stderr.startsWith('bad.yaml:4:23: error FAULT_UNKNOWN: no fault is named "latncy"\n  did you mean "latency"?'), stderr)
    assert.match(stderr, /bad\.yaml:5:38: error TARGET_UNKNOWN: .*\n {2}did you mean "cache"\?\n2 errors {2}bad\.yaml\n/)
    assert.match(stderr, /ok {2}good\.yaml/)
    assert.match(stderr, /none\.yaml:1:1: error FILE_UNREADABLE: .*ENOENT/)
  }))

  it('--json gives one document on stdout and nothing on stderr: problems, and plans without secrets', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'good.yaml'), GOOD)
    await writeFile(join(folder, 'bad.yaml'), BAD)
    const { exit, stdout, stderr } = await ran(check, ['good.yaml', 'bad.yaml', '--json'], folder, { PW: 's3cr3t-check' })
    const document = JSON.parse(stdout) as { format: number; files: { file: string; ok: boolean; problems: { code: string; place: { line: number } }[]; plan: { name: string } | null }[] }
    assert.deepEqual([exit, stderr, document.format], [EXIT.usage, '', 1])
    assert.deepEqual(document.files.map(({ file, ok, problems, plan }) => [file, ok, problems.map(({ code, place }) => [code, place.line]), plan?.name]), [
      ['good.yaml', true, [], 'good'], ['bad.yaml', false, [['FAULT_UNKNOWN', 4], ['TARGET_UNKNOWN', 5]], undefined],
    ])
    assert.ok(!stdout.includes('s3cr3t'))
  }))

  it('takes variables from flags, a single one over a file', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'x.yaml'), 'name: x\ntargets: { cache: { upstream: "redis://${vars.host}:${vars.port}" } }')
    await writeFile(join(folder, 'vars.env'), 'host=file\nport=7000\n')
    const { stderr } = await ran(check, ['x.yaml', '--var-file', 'vars.env', '--var', 'host=flag'], folder)
    assert.match(stderr, /cache: redis at flag:7000/)
  }))

  it('shows warnings and still exits with 0', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'x.yaml'), 'name: x\nload: { a: { http: "GET http://h/", rate: 1/s } }')
    const { exit, stderr } = await ran(check, ['x.yaml'], folder)
    assert.equal(exit, EXIT.pass)
    assert.match(stderr, /^x\.yaml:2:43: warning SAMPLES_FEW: .*\n {2}.*\nok {2}x\.yaml/)
  }))
})

describe('--var', () => {
  it('without a value, and a file that is not there, are refused', () => {
    assert.throws(() => readVars(['x'], [], '/'), refuses('USAGE'))
    assert.throws(() => readVars(['=x'], [], '/'), refuses('USAGE'))
    assert.throws(() => readVars([], ['nowhere'], '/'), refuses('FILE_UNREADABLE'))
    assert.deepEqual(readVars(['a=b=c', 'd='], [], '/'), { a: 'b=c', d: '' })
  })
})

describe('brownout schema', () => {
  it('prints one JSON document on stdout', async () => {
    const { exit, stdout, stderr } = await ran(schema, [], '/')
    assert.deepEqual([exit, stderr, (JSON.parse(stdout) as { title: string }).title], [EXIT.pass, '', 'brownout experiment'])
  })
})

describe('brownout init', () => {
  const planOf = async (folder: string, env: NodeJS.ProcessEnv, vars: Record<string, string> = {}) => {
    const loaded = await loadExperiment('first-experiment.yaml', { registry, env, vars, cwd: folder })
    assert.ok('plan' in loaded, JSON.stringify(loaded))
    return loaded.plan
  }

  it('finds dependencies in the environment and writes an experiment that loads, holding their names and no value', () => inFolder(async (folder) => {
    const env = { REDIS_URL: 'redis://:s3cr3t-init@h:1', DATABASE_URL: 'postgres://u:s3cr3t-init@h/db', PUBLIC_URL: 'https://example.org', BROKEN_URL: 'redis://' }
    const { exit, stderr } = await ran(init, [], folder, env)
    assert.equal(exit, EXIT.pass)
    assert.match(stderr, /wrote first-experiment\.yaml, for DATABASE_URL as "database" and REDIS_URL as "redis"/)
    const text = await readFile(join(folder, 'first-experiment.yaml'), 'utf8')
    assert.ok(!`${text}${stderr}`.includes('s3cr3t'))
    const plan = await planOf(folder, env)
    assert.deepEqual(plan.targets.map(({ spec: { name, protocol } }) => [name, protocol]), [['database', 'postgres'], ['redis', 'redis']])
    assert.deepEqual([plan.loads.length, plan.method.length, plan.warnings], [1, 1, []])
  }))

  it('finds them in .env too, where the environment wins, and says how to hand them over', () => inFolder(async (folder) => {
    await writeFile(join(folder, '.env'), 'CACHE_URL=redis://file:1\nDATABASE_URL=postgres://file/db\n')
    const env = { DATABASE_URL: 'postgres://shell/db' }
    const { stderr } = await ran(init, [], folder, env)
    assert.match(stderr, /brownout run first-experiment\.yaml --var-file \.env/)
    const plan = await planOf(folder, env, readVars([], ['.env'], folder))
    assert.deepEqual(plan.targets.map(({ spec }) => 'host' in spec.upstream && spec.upstream.host), ['file', 'shell'])
  }))

  it('puts an application around them when told of one', () => inFolder(async (folder) => {
    const env = { REDIS_URL: 'redis://h' }
    await ran(init, ['--command', 'node server.js', '--url', 'http://127.0.0.1:8080/health?x=1'], folder, env)
    const plan = await planOf(folder, env)
    assert.deepEqual(plan.apps.map(({ command, env: variables, ready }) => [command, variables, ready?.tcp]), [[['node', 'server.js'], { REDIS_URL: '${targets.redis.url}' }, '127.0.0.1:8080']])
  }))

  it('asks at a terminal for what it cannot see, and only there', () => inFolder(async (folder) => {
    const env = { REDIS_URL: 'redis://h' }
    const { stderr } = await ran(init, [], folder, env, { answers: ['node app.js', ''] })
    assert.match(stderr, /what starts your application\?/)
    const plan = await planOf(folder, env)
    assert.deepEqual([plan.apps[0]?.command, plan.loads[0]?.send.kind === 'http' && plan.loads[0].send.url], [['node', 'app.js'], 'http://127.0.0.1:3000/'])
  }))

  it('takes the sample stack where it finds nothing', () => inFolder(async (folder) => {
    const { stderr } = await ran(init, [], folder, { PUBLIC_URL: 'https://example.org' })
    assert.match(stderr, /on the sample stack/)
    const plan = await planOf(folder, {})
    assert.deepEqual(plan.targets.map(({ demo }) => demo), ['redis', 'postgres'])
    assert.ok(existsSync((plan.apps[0]?.command[1] ?? '').replace('/dist/src/', '/src/').replace(/\.js$/, '.ts')), 'the shop is where the experiment says')
  }))

  it('never overwrites', () => inFolder(async (folder) => {
    await writeFile(join(folder, 'first-experiment.yaml'), 'mine')
    await assert.rejects(ran(init, [], folder), refuses('FILE_EXISTS'))
    assert.equal(await readFile(join(folder, 'first-experiment.yaml'), 'utf8'), 'mine')
  }))

  it('says so where it cannot write', () => inFolder(async (folder) => {
    await assert.rejects(ran(init, ['nowhere/x.yaml'], folder), refuses('FILE_UNREADABLE'))
  }))
})
