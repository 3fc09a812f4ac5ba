/** `brownout wrap` around programs that know nothing of it; as a process of its own where that is what matters. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlClient } from '../../src/control/client.ts'
import type { InjectRequest } from '../../src/control/contract.ts'
import { socketsOf } from '../../src/control/sockets.ts'
import { freePort } from '../../src/demo/daemon.ts'
import { startRedisCluster } from '../../src/demo/redis-cluster.ts'
import { runs } from '../support/processes.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'
import { brownout, endAll, experiment, journalOf, until, yard, type Started } from './brownout.ts'
import { bare, wrapping, type WrapEnded, type WrapStarted } from './wrapped.ts'

const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0

/** As people write them: addresses from the environment, and nothing about proxies. */
const NODE_APP = `
const { Client } = require('pg')
const Redis = require('ioredis')
const main = async () => {
  const db = new Client({ connectionString: process.env.DATABASE_URL })
  const cache = new Redis(process.env.REDIS_URL)
  await db.connect()
  await cache.set('wrap:app', 'kept')
  const { rows } = await db.query('select inet_server_port() as port, current_database() as name')
  console.log(JSON.stringify({ db: rows[0], cached: await cache.get('wrap:app'), told: [new URL(process.env.DATABASE_URL).port, new URL(process.env.REDIS_URL).port] }))
  await db.end()
  cache.disconnect()
}
main().catch((error) => { console.error(error.message); process.exitCode = 3 })
`
/** What dotenv does: a variable of the environment is not overridden. */
const DOTENV_APP = `
const { parseEnv } = require('node:util')
for (const [name, value] of Object.entries(parseEnv(require('node:fs').readFileSync('.env', 'utf8')))) process.env[name] ??= value
const Redis = require('ioredis')
const cache = new Redis({ host: process.env.CACHE_HOST, port: Number(process.env.CACHE_PORT) })
cache.ping().then((answer) => { console.log(JSON.stringify({ answer, port: Number(process.env.CACHE_PORT), mode: process.env.MODE })); cache.disconnect() })
`

