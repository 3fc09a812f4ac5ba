/** `brownout serve` and `toxiproxy-server` as processes: flags, files, signals, exits. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { goSpelled } from '../../src/cli/go-flags.ts'
import { until } from './brownout.ts'

const bin = (name: string): string => fileURLToPath(new URL(`../../bin/${name}.js`, import.meta.url))

interface Serving { readonly child: ChildProcess; readonly ended: Promise<number | null>; stdout(): string; stderr(): string; url(): Promise<string> }

describe('brownout serve', () => {
  let folder: string
  const running = new Set<ChildProcess>()
  const closing: (() => unknown)[] = []
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'brownout-serve-')) })
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL')
    for (const close of closing.splice(0)) close()
    rmSync(folder, { recursive: true, force: true })
  })

  function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Serving {
    const child = spawn(process.execPath, [bin(program), ...args], { cwd: folder, env: { ...process.env, LOG_LEVEL: '', BROWNOUT_TOKEN: undefined, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => { stdout += chunk })
    child.stderr.on('data', (chunk) => { stderr += chunk })
    const ended = new Promise<number | null>((resolve) => { child.once('close', (exit) => { running.delete(child); resolve(exit) }) })
    const address = (): string | undefined => /"address":"(http:[^"]+)"/.exec(stdout + stderr)?.[1]
    return {
      child, ended, stdout: () => stdout, stderr: () => stderr,
      async url() {
        await until(() => address() !== undefined || child.exitCode !== null)
        return address() ?? assert.fail(stdout + stderr)
      },
    }
  }
  const write = (name: string, text: string): string => { writeFileSync(join(folder, name), text); return name }
  const proxiesAt = async (url: string): Promise<Record<string, { listen: string; upstream: string; toxics: readonly { attributes: object }[] }>> =>
    (await (await fetch(`${url}/proxies`)).json()) as never
  const portOf = (listen: string | undefined): number => Number(listen?.split(':').at(-1))

  it('serves until SIGTERM, with JSON logs on stderr and nothing on stdout, and exits 0', async () => {
    const on = start('brownout', ['serve', '-port', '0'])
    assert.equal(await (await fetch(`${await on.url()}/version`)).text(), '{"version": "2.12.0"}\n')
    assert.match(await (await fetch(`${await on.url()}/metrics`)).text(), /^process_cpu_seconds_total/m)
    on.child.kill('SIGTERM')
    assert.equal(await on.ended, 0)
    assert.equal(on.stdout(), '')
    for (const line of on.stderr().trim().split('\n')) {
      const entry = JSON.parse(line) as Record<string, unknown>
      assert.ok(typeof entry['message'] === 'string' && typeof entry['level'] === 'string')
      assert.match(String(entry['time']), /^\d{4}-\d\d-\d\dT.*Z$/)
    }
  })

  it('clears faults at SIGTERM, takes no more connections, lets those there end, then exits', async () => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => { socket.on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end()).on('error', () => socket.destroy()) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const on = start('brownout', ['serve', '--port', '0', '--drain', '5s'])
    const url = await on.url()
    const upstream = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const made = (await (await fetch(`${url}/proxies`, { method: 'POST', body: JSON.stringify({ name: 'a', upstream, toxics: [{ type: 'latency', attributes: { latency: 600_000 } }] }) })).json()) as { listen: string }
    const client = connect(portOf(made.listen), '127.0.0.1')
    closing.push(() => client.destroy())
    let got = ''
    client.on('data', (chunk) => { got += chunk })
    client.write('held')
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    assert.equal(got, '')
    on.child.kill('SIGTERM')
    await until(() => got === 'held')
    const refused = connect(portOf(made.listen), '127.0.0.1')
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
    client.end()
    assert.equal(await on.ended, 0)
  })

  it('ends at once at a second signal', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => server.close())
    const on = start('brownout', ['serve', '--port', '0', '--drain', '1m'])
    const made = (await (await fetch(`${await on.url()}/proxies`, { method: 'POST', body: JSON.stringify({ name: 'a', upstream: `127.0.0.1:${(server.address() as AddressInfo).port}` }) })).json()) as { listen: string }
    const client = connect(portOf(made.listen), '127.0.0.1').on('error', () => undefined)
    closing.push(() => client.destroy())
    await once(client, 'connect')
    on.child.kill('SIGTERM')
    await until(() => on.stderr().includes('stopping'))
    on.child.kill('SIGTERM')
    assert.equal(await on.ended, 143)
  })

  it('exits non-zero with a message where the admin port is in use', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    closing.push(() => taken.close())
    const { port } = taken.address() as AddressInfo
    for (const program of ['brownout', 'toxiproxy-server']) {
      const on = start(program, [...(program === 'brownout' ? ['serve'] : []), `-port=${port}`])
      assert.notEqual(await on.ended, 0)
      assert.match(on.stderr(), new RegExp(`PORT_IN_USE: the admin port 127\\.0\\.0\\.1:${port} is in use`))
    }
  })

  it('serves a network only with a token or when told to do without, and says so', async () => {
    const refused = start('brownout', ['serve', '-host', '0.0.0.0', '-port', '0'])
    assert.equal(await refused.ended, 64)
    assert.match(refused.stderr(), /--host 0\.0\.0\.0 opens the API to a network/)
    const on = start('brownout', ['serve', '-host', '0.0.0.0', '-port', '0'], { BROWNOUT_TOKEN: 's3cr3t' })
    const url = (await on.url()).replace('0.0.0.0', '127.0.0.1')
    assert.equal((await fetch(`${url}/version`)).status, 401)
    assert.equal((await fetch(`${url}/version`, { headers: { Authorization: 'Bearer s3cr3t' } })).status, 200)
    assert.match(on.stderr(), /"level":"warn".*open to a network/)
    assert.ok(!on.stderr().includes('s3cr3t'))
    const open = start('brownout', ['serve', '-host', '0.0.0.0', '-port', '0', '--without-token'])
    assert.equal((await fetch(`${(await open.url()).replace('0.0.0.0', '127.0.0.1')}/version`)).status, 200)
  })

  it('reads targets, toxics and standing rules from YAML, and at SIGHUP changes only what the file changed', async () => {
    const yaml = (latency: number, second: string): string => `
targets:
  cache: { upstream: "redis://127.0.0.1:6379", listen: "127.0.0.1:0" }
  ${second}
toxics:
  - { on: cache, type: latency, toxicity: 50%, attributes: { latency: 100 } }
  - { on: other, type: latency, stream: upstream, attributes: { latency: ${latency} } }
rules:
  - { rule: thin, fault: bandwidth, on: other, params: { rate: 64KiB/s }, chance: 10% }
`
    write('c.yaml', yaml(5, 'other: { upstream: "tcp://localhost:7" }'))
    const on = start('brownout', ['serve', '--port', '0', '--config', 'c.yaml'])
    const url = await on.url()
    await until(() => on.stderr().includes('"proxy":"other"'))
    const before = await proxiesAt(url)
    assert.deepEqual(Object.keys(before), ['cache', 'other'])
    assert.deepEqual(before['cache']?.toxics, [{ attributes: { latency: 100, jitter: 0 }, name: 'latency_downstream', type: 'latency', stream: 'downstream', toxicity: 0.5 }])
    assert.match(await (await fetch(`${url}/metrics`)).text(), /brownout_altered_operations_total\{proxy="other",rule="other:thin",fault="bandwidth"\} 0/)
    await fetch(`${url}/proxies`, { method: 'POST', body: '{"name":"mine","upstream":"127.0.0.1:1"}' })
    await fetch(`${url}/proxies/cache/toxics/latency_downstream`, { method: 'PATCH', body: '{"attributes":{"latency":7}}' })

    write('c.yaml', yaml(9, 'other: { upstream: "tcp://localhost:8" }'))
    on.child.kill('SIGHUP')
    await until(() => on.stderr().includes('read again'))
    const after = await proxiesAt(url)
    assert.deepEqual(Object.keys(after), ['cache', 'mine', 'other'])
    assert.equal(after['cache']?.listen, before['cache']?.listen)
    assert.deepEqual(after['cache']?.toxics[0]?.attributes, { latency: 7, jitter: 0 })
    assert.deepEqual([after['other']?.upstream, after['other']?.toxics[0]?.attributes], ['localhost:8', { latency: 9, jitter: 0 }])

    write('c.yaml', 'targets: { cache: { upstream: ')
    on.child.kill('SIGHUP')
    await until(() => on.stderr().includes('with problems'))
    assert.deepEqual(await proxiesAt(url), after)
    write('c.yaml', 'targets: { other: { upstream: "tcp://localhost:8" } }')
    on.child.kill('SIGHUP')
    await until(() => on.stderr().split('read again').length === 4)
    assert.deepEqual(Object.keys(await proxiesAt(url)), ['mine', 'other'])
  })

  it('says all that is wrong with a file, each at its line and column, and serves nothing', async () => {
    write('c.yaml', `targets:
  cache: { upstream: "redis://127.0.0.1:6379" }
toxics:
  - { on: cahe, type: latency }
  - { on: cache, type: latncy }
rules:
  - { rule: thin, fault: bandwith, on: cache, params: { rate: 1MB/s } }
  - { rule: bits, fault: corrupt, on: cache, params: { rate: 1% } }
`)
    const on = start('brownout', ['serve', '--port', '0', '--config', 'c.yaml'])
    assert.equal(await on.ended, 64)
    for (const line of ['c.yaml:4:11: error TARGET_UNKNOWN', 'c.yaml:7:26: error FAULT_UNKNOWN', 'did you mean "bandwidth"?', 'c.yaml:8:26: error CORRUPTION_REFUSED']) assert.ok(on.stderr().includes(line), `${line} in ${on.stderr()}`)
    write('t.yaml', 'targets: { cache: { upstream: "redis://127.0.0.1:6379" } }\ntoxics:\n  - { on: cache, type: latncy }\n  - { on: cache, type: slicer }\n')
    const toxics = start('brownout', ['serve', '--port', '0', '--config', 't.yaml'])
    assert.equal(await toxics.ended, 64)
    for (const line of ['t.yaml:3:5: error VALUE_INVALID: invalid toxic type', 'did you mean "latency"?', 't.yaml:4:5: error VALUE_INVALID: attribute average_size of slicer']) assert.ok(toxics.stderr().includes(line), `${line} in ${toxics.stderr()}`)
  })

  it('listens on unix sockets and connects to them where a file says so', async () => {
    write('c.yaml', `targets: { api: { upstream: "unix:${folder}/server.sock", listen: "unix:${folder}/proxy.sock" } }\n`)
    const server = createTcpServer((socket) => { socket.end('hello') }).listen(`${folder}/server.sock`)
    await once(server, 'listening')
    closing.push(() => server.close())
    const on = start('brownout', ['serve', '--port', '0', '--config', 'c.yaml'])
    await on.url()
    await until(() => on.stderr().includes('"proxy":"api"'))
    const client = connect(`${folder}/proxy.sock`)
    const [chunk] = (await once(client, 'data')) as [Buffer]
    assert.equal(chunk.toString(), 'hello')
    client.destroy()
  })

  describe('as toxiproxy-server', () => {
    it('says its version, and with -h how it is used, and exits 0', async () => {
      for (const flag of ['-version', '--version']) {
        const on = start('toxiproxy-server', [flag])
        assert.deepEqual([await on.ended, on.stdout()], [0, 'toxiproxy-server version 2.12.0\n'])
      }
      assert.equal(await start('toxiproxy-server', ['-h']).ended, 0)
    })

    it('reads its JSON, logs on stdout, has /metrics only when asked, and goes on where the file is bad', async () => {
      write('c.json', '[{"name":"a","listen":"127.0.0.1:0","upstream":"127.0.0.1:1"},{"name":"b","upstream":"127.0.0.1:1","enabled":false}]')
      const on = start('toxiproxy-server', ['-port=0', '-config', 'c.json'])
      const url = await on.url()
      await until(() => on.stdout().includes('"proxy":"b"'))
      assert.deepEqual(Object.keys(await proxiesAt(url)), ['a', 'b'])
      assert.equal((await fetch(`${url}/metrics`)).status, 404)
      assert.equal(on.stderr(), '')
      const metrics = start('toxiproxy-server', ['-port', '0', '-proxy-metrics', '-config', 'missing.json'])
      const text = await (await fetch(`${await metrics.url()}/metrics`)).text()
      assert.ok(!text.includes('process_cpu'))
      await until(() => /"level":"error".*missing\.json/.test(metrics.stdout()))
    })

    it('keeps to LOG_LEVEL', async () => {
      const on = start('toxiproxy-server', ['-port', '0', '-config', 'missing.json'], { LOG_LEVEL: 'error' })
      await until(() => on.stdout().includes('missing.json'))
      on.child.kill('SIGTERM')
      assert.equal(await on.ended, 0)
      assert.deepEqual(on.stdout().trim().split('\n').map((line) => (JSON.parse(line) as { level: string }).level), ['error'])
      assert.equal(await start('toxiproxy-server', ['-port', '0'], { LOG_LEVEL: 'loud' }).ended, 64)
    })
  })
})

describe('Go spellings', () => {
  it('are those of flags that a Go program has, and nothing else', () => {
    assert.deepEqual(goSpelled(['serve', '-host', 'a', '-port=1', '--seed', '-h', '-x', '-proxy-metrics', 'x-port']), ['serve', '--host', 'a', '--port=1', '--seed', '-h', '-x', '--proxy-metrics', 'x-port'])
  })
})
