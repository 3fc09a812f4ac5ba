import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { Balancer } from '../../../src/demo/balancer/balancer.ts'
import { busyTime } from '../../../src/demo/balancer/usage.ts'
import { freePort } from '../../../src/demo/daemon.ts'
import { startWatchdog, type Watchdog } from '../../../src/watchdog/watchdog.ts'
import { runs, until } from '../../support/processes.ts'

/** An instance that says who it is, and does as it is told. */
const INSTANCE = `
  import { createServer } from 'node:http'
  import { WebSocketServer } from ${JSON.stringify(import.meta.resolve('ws'))}
  let [well, posts] = [true, 0]
  const server = createServer(async (request, response) => {
    const { method, url } = request
    if (url === '/healthz') return response.writeHead(well ? 200 : 503).end()
    if (url === '/sick' || url === '/cured') well = url === '/cured'
    if (method === 'POST') posts++
    if (url === '/cut') return request.socket.destroy()
    if (url === '/die') return setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)
    if (url === '/burn') for (const until = Date.now() + 90; Date.now() < until;);
    if (url === '/slow') await new Promise((resolve) => setTimeout(resolve, 300))
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    response.writeHead(200, { 'x-pid': process.pid, 'set-cookie': ['a=1', 'b=2'] }).end(JSON.stringify({ pid: process.pid, posts, headers: request.headers, body: String(Buffer.concat(chunks)) }))
  }).listen(process.env.PORT, '127.0.0.1')
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => { socket.send(String(process.pid)); socket.on('message', (text) => socket.send(text, { binary: false })) })
  process.on('SIGTERM', () => { for (const socket of sockets.clients) socket.close(1001); server.close(() => process.exit(0)); server.closeIdleConnections() })`

interface Told { readonly wanted: number; readonly serving: number; readonly lost: number; readonly retries: number; readonly failures: number; readonly instances: readonly { readonly number: number; readonly pid: number; readonly state: string; readonly ejected: boolean; readonly ejections: number; readonly sockets: number; readonly inFlight: number; readonly served: number }[] }
interface Answered { readonly pid: number; readonly posts: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }

