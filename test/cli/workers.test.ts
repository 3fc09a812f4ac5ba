/** `--workers` as people give it: serve and run as processes with processes of their own. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gone, until } from './brownout.ts'

const BIN = fileURLToPath(new URL('../../bin/brownout.js', import.meta.url))

/** Processes that this one has started. */
const childrenOf = (pid: number): readonly number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((one) => {
  try {
    return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${one}/stat`, 'latin1'))?.[1]) === pid
  } catch {
    return false
  }
})

interface Serving { readonly child: ChildProcess; readonly url: string; readonly ended: Promise<number | null>; log(): string; ask(method: string, path: string, body?: object): Promise<unknown> }

describe('--workers', () => {
  const open: (() => unknown)[] = []
  afterEach(() => { for (const close of open.splice(0).reverse()) close() })

  async function serve(...args: readonly string[]): Promise<Serving> {
    const folder = mkdtempSync(join(tmpdir(), 'brownout-workers-'))
    open.push(() => rmSync(folder, { recursive: true, force: true }))
    const child = spawn(process.execPath, [BIN, 'serve', '--port', '0', ...args], { cwd: folder, env: { ...process.env, LOG_LEVEL: '' }, stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    child.stderr.on('data', (chunk) => { log += chunk })
    const ended = new Promise<number | null>((resolve) => { child.once('close', resolve) })
    open.push(() => child.kill('SIGKILL'))
    const found = (): string | undefined => /"address":"(http:[^"]+)"/.exec(log)?.[1]
    await until(() => found() !== undefined || child.exitCode !== null)
    const url = found() ?? assert.fail(log)
    return { child, url, ended, log: () => log, ask: async (method, path, body) => (await (await fetch(`${url}${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) })).json()) as unknown }
  }

  async function echo(): Promise<string> {
    const server = createServer((socket) => { socket.on('data', (chunk) => socket.write(chunk)).on('error', () => socket.destroy()) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    open.push(() => server.close())
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async function proxied(on: Serving): Promise<() => Promise<Socket>> {
    const made = await on.ask('POST', '/proxies', { name: 'it', upstream: await echo() }) as { listen: string }
    return async () => {
      const socket = connect(Number(made.listen.split(':').at(-1)), '127.0.0.1')
      socket.on('error', () => undefined)
      open.push(() => socket.destroy())
      await once(socket, 'connect')
      return socket
    }
  }

  async function roundTrip(socket: Socket): Promise<number> {
    const from = performance.now()
    socket.write('x')
    await once(socket, 'data')
    return performance.now() - from
  }

  it('serves as ever: toxics on all connections, of new and of old, /metrics of all of them, and it ends with its workers', async () => {
    const on = await serve('--workers', '2')
    const client = await proxied(on)
    const clients = [await client(), await client(), await client(), await client()]
    for (const one of clients) await roundTrip(one)
    const workers = childrenOf(on.child.pid ?? 0)
    assert.equal(workers.length, 2)
    await on.ask('POST', '/proxies/it/toxics', { type: 'latency', attributes: { latency: 80 } })
    for (const one of clients) assert.ok(await roundTrip(one) >= 79)
    await fetch(`${on.url}/proxies/it/toxics/latency_downstream`, { method: 'DELETE' })
    assert.ok(await roundTrip(clients[0] ?? assert.fail()) < 79)
    const metrics = await (await fetch(`${on.url}/metrics`)).text()
    const own = metrics.split('\n').filter((line) => /^(brownout|toxiproxy)/.test(line)).join('\n')
    assert.match(own, /^brownout_connections\{proxy="it"\} 4$/m)
    assert.match(own, /^toxiproxy_proxy_received_bytes_total\{.*direction="upstream"\} 9$/m)
    on.child.kill('SIGTERM')
    assert.equal(await on.ended, 0)
    await until(() => workers.every(gone))
  })

  it('one more and one less by signal, and another in the place of one that dies, told in the log', async () => {
    const on = await serve('--workers', '1')
    const client = await proxied(on)
    await roundTrip(await client())
    const workers = (): readonly number[] => childrenOf(on.child.pid ?? 0).filter((pid) => !gone(pid))
    on.child.kill('SIGTTIN')
    await until(() => workers().length === 2 && on.log().includes('"workers":2'))
    on.child.kill('SIGTTOU')
    await until(() => workers().length === 1 && on.log().includes('"workers":1'))
    const [dying = 0] = workers()
    process.kill(dying, 'SIGKILL')
    await until(() => workers().length === 1 && workers()[0] !== dying)
    await until(() => /"level":"error".*a worker ended by SIGKILL: its connections are lost; another takes its place/.test(on.log()))
    await roundTrip(await client())
  })

  it('leaves no worker behind when it is killed', async () => {
    const on = await serve('--workers', '2')
    await roundTrip(await (await proxied(on))())
    const workers = childrenOf(on.child.pid ?? 0)
    assert.equal(workers.length, 2)
    on.child.kill('SIGKILL')
    await until(() => workers.every(gone))
  })

  it('dials in no circle, though only the primary knows who listens where', async () => {
    const on = await serve('--workers', '1')
    const free = (await echo()).split(':').at(-1)
    for (const close of open.splice(-1)) close()
    const first = await on.ask('POST', '/proxies', { name: 'first', upstream: `127.0.0.1:${free}` }) as { listen: string }
    await on.ask('POST', '/proxies', { name: 'second', listen: `127.0.0.1:${free}`, upstream: first.listen })
    const socket = connect(Number(first.listen.split(':').at(-1)), '127.0.0.1')
    open.push(() => socket.destroy())
    await new Promise((resolve) => { socket.on('error', () => undefined).once('close', resolve) })
    await until(() => /"proxy":"first",.*not connected: it leads back to the proxy itself/.test(on.log()))
    assert.doesNotMatch(on.log(), /"proxy":"second",.*not connected/)
  })

  it('refuses what is no number of workers', async () => {
    for (const workers of ['0', '65', 'many', '-1']) {
      const child = spawn(process.execPath, [BIN, 'serve', '--port', '0', `--workers=${workers}`], { stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      child.stderr.on('data', (chunk) => { said += chunk })
      assert.deepEqual(await once(child, 'close'), [64, null])
      assert.match(said, /--workers .*: expected a number from 1 to 64, or auto/)
    }
  })
})
