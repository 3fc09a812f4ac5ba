/** inject, clear, status, halt and resume against a `serve` in a process of its own. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Injection, Status } from '../../src/control/contract.ts'
import { echo, listenOn, LOCAL } from '../proxy/stage.ts'
import { brownout, endAll, experiment, until, yard, type Ended, type Started } from './brownout.ts'

describe('a running brownout, from another shell', function () {
  // Each asks a process of its own a dozen times.
  this.timeout(90_000)
  let folder: string
  let env: NodeJS.ProcessEnv
  const closing: (() => unknown)[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'brownout-control-'))
    env = { XDG_RUNTIME_DIR: folder, BROWNOUT_TOKEN: undefined, BROWNOUT_URL: undefined, BROWNOUT_WHO: 'anna', LOG_LEVEL: '' }
  })
  afterEach(() => {
    endAll()
    for (const close of closing.splice(0)) close()
    rmSync(folder, { recursive: true, force: true })
  })

  const cli = (...args: string[]): Promise<Ended> => brownout(args, folder, env).ended
  const stateOf = async (): Promise<Status> => (JSON.parse((await cli('status', '--json')).stdout) as Status[])[0] ?? assert.fail()

  /** A serve with one proxy, `cache`, before an echo server. */
  async function serving(more: readonly string[] = [], own: NodeJS.ProcessEnv = {}): Promise<{ readonly on: Started; readonly url: string; readonly port: number }> {
    const server = await listenOn(LOCAL, echo)
    closing.push(() => server.server.close())
    const on = brownout(['serve', '--port', '0', ...more], folder, { ...env, ...own })
    const address = (): string | undefined => /"address":"(http:[^"]+)"/.exec(on.stderr())?.[1]
    await until(() => address() !== undefined && on.stderr().includes('"api"'), 30_000)
    const url = address() ?? assert.fail()
    const upstream = 'port' in server.address ? `127.0.0.1:${server.address.port}` : ''
    const headers = own['BROWNOUT_TOKEN'] === undefined ? {} : { Authorization: `Bearer ${own['BROWNOUT_TOKEN']}`, 'Content-Type': 'application/json' }
    const made = await (await fetch(`${url}/proxies`, { method: 'POST', headers, body: JSON.stringify({ name: 'cache', listen: '127.0.0.1:0', upstream }) })).json() as { listen: string }
    return { on, url, port: Number(made.listen.split(':').at(-1)) }
  }

  /** How long an echo takes through the proxy, ms. */
  async function echoes(port: number, patience = 400): Promise<boolean> {
    const socket = connect({ host: '127.0.0.1', port })
    closing.push(() => socket.destroy())
    socket.on('error', () => undefined).write('x')
    return Promise.race([once(socket, 'data').then(() => true, () => false), new Promise<boolean>((resolve) => { setTimeout(() => resolve(false), patience) })])
  }

  it('injects, tells, clears; halts and resumes', async () => {
    const { port } = await serving()
    assert.equal(await echoes(port, 5000), true)
    const injected = await cli('inject', 'partition', 'cache', '--for', '60s')
    assert.equal(injected.exit, 0, injected.stderr)
    assert.match(injected.stderr, /^partition-cache: partition cache for=1m\n/)
    assert.equal(await echoes(port), false)
    const told = await cli('status')
    assert.match(told.stderr, /serve proxies.*process \d+/)
    assert.match(told.stderr, /dashboard http:\/\/127\.0\.0\.1:\d+\/ui\/#token=\S{40,}/)
    assert.match(told.stderr, /cache +tcp/)
    assert.match(told.stderr, /partition-cache +partition cache for=1m .*left .*anna/)
    const cleared = await cli('clear', 'cache', '--json')
    assert.deepEqual((JSON.parse(cleared.stdout) as Injection[]).map(({ id }) => id), ['partition-cache'])
    assert.equal(await echoes(port, 5000), true)
    await cli('inject', 'latency', 'cache', 'delay=1ms', '--standing')
    const halted = await cli('halt', '--reason', 'enough')
    assert.match(halted.stderr, /^halted process \d+, serve proxies: 1 healed/)
    const refused = await cli('inject', 'latency', 'cache', 'delay=1ms', '--for', '1s')
    assert.equal(refused.exit, 3)
    assert.match(refused.stderr, /HALTED: halted by anna: enough/)
    assert.equal((await cli('resume')).exit, 64, 'a reason is asked for')
    assert.equal((await cli('resume', '--reason', 'fine')).exit, 0)
    assert.equal((await stateOf()).halted, null)
  })

  it('what a controller holds is healed within its lease when it is killed, and not while it is there', async () => {
    const { port } = await serving()
    const holder = brownout(['inject', 'partition', 'cache', '--standing', '--hold'], folder, env)
    await until(() => holder.stderr().includes('held'), 30_000)
    // Longer than its lease of 5 s: it is renewed.
    const from = performance.now()
    while (performance.now() - from < 6500) assert.equal(await echoes(port), false)
    holder.child.kill('SIGKILL')
    const killed = performance.now()
    while (!(await echoes(port, 300))) assert.ok(performance.now() - killed < 12_000, 'it is healed')
    assert.ok(performance.now() - killed < 9000, 'within the lease, and what a busy machine takes')
    assert.deepEqual((await stateOf()).injections, [])
  })

  it('Ctrl-C at a holder heals at once', async () => {
    await serving()
    const holder = brownout(['inject', 'partition', 'cache', '--standing', '--hold'], folder, env)
    await until(() => holder.stderr().includes('held'), 30_000)
    holder.child.kill('SIGINT')
    const { exit, stderr } = await holder.ended
    assert.equal(exit, 130)
    assert.match(stderr, /healed\n$/)
    assert.deepEqual((await stateOf()).injections, [])
  })

  it('toxics are seen and cleared too, and a halt keeps them out', async () => {
    const { url } = await serving()
    const toxic = (): Promise<Response> => fetch(`${url}/proxies/cache/toxics`, { method: 'POST', body: JSON.stringify({ type: 'latency', attributes: { latency: 5 } }) })
    assert.equal((await toxic()).status, 200)
    assert.deepEqual((await stateOf()).injections.map(({ fault }) => fault).length, 1)
    const toxics = async (): Promise<readonly unknown[]> => await (await fetch(`${url}/proxies/cache/toxics`)).json() as unknown[]
    await cli('inject', 'latency', 'cache', 'delay=1ms', '--standing')
    await cli('clear', 'latency-cache')
    assert.equal((await toxics()).length, 1, 'what is cleared by its name takes no other along')
    await cli('clear')
    assert.deepEqual(await toxics(), [])
    await cli('halt')
    assert.equal((await toxic()).status, 403)
    await cli('resume', '--reason', 'fine')
    assert.equal((await toxic()).status, 200)
  })

  it('over the network it asks for the token; with several it asks which; with none it says so', async () => {
    const none = await cli('status')
    assert.equal(none.exit, 64)
    assert.match(none.stderr, /NOT_RUNNING/)
    const { url } = await serving([], { BROWNOUT_TOKEN: 's3cret' })
    assert.match((await cli('status', '--url', url)).stderr, /CONTROL_FAILED: .*token/)
    const known = await brownout(['inject', 'partition', 'cache', '--for', '1s', '--url', url], folder, { ...env, BROWNOUT_TOKEN: 's3cret' }).ended
    assert.equal(known.exit, 0, known.stderr)
    await serving()
    const unclear = await cli('inject', 'partition', 'cache', '--for', '1s')
    assert.equal(unclear.exit, 64)
    assert.match(unclear.stderr, /SEVERAL_RUNNING: 2 are running/)
    assert.equal((JSON.parse((await cli('status', '--json')).stdout) as Status[]).length, 2)
  })

  it('a run with --ui shows how far it has come, takes faults by hand, and is aborted by a halt', async () => {
    const here = await yard()
    closing.push(() => here.close())
    here.write('cart.yaml', experiment(here.port, '  - { step: slow, at: 0s, fault: latency, on: api, params: { delay: 1ms }, for: 60s }', 'expect:\n  - { signal: api.success, during: fault, at_least: 10% }\n'))
    const run = brownout(['run', 'cart.yaml', '--ui', '0'], here.folder, env)
    await until(() => run.stderr().includes('slow: latency on api'), 60_000)
    assert.match(run.stderr(), /dashboard http:\/\/127\.0\.0\.1:\d+\/ui\/#token=\S{40,}/)
    const { mode, run: under, injections } = await stateOf()
    assert.deepEqual({ mode, phase: under?.phase, name: under?.name, expected: under?.expectations.length }, { mode: 'run', phase: 'method', name: 'cart', expected: 1 })
    assert.deepEqual(injections.map(({ id, by }) => ({ id, by })), [{ id: 'slow', by: 'slow' }])
    assert.equal((await cli('inject', 'latency', 'api', 'delay=2ms', '--for', '20s')).exit, 0)
    await cli('halt', '--reason', 'enough')
    const { exit, stderr } = await run.ended
    assert.equal(exit, 3, stderr)
    assert.match(stderr, /anna: inject latency api delay=2ms for=20s/)
    assert.match(stderr, /anna: halt enough/)
    assert.match(stderr, /ABORTED .*halted by anna: enough/s)
  })

  it('mistakes have a code and a hint, and change nothing', async () => {
    await serving()
    for (const [args, pattern] of [
      [['inject', 'latncy', 'cache', '--for', '1s'], /FAULT_UNKNOWN.*\n.*did you mean "latency"/],
      [['inject', 'latency', 'cash', 'delay=1s', '--for', '1s'], /TARGET_UNKNOWN.*\n.*did you mean "cache"/],
      [['inject', 'latency', 'cache', 'delay=1s'], /USAGE: how long/],
      [['inject', 'latency', 'cache', '--for', '1s'], /PARAM_MISSING/],
      [['clear', 'nothing'], /INJECTION_UNKNOWN/],
    ] as const) {
      const { exit, stderr } = await cli(...args)
      assert.equal(exit, 64, stderr)
      assert.match(stderr, pattern)
    }
    assert.deepEqual((await stateOf()).injections, [])
  })

  it('a policy is enforced by the server, for toxics as well', async () => {
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(folder, 'brownout.policy.yaml'), 'longest: 10s\nfaults: [latency]\n')
    const { url } = await serving()
    const denied = await cli('inject', 'latency', 'cache', 'delay=1ms', '--for', '1m')
    assert.equal(denied.exit, 64)
    assert.match(denied.stderr, /POLICY_DENIED: .*allows 10s at most/)
    assert.equal((await cli('inject', 'latency', 'cache', 'delay=1ms', '--for', '10s')).exit, 0)
    assert.equal((await fetch(`${url}/proxies/cache/toxics`, { method: 'POST', body: JSON.stringify({ type: 'latency', attributes: { latency: 5 } }) })).status, 403)
    writeFileSync(join(folder, 'brownout.policy.yaml'), 'longest: soon\n')
    assert.match((await cli('serve', '--port', '0')).stderr, /POLICY_INVALID/)
  })
})