describe('the balancer', () => {
  let server: Server
  let balancer: Balancer
  let watchdog: Watchdog
  let said = ''
  const open: WebSocket[] = []

  before(async () => {
    const instances = 3
    watchdog = startWatchdog()
    balancer = new Balancer({ command: [process.execPath, '--input-type=module', '-e', INSTANCE], env: {}, min: instances, max: instances, busy: 0.7, idle: 0.3, watchdog, log: (line) => { said += `${line}\n` } })
    server = createServer().listen(0, '127.0.0.1')
    server.on('request', balancer.request).on('upgrade', balancer.upgrade)
    await once(server, 'listening')
    await balancer.begin()
    await holds(async () => (await told()).serving === instances)
  })
  const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const told = async (): Promise<Told> => await (await fetch(url('/balancer'))).json() as Told
  const ask = async (path: string, init?: RequestInit): Promise<Answered> => await (await fetch(url(path), init)).json() as Answered
  const holds = async (condition: () => Promise<boolean>): Promise<void> => {
    const deadline = performance.now() + 10_000
    while (!await condition()) assert.ok(performance.now() < deadline, said)
  }
  const counted = (names: readonly unknown[]): number[] => [...new Set(names)].map((name) => names.filter((one) => one === name).length).sort()
  const join = async (): Promise<{ socket: WebSocket; pid: number }> => {
    const socket = new WebSocket(url('/live').replace('http', 'ws'))
    open.push(socket)
    const [pid] = await once(socket, 'message')
    return { socket, pid: Number(pid) }
  }
  afterEach(() => { for (const socket of open.splice(0)) socket.terminate() })
  after(async () => {
    balancer.stop()
    balancer.close()
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })

  it('spreads requests and WebSockets evenly over the instances, those that take long as well', async () => {
    const [quick, slow] = [[] as number[], [] as number[]]
    for (let i = 0; i < 90; i++) quick.push((await ask('/')).pid)
    assert.deepEqual(counted(quick), [30, 30, 30])
    slow.push(...await Promise.all(Array.from({ length: 12 }, async () => (await ask('/slow')).pid)))
    assert.deepEqual(counted(slow), [4, 4, 4])
    const pids: number[] = []
    for (let i = 0; i < 12; i++) pids.push((await join()).pid)
    assert.deepEqual(counted(pids), [4, 4, 4])
    assert.deepEqual((await told()).instances.map(({ sockets, inFlight }) => [sockets, inFlight]), [[4, 0], [4, 0], [4, 0]])
  })

  it('passes on what is asked and answered as it is, but for what concerns the connection', async () => {
    const response = await fetch(url('/any?x=1'), { method: 'POST', body: 'äöü', headers: { 'x-own': 'one', 'idempotency-key': '7' } })
    assert.deepEqual([response.status, response.headers.getSetCookie()], [200, ['a=1', 'b=2']])
    const { headers, body } = await response.json() as Answered
    assert.deepEqual([body, headers['x-own'], headers['idempotency-key'], headers['content-length'], headers['x-forwarded-for']], ['äöü', 'one', '7', '6', '127.0.0.1'])
    assert.equal((await ask('/', { method: 'POST' })).body, '')
    const { socket, pid } = await join()
    socket.send('hello')
    const [text] = await once(socket, 'message')
    assert.equal(String(text), 'hello')
    assert.ok(runs(pid))
  })

  it('asks another instance once for what changes nothing, and nobody for what may have', async () => {
    const cut = await fetch(url('/cut'))
    assert.deepEqual([cut.status, (await told()).retries, (await told()).failures], [502, 1, 1])
    const posts = async (): Promise<number> => {
      const all = new Map<number, number>()
      while (all.size < 3) { const { pid, posts } = await ask('/'); all.set(pid, posts) }
      return [...all.values()].reduce((sum, count) => sum + count)
    }
    const before = await posts()
    const sold = await fetch(url('/cut'), { method: 'POST', body: 'x' })
    assert.deepEqual([sold.status, (await told()).retries], [502, 1])
    assert.equal(await posts(), before + 1)
  })

  it('leaves an instance alone that is not well, and comes back to it when it is', async () => {
    const sick = new Set<number>()
    const ejected = async (): Promise<Set<number>> => new Set((await told()).instances.flatMap(({ ejected, pid }) => (ejected ? [pid] : [])))
    for (let count = 1; count <= 3; count++) {
      sick.add((await ask('/sick')).pid)
      await holds(async () => (await ejected()).size === count)
      assert.deepEqual(await ejected(), sick)
      if (count < 3) for (let i = 0; i < 6; i++) assert.ok(!sick.has((await ask('/')).pid))
    }
    // None is well: better than nobody.
    for (let i = 0; i < 3; i++) assert.ok(sick.has((await ask('/cured')).pid))
    await holds(async () => (await ejected()).size === 0)
    const back = new Set<number>()
    for (let i = 0; i < 3; i++) back.add((await ask('/')).pid)
    assert.deepEqual(back, sick)
  })

  it('leaves an instance alone whose answers do not come, three in a row', async () => {
    const ejections = async (): Promise<number[]> => (await told()).instances.map((instance) => instance.ejections)
    const before = await ejections()
    for (let i = 0; i < 9; i++) assert.equal((await fetch(url('/cut'), { method: 'POST' })).status, 502)
    await holds(async () => (await ejections()).every((count, i) => count > (before[i] ?? 0)) && !(await told()).instances.some(({ ejected }) => ejected))
    assert.equal((await fetch(url('/'))).status, 200)
  })

  it('loses no read with an instance that is killed, and has another in its place', async () => {
    const before = await told()
    const [victim] = before.instances
    let going = true
    const statuses: number[] = []
    const readers = Array.from({ length: 4 }, async () => { while (going) statuses.push((await fetch(url('/'))).status) })
    const slow = Promise.all(Array.from({ length: 6 }, () => ask('/slow')))
    await holds(async () => (await told()).instances.every(({ inFlight }) => inFlight >= 2))
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    await slow
    await holds(async () => { const { serving, instances } = await told(); return serving === 3 && !instances.some(({ pid }) => pid === victim?.pid) })
    going = false
    await Promise.all(readers)
    assert.deepEqual(counted(statuses), [statuses.length])
    assert.equal(statuses[0], 200)
    const { lost, retries, failures } = await told()
    assert.deepEqual([lost, failures], [1, before.failures])
    assert.ok(retries >= before.retries + 2, `${retries}`)
  })
})