describe('brownout wrap', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-wrap-test-')) })
  afterEach(() => {
    endAll()
    rmSync(folder, { recursive: true, force: true })
  })

  const wrap = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<WrapEnded> => wrapping(args, folder, env).ended
  /** The same as a process of its own. */
  const spawned = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Started => brownout(['wrap', ...args], folder, { ...bare, XDG_RUNTIME_DIR: folder, ...env })
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return name
  }

  it('leads a Node application with pg and ioredis through proxies, and shows no password', async function () {
    if (!hasRedis) this.skip()
    const [db, cache] = await Promise.all([postgres(), redis()])
    const { exit, stdout, stderr } = await wrap(['--', 'node', file('app.cjs', NODE_APP)], { DATABASE_URL: `postgres://postgres:s3cr3t-w@127.0.0.1:${db.port}/postgres`, REDIS_URL: `${cache.url}/0` })
    assert.equal(exit, 0, stderr)
    const { db: asked, cached, told } = JSON.parse(stdout) as { db: { port: number; name: string }; cached: string; told: readonly string[] }
    assert.deepEqual([asked, cached], [{ port: db.port, name: 'postgres' }, 'kept'])
    assert.ok(!told.includes(String(db.port)) && !told.includes(String(cache.port)), `${told}`)
    for (const part of [`127.0.0.1:${told[0]} -> 127.0.0.1:${db.port}`, `127.0.0.1:${told[1]} -> 127.0.0.1:${cache.port}`, `DATABASE_URL=postgres://postgres:***@127.0.0.1:${told[0]}/postgres`]) assert.ok(stderr.includes(part), stderr)
    assert.ok(!stderr.includes('s3cr3t'), stderr)
  })

  it('leads psql and redis-cli through proxies, by libpq\'s variables and a pair', async function () {
    if (!hasRedis || !has('psql') || !has('redis-cli')) this.skip()
    const [db, cache] = await Promise.all([postgres(), redis()])
    const script = file('check.sh', '#!/bin/sh\nset -e\npsql -Atc "select inet_server_port()"\nredis-cli -h "$REDIS_HOST" -p "$REDIS_PORT" config get port | tail -1\necho "$PGPORT $REDIS_PORT"\n')
    chmodSync(join(folder, script), 0o755)
    const { exit, stdout, stderr } = await spawned(['--', './check.sh'], { PGHOST: '127.0.0.1', PGPORT: String(db.port), PGUSER: 'postgres', PGDATABASE: 'postgres', REDIS_HOST: '127.0.0.1', REDIS_PORT: String(cache.port) }).ended
    assert.equal(exit, 0, stderr)
    const [asked, port, told = ''] = stdout.trim().split('\n')
    assert.deepEqual([asked, port], [String(db.port), String(cache.port)])
    assert.ok(!told.split(' ').some((one) => [String(db.port), String(cache.port)].includes(one)), told)
  })

  it('leads an application through proxies that reads .env itself, and leaves the rest of that file to it', async function () {
    if (!hasRedis) this.skip()
    const cache = await redis()
    file('.env', `CACHE_HOST=127.0.0.1\nCACHE_PORT=${cache.port}\nCACHE_DRIVER=redis\nMODE=staging\n`)
    const { exit, stdout, stderr } = await wrap(['--', 'node', file('app.cjs', DOTENV_APP)])
    assert.equal(exit, 0, stderr)
    const { answer, port, mode } = JSON.parse(stdout) as { answer: string; port: number; mode: string }
    assert.deepEqual([answer, mode], ['PONG', 'staging'])
    assert.notEqual(port, cache.port)
    assert.match(stderr, new RegExp(`CACHE_PORT=${port} {2}\\(from \\.env\\)`))
  })

  const ENV = { REDIS_URL: 'redis://127.0.0.1:1' }

  /** As another shell would speak to the only brownout that has its socket there. */
  const told = (runtime: string): ControlClient => new ControlClient({ socket: socketsOf({ XDG_RUNTIME_DIR: runtime })[0]?.path ?? assert.fail('there is no socket') }, 'somebody')

  /** Injects, waits until the program says what it feels, clears, and waits until it says that all is well again. */
  async function felt(program: WrapStarted, inject: InjectRequest, hurt: RegExp, well: RegExp): Promise<void> {
    const says = async (what: RegExp): Promise<void> => {
      const from = program.said().length
      await until(() => what.test(program.said().slice(from)), 30_000).catch((error: unknown) => assert.fail(`${String(error)}: ${program.said()}${program.stderr()}`))
    }
    await says(well)
    await told(folder).inject({ ...inject, for: '1m' })
    await says(hurt)
    assert.match(program.stderr(), new RegExp(`^brownout: somebody: inject ${inject.fault} ${inject.on}`, 'm'))
    const cleared = await told(folder).clear({})
    await until(() => new RegExp(`^brownout: ${cleared[0]?.id}: cleared \\(request\\), [1-9]\\d* altered`, 'm').test(program.stderr()))
    await says(well)
    program.signal('SIGTERM')
    assert.equal((await program.ended).exit, 143)
  }
  const TIMED = 'const timed = async (ask) => { for (;;) { const from = Date.now(); await ask(); console.log(`took ${Date.now() - from}ms`); await new Promise((done) => setTimeout(done, 50)) } }'

  it('a Node application feels what is injected from another shell', async function () {
    if (!hasRedis) this.skip()
    file('app.cjs', `const Redis = require('ioredis')\nconst cache = new Redis(process.env.REDIS_URL)\n${TIMED}\ntimed(() => cache.get('wrap:none'))\n`)
    await felt(wrapping(['--', 'node', 'app.cjs'], folder, { REDIS_URL: (await redis()).url }), { fault: 'latency', on: 'redis', params: { delay: '900ms' } }, /^took (9|1\d)\d\dms$/m, /^took [1-5]?\d?\dms$/m)
  })

  it('an application that reads .env itself feels it too', async () => {
    file('.env', `DATABASE_URL=${(await postgres()).url}\n`)
    file('app.cjs', `process.loadEnvFile?.()\nconst { Client } = require('pg')\n${TIMED}\nconst db = new Client(process.env.DATABASE_URL)\ndb.connect().then(() => timed(() => db.query('select 1')))\n`)
    await felt(wrapping(['--', 'node', 'app.cjs'], folder, {}), { fault: 'latency', on: 'database', params: { delay: '900ms' } }, /^took (9|1\d)\d\dms$/m, /^took [1-5]?\d?\dms$/m)
  })

  it('psql in a script feels an error of Postgres\' own', async function () {
    if (!has('psql')) this.skip()
    const { port } = await postgres()
    file('loop.sh', 'while :; do psql -Atc "select \'well\'" 2>&1; sleep 0.1; done\n')
    await felt(wrapping(['--', 'sh', 'loop.sh'], folder, { PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGDATABASE: 'postgres' }), { fault: 'postgres.error', on: 'postgres', params: { error: 'serialization_failure' } }, /^ERROR: +could not serialize access/m, /^well$/m)
  })

  it('warns of a Redis Cluster, whose clients would go past the proxy, and wraps all of it when told to', async function () {
    if (!hasRedis) this.skip()
    const cluster = await startRedisCluster()
    try {
      file('app.cjs', "const { Cluster } = require('ioredis')\nconst c = new Cluster([process.env.REDIS_URL])\nc.set('a', 1).then(() => { console.log(JSON.stringify(c.nodes().map((node) => node.options.port))); setInterval(() => undefined, 1000) })\n")
      const ports = async (args: readonly string[], warning: boolean): Promise<readonly number[]> => {
        const program = wrapping([...args, '--', 'node', 'app.cjs'], folder, { REDIS_URL: cluster.url })
        await until(() => program.said().includes(']') && /is a cluster.*--cluster redis/.test(program.stderr()) === warning, 30_000)
        program.signal('SIGTERM')
        return JSON.parse((await program.ended).stdout) as number[]
      }
      const past = await ports([], true)
      const through = await ports(['--cluster', 'redis'], false)
      assert.deepEqual([past.length, through.length, past.filter((port) => through.includes(port))], [3, 3, []])
    } finally {
      await cluster.stop()
    }
  })

  it('refuses other machines unless they are allowed, and says how to go on', async () => {
    const { exit, stderr } = await wrap(['--', 'true'], { DATABASE_URL: 'postgres://db.prod.example/shop' })
    assert.equal(exit, 125)
    assert.match(stderr, /error UPSTREAM_REFUSED: database: db\.prod\.example:5432 looks like production.*\n.*--allow-upstream.*--ignore NAME/)
  })

  it('exits as the command does, and as a shell has it where a signal ended it or it could not be started', async () => {
    const odd = file('plain.txt', 'no program')
    const own = await wrap(['--', 'node', '-e', 'process.exit(7)'], ENV)
    const killed = await wrap(['--', 'node', '-e', 'process.kill(process.pid, "SIGKILL")'], ENV)
    const missing = await wrapping(['--', 'no-such-command'], folder, ENV, { itself: true }).ended
    const unusable = await wrapping(['--', `./${odd}`], folder, ENV, { itself: true }).ended
    assert.deepEqual([own, killed, missing, unusable].map(({ exit }) => exit), [7, 137, 127, 126])
    assert.match(missing.stderr, /error COMMAND_MISSING: there is no command "no-such-command"/)
    assert.match(unusable.stderr, /error COMMAND_UNUSABLE/)
  })

  it('hands the command its arguments as they are', async () => {
    const { stdout } = await wrap(['--', 'node', '-p', 'process.argv.slice(1).join("|")', '--', '007', '--for', '$HOME', '--'], ENV)
    assert.equal(stdout, '007|--for|$HOME|--\n')
  })

  it('passes signals on and waits for what the command makes of them', async () => {
    file('app.cjs', 'process.on("SIGTERM", () => { console.log("term"); process.exit(9) }); process.on("SIGHUP", () => console.log("hup")); process.on("SIGUSR2", () => console.log("usr2")); console.log("up"); setInterval(() => undefined, 1000)')
    const { child, ended } = brownout(['wrap', '--', 'node', 'app.cjs'], folder, { ...bare, ...ENV })
    let heard = ''
    child.stdout?.on('data', (chunk) => { heard += chunk })
    for (const [signal, said] of [['SIGUSR2', 'usr2'], ['SIGHUP', 'hup'], ['SIGTERM', 'term']] as const) {
      await until(() => heard.includes('up\n'))
      child.kill(signal)
      await until(() => heard.includes(`${said}\n`))
    }
    assert.equal((await ended).exit, 9)
  })

  it('ends the command after --for, by force where it does not obey', async () => {
    const { exit, stderr } = await wrap(['--for', '300ms', '--', 'node', '-e', 'setInterval(() => undefined, 1000)'], ENV)
    assert.equal(exit, 143)
    assert.match(stderr, /the time is over/)
  })

  it('ends the command when it is killed itself', async function () {
    if (!existsSync('/proc')) this.skip()
    const { child } = brownout(['wrap', '--', 'node', '-e', 'require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => undefined, 1000)'], folder, { ...bare, ...ENV })
    const pidOf = (): number => (existsSync(join(folder, 'pid')) ? Number(readFileSync(join(folder, 'pid'), 'utf8')) : 0)
    await until(() => pidOf() > 0)
    child.kill('SIGKILL')
    await until(() => !runs(pidOf()))
  })

  it('carries out an experiment meanwhile, on what was found, with the command in place of its application', async () => {
    const api = await yard()
    const port = await freePort()
    try {
      api.write('cart.yaml', experiment(api.port, '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 60ms }, for: 1s }', 'expect:\n  - { signal: app.cpu, during: all, at_most: 100x }').replaceAll('${app.port}', '${PORT}'))
      const env = { PORT: String(port), UPSTREAM: `http://127.0.0.1:${api.port}/x` }
      const program = brownout(['wrap', '--experiment', 'cart.yaml', '--', 'node', 'app.mjs'], api.folder, { ...bare, XDG_RUNTIME_DIR: api.folder, ...env })
      await until(() => /slow: latency/.test(program.stderr()), 40_000)
      await told(api.folder).inject({ fault: 'latency', on: 'api', params: { delay: '20ms' }, for: '20s' })
      await until(() => /^html /m.test(program.stderr()), 40_000)
      program.child.kill('SIGTERM')
      const { exit, stderr, stdout } = await program.ended
      assert.match(stdout, /^serving as \d+\n$/)
      assert.match(stderr, /api {2}http {2}127\.0\.0\.1:\d+ -> /)
      assert.equal(exit, 143, stderr)
      const journal = journalOf(api.folder)
      const cleared = journal.find((event) => event.kind === 'rule.cleared')
      assert.ok(cleared?.kind === 'rule.cleared' && cleared.altered > 0, stderr)
      assert.ok(journal.some((event) => event.kind === 'bucket' && event.bucket.source === 'app' && (event.bucket.extra?.['cpu'] ?? 0) > 0), 'nothing is known of what the command used')
      assert.ok(!journal.some((event) => event.kind === 'app' && event.event === 'stopped'))
      // What was injected by hand meanwhile stands in the same journal, and has gone with the run.
      assert.ok(journal.some((event) => event.kind === 'operator' && event.did === 'inject'), stderr)
      assert.ok(journal.some((event) => event.kind === 'rule.cleared' && event.rule === 'latency-api'), stderr)
    } finally {
      await api.close()
    }
  })

  it('shows with --dry-run what it would do and starts nothing', async () => {
    file('.env', 'DATABASE_URL=postgres://app:s3cr3t@db.internal/shop\n')
    const env = { ...ENV, PUBLIC_URL: 'https://u:s3cr3t@shop.example', BROKEN_URL: 'redis://u:s3cr3t#1@cache' }
    const { exit, stdout, stderr } = await wrap(['--dry-run', '--allow-upstream', 'db.internal', '--', 'node', '-e', 'console.log("started")'], env)
    assert.deepEqual([exit, stdout], [0, ''])
    for (const part of ['DATABASE_URL=postgres://app:***@127.0.0.1:PORT/shop  (from .env)', 'a free port -> db.internal:5432, TLS where it has it', 'PUBLIC_URL', '--target NAME=PUBLIC_URL moves it']) assert.ok(stderr.includes(part), stderr)
    const { stdout: json } = await wrap(['--dry-run', '--json', '--allow-upstream', '*'], env)
    const { targets, seen } = JSON.parse(json) as { targets: readonly { name: string }[]; seen: readonly { variable: string }[] }
    assert.deepEqual([targets.map(({ name }) => name), seen.map(({ variable }) => variable)], [['database', 'redis'], ['BROKEN_URL', 'PUBLIC_URL']])
    assert.ok(![stderr, json].join().includes('s3cr3t'))
  })

  it('exits with 125, a code and a hint where brownout itself failed', async () => {
    const wrongs: readonly (readonly [readonly string[], NodeJS.ProcessEnv, RegExp])[] = [
      [['node', 'server.js'], ENV, /error USAGE: there is no command\n {2}write it behind --: brownout wrap -- node server\.js/],
      [['--'], ENV, /error USAGE: there is no command/],
      [['--', 'true'], { PUBLIC_URL: 'https://shop.example' }, /error NOTHING_TO_WRAP: .*\n {2}PUBLIC_URL: https: --target NAME=PUBLIC_URL moves it/],
      [['--port', '70000', '--', 'true'], ENV, /error USAGE: --port: expected a whole number/],
      [['--json', '--', 'true'], ENV, /error USAGE: --json goes with --dry-run/],
      [['--for', 'soon', '--', 'true'], ENV, /error USAGE: --for soon/],
      [['--ignore', 'reddis', '--', 'true'], ENV, /error USAGE: .*\n {2}did you mean "redis"/],
      [['--nonsense', '--', 'true'], ENV, /error USAGE: .*nonsense/],
      [['--env-file', 'none.env', '--', 'true'], ENV, /error FILE_UNREADABLE/],
    ]
    for (const [args, env, said] of wrongs) {
      const { exit, stdout, stderr } = await wrap(args, env)
      assert.deepEqual([exit, stdout], [125, ''], stderr)
      assert.match(stderr, said)
    }
  })
})