describe('a balancer whose instance has too much to do', () => {
  // Elsewhere nobody says how busy an instance is, and their number stays.
  before(function () { if (busyTime(process.pid) === undefined) this.skip() })

  it('starts another, says why, and gives new requests and WebSockets to it', async () => {
    const watchdog = startWatchdog()
    const balancer = new Balancer({ command: [process.execPath, '--input-type=module', '-e', INSTANCE], env: {}, min: 1, max: 2, busy: 0.5, idle: 0.1, watchdog, log: () => undefined })
    const server = createServer().listen(0, '127.0.0.1')
    server.on('request', balancer.request).on('upgrade', balancer.upgrade)
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    let going = true
    try {
      await balancer.begin()
      const told = async (): Promise<Told & { readonly decisions: readonly { from: number; to: number; why: string }[] }> => await (await fetch(`${url}/balancer`)).json() as Told & { decisions: [] }
      const deadline = performance.now() + 15_000
      while ((await told()).serving < 1) assert.ok(performance.now() < deadline)
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live`)
      const [first] = await once(socket, 'message')
      const burning = (async () => { while (going) await (await fetch(`${url}/burn`)).text() })()
      while ((await told()).serving < 2) assert.ok(performance.now() < deadline, JSON.stringify(await told()))
      going = false
      await burning
      const { decisions: [decision], wanted } = await told()
      assert.deepEqual([wanted, decision?.from, decision?.to], [2, 1, 2])
      assert.match(decision?.why ?? '', /^\d+ % busy, more than 50 % for 3 s; p95 \d+ ms, \d+\/s$/)
      const second = new WebSocket(`${url.replace('http', 'ws')}/live`)
      const [other] = await once(second, 'message')
      assert.notEqual(String(other), String(first))
      for (const one of [socket, second]) one.terminate()
    } finally {
      going = false
      balancer.stop()
      balancer.close()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }).timeout(30_000)
})

describe('the balancer as a program', () => {
  const start = async (env: NodeJS.ProcessEnv): Promise<{ readonly child: ReturnType<typeof spawn>; readonly pids: readonly number[] }> => {
    const port = await freePort()
    // The database is not there: the shops wait for it, which is enough.
    const child = spawn(process.execPath, [fileURLToPath(new URL('../../../src/demo/balancer/main.js', import.meta.url))], { stdio: 'ignore', env: { PORT: String(port), REDIS_URL: '', DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/none`, ...env } })
    let pids: readonly number[] = []
    const deadline = performance.now() + 10_000
    while (pids.length < 2) {
      assert.ok(performance.now() < deadline)
      pids = await fetch(`http://127.0.0.1:${port}/balancer`).then(async (response) => (await response.json() as Told).instances.map(({ pid }) => pid), () => [])
    }
    return { child, pids }
  }

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`ends on ${signal}, and so do the shops`, async () => {
      const { child, pids } = await start({ INSTANCES: '2' })
      assert.deepEqual(pids.map(runs), [true, true])
      child.kill(signal)
      await once(child, 'exit')
      assert.notEqual(await until(() => !pids.some(runs), 5000), undefined, `still there: ${pids.filter(runs)}`)
    })
  }

  it('says what is wrong with its environment, and ends', async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('../../../src/demo/balancer/main.js', import.meta.url))], { stdio: ['ignore', 'ignore', 'pipe'], env: { INSTANCES: '3', MAX: '2' } })
    const [text] = await once(child.stderr, 'data')
    assert.match(String(text), /INSTANCES and MAX/)
    const [code] = await once(child, 'exit')
    assert.equal(code, 2)
  })
})
