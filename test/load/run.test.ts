import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { monotonicNow } from '../../src/core/clock.ts'
import { ms, perSecond } from '../../src/core/units.ts'
import { startLoad, type LoadOptions, type LoadRun } from '../../src/load/run.ts'
import type { LoadSpec } from '../../src/load/spec.ts'
import type { LoadVerdict } from '../../src/load/verdict.ts'
import type { BucketRecord } from '../../src/record/buckets.ts'
import { latency, sum } from './totals.ts'
import { runs, until } from '../support/processes.ts'

const MAIN = fileURLToPath(new URL('../../src/load/run.js', import.meta.url))
const SECRET = 's3cr3t-7f2a'

/** Everything begun by a test, ended after it. */
const endings: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => { for (const end of endings.splice(0).reverse()) await end() })

function portOf(server: Pick<Server, 'address'>): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createHttp(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${portOf(server)}/`
}

const httpSpec = (url: string, more: Partial<LoadSpec> = {}): LoadSpec =>
  ({ name: 'shop', send: { kind: 'http', method: 'GET', url, headers: {} }, rate: perSecond(100), timeout: ms(2000), ok: '2xx', inFlightMax: 2000, connections: 1, ...more })

interface Rig { readonly run: LoadRun; readonly buckets: BucketRecord[]; readonly problems: string[]; readonly origin: number }
async function load(specs: readonly LoadSpec[], more: Partial<LoadOptions> = {}): Promise<Rig> {
  const [buckets, problems, origin]: [BucketRecord[], string[], ReturnType<typeof monotonicNow>] = [[], [], monotonicNow()]
  const run = await startLoad({ specs, origin, width: ms(100), seed: 1, onBucket: (bucket) => buckets.push(bucket), onProblem: (text) => problems.push(text), ...more })
  endings.push(() => run.kill())
  return { run, buckets, problems, origin }
}

/** Runs for `duration` from the first intended send and stops. */
async function through({ run }: Rig, duration: number): Promise<readonly LoadVerdict[]> {
  const begin = await run.begin()
  await pause(Math.max(0, begin + duration - monotonicNow()))
  return run.stop()
}

/** Pids of the generators that this process has started and that still run. */
const generators = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
  try {
    const parent = Number(/^PPid:\s(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1])
    return parent === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('generator-main.js') ? [Number(name)] : []
  } catch (error) {
    // It ended while we looked.
    if (error instanceof Error) return []
    throw error
  }
})

describe('load: the generator’s process', () => {
  it('keeps the rate within 1 %, and every operation ends as exactly one thing', async () => {
    const rig = await load([httpSpec(await serve((_request, response) => { response.end('ok') }))])
    const [verdict] = await through(rig, 3000)
    const { offered, ok, error, timeout, dropped, indeterminate } = sum(rig.buckets)
    const whole = rig.buckets.slice(1, 29)
    assert.equal(whole.length, 28)
    const rate = sum(whole).offered / 2.8
    assert.ok(Math.abs(rate - 100) <= 1, `${rate}/s`)
    assert.equal(ok, offered)
    assert.equal(error + timeout + dropped + indeterminate, 0)
    assert.deepEqual([verdict?.sent, verdict?.name], [offered, 'shop'])
    assert.deepEqual(rig.problems, [])
  })

  it('shows a stall of one second as one second, where a closed loop would show one slow request', async function () {
    this.timeout(60_000)
    let until = 0
    const url = await serve((_request, response) => { setTimeout(() => response.end('ok'), Math.max(0, until - performance.now())) })
    const stalled = async (): Promise<{ readonly rig: Rig; readonly valid: boolean }> => {
      const rig = await load([httpSpec(url, { rate: perSecond(200) })])
      setTimeout(() => { until = performance.now() + 1000 }, 1000)
      const [verdict] = await through(rig, 4000)
      return { rig, valid: verdict?.valid === true }
    }
    // The server is in this process, among other tests: where the generator was kept from its plan as well, it says so.
    let { rig, valid } = await stalled()
    for (let more = 2; !valid && more > 0; more--) ({ rig, valid } = await stalled())
    const { offered, ok } = sum(rig.buckets)
    assert.equal(ok, offered)
    const p99 = latency(rig.buckets, 0.99)
    // What had waited is answered at once when it is over, which takes a busy machine some time.
    assert.ok(p99 > 900 && p99 < 1600, `p99 ${p99}`)
    // A quarter of the operations were due in the stall, and waited half of it on average.
    const p85 = latency(rig.buckets, 0.85)
    assert.ok(p85 > 250 && p85 < 800, `p85 ${p85}`)
    assert.ok(latency(rig.buckets, 0.5) < 250)
  })

  it('aligns its buckets to the origin and sends them in order, without a gap, from the beginning on', async () => {
    const rig = await load([httpSpec(await serve((_request, response) => { response.end('ok') }), { rate: perSecond(7) })])
    const begin = await rig.run.begin()
    await pause(800)
    await rig.run.stop()
    assert.equal(rig.buckets[0]?.start, begin)
    rig.buckets.forEach(({ start, width }, i) => {
      assert.equal(width, 100)
      assert.ok(Math.abs(start - (begin + i * 100)) < 1e-6)
      assert.ok(Math.abs((start - rig.origin) / 100 - Math.round((start - rig.origin) / 100)) < 1e-6)
    })
    assert.ok(rig.buckets.some(({ counts }) => counts.offered === 0), 'an empty one is sent too')
  })

  it('counts what a server that never answers was offered, and the timeouts as they become late', async () => {
    const server = createTcp((socket) => { socket.on('error', () => socket.destroy()) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => { server.close() })
    const rig = await load([httpSpec(`http://127.0.0.1:${portOf(server)}/`, { timeout: ms(300) })])
    const [verdict] = await through(rig, 1500)
    const { offered, timeout, ok, error } = sum(rig.buckets)
    assert.ok(offered >= 149, `${offered}`)
    assert.deepEqual([timeout, ok, error], [offered, 0, 0])
    assert.equal(rig.buckets.slice(0, 3).reduce((total, { counts }) => total + counts.timeout, 0), 0)
    for (const { counts } of rig.buckets.slice(4, 14)) assert.ok(Math.abs(counts.timeout - 10) <= 1, `${counts.timeout}`)
    assert.equal(Math.round(latency(rig.buckets, 0.5)), 300)
    assert.equal(verdict?.droppedShare, 0)
  })

  it('counts a refused connection and a bad status as errors, and says which', async () => {
    const free = createTcp().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const teapot = await serve((_request, response) => { response.writeHead(418).end() })
    const port = portOf(free)
    free.close()
    const rig = await load([httpSpec(`http://127.0.0.1:${port}/`), httpSpec(teapot, { name: 'pot' })])
    const verdicts = await through(rig, 500)
    const [refused, bad] = verdicts.map(({ errors }) => Object.keys(errors))
    assert.deepEqual([refused, bad], [['ECONNREFUSED'], ['status 418']])
    const { offered, error } = sum(rig.buckets)
    assert.equal(error, offered)
  })

  it('sends method, headers, body and the operation’s number, and takes the statuses it was told for ok', async () => {
    const seen: { method: string | undefined; url: string | undefined; type: string | undefined; body: string }[] = []
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => { body += chunk }).on('end', () => {
        seen.push({ method: request.method, url: request.url, type: request.headers['content-type'], body })
        response.writeHead(404).end('x'.repeat(100_000))
      })
    })
    const send = { kind: 'http', method: 'POST', url: `${url}order/{n}?q=1`, headers: { 'content-type': 'application/json' }, body: '{"order":"{n}"}' } as const
    const rig = await load([httpSpec(url, { send, ok: '2xx,404' })])
    await through(rig, 300)
    assert.deepEqual(seen.find(({ body }) => body.includes('"3"')), { method: 'POST', url: '/order/3?q=1', type: 'application/json', body: '{"order":"3"}' })
    const { offered, ok } = sum(rig.buckets)
    assert.deepEqual([ok > 20, ok], [true, offered])
  })

  it('is made by several processes as by one: each operation once, the buckets and figures of all put together', async () => {
    const seen: number[] = []
    const url = await serve((request, response) => { seen.push(Number(request.url?.slice(1))); response.end() })
    const rig = await load([
      httpSpec(url, { send: { kind: 'http', method: 'GET', url: `${url}{n}`, headers: {} }, processes: 2 }),
      httpSpec(url, { name: 'users', send: { kind: 'http', method: 'GET', url: `${url}-1`, headers: {} }, rate: perSecond(0), users: { count: 3, think: ms(100) }, processes: 2 }),
      httpSpec(url, { name: 'alone', send: { kind: 'http', method: 'GET', url: `${url}-1`, headers: {} }, rate: perSecond(20) }),
    ])
    const begin = await rig.run.begin()
    assert.equal(generators().length, 2)
    const of = (name: string): BucketRecord[] => rig.buckets.filter((bucket) => bucket.name === name)
    assert.ok(await until(() => sum(of('shop')).ok >= 50 && sum(of('users')).ok >= 15 && monotonicNow() > begin, 15_000) !== undefined)
    const verdicts = await rig.run.stop()
    assert.deepEqual(verdicts.map(({ name }) => name), ['shop', 'users', 'alone'])
    const shop = of('shop')
    const numbers = seen.filter((n) => n >= 0).sort((a, b) => a - b)
    assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, n) => n))
    assert.equal(sum(shop).offered, numbers.length)
    assert.equal(verdicts[0]?.sent, numbers.length)
    assert.equal(new Set(shop.map(({ start }) => start)).size, shop.length)
    assert.ok(shop.some(({ extra, latency }) => extra?.['lateness_p99'] !== undefined && extra['in_flight'] !== undefined && latency !== undefined))
  })

  it('says so when the generator dies, once, and stops with an invalid verdict', async () => {
    const rig = await load([httpSpec(await serve((_request, response) => { response.end() }))])
    await rig.run.begin()
    const [pid = 0] = generators()
    process.kill(pid, 'SIGKILL')
    assert.ok(await until(() => rig.problems.length > 0, 5000) !== undefined)
    const [verdict] = await rig.run.stop()
    assert.deepEqual(rig.problems, ['the load generator died: SIGKILL'])
    assert.deepEqual([verdict?.valid, verdict?.why], [false, 'the load generator died: SIGKILL'])
    await assert.rejects(rig.run.begin(), { code: 'LOAD_FAILED' })
  })

  it('leaves nothing behind: neither after stop nor after kill', async () => {
    const url = await serve((_request, response) => { response.end() })
    const first = await load([httpSpec(url)])
    await first.run.begin()
    const second = await load([httpSpec(url)])
    const pids = generators()
    assert.equal(pids.length, 2)
    assert.equal(await first.run.stop(), await first.run.stop())
    second.run.kill()
    assert.ok(await until(() => !pids.some(runs), 5000) !== undefined)
    assert.deepEqual([...first.problems, ...second.problems], [])
  })

  it('can be stopped or killed while it begins, or before', async () => {
    const url = await serve((_request, response) => { response.end() })
    const never = await load([httpSpec(url)])
    assert.deepEqual(await never.run.stop(), [])
    for (const end of ['stop', 'kill'] as const) {
      const { run, problems } = await load([httpSpec(url)])
      const begun = assert.rejects(run.begin(), { code: 'LOAD_FAILED' })
      await run[end]()
      await begun
      assert.deepEqual(problems, [])
    }
    assert.ok(await until(() => generators().length === 0, 5000) !== undefined)
  })

  it('dies with its parent, even when that is killed', async () => {
    const url = await serve((_request, response) => { response.end() })
    const program = `
      const { startLoad } = await import(${JSON.stringify(MAIN)})
      const run = await startLoad({ specs: [${JSON.stringify(httpSpec(url))}], origin: 0, width: 100, seed: 1, onBucket() {}, onProblem() {} })
      await run.begin()
      console.log('begun')`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    endings.push(() => parent.kill('SIGKILL'))
    await once(parent.stdout, 'data')
    const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim().split(' ').map(Number)
    assert.equal(children.length, 1)
    parent.kill('SIGKILL')
    assert.ok(await until(() => !children.some(runs), 5000) !== undefined)
  })

  it('leaves Ctrl-C to its parent', async () => {
    const rig = await load([httpSpec(await serve((_request, response) => { response.end() }))])
    await rig.run.begin()
    const [pid = 0] = generators()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
    const before = rig.buckets.length
    assert.ok(await until(() => rig.buckets.length > before + 3, 5000) !== undefined)
    assert.deepEqual((await rig.run.stop())[0]?.errors, {})
    assert.deepEqual(rig.problems, [])
  })

  it('never says a password: not in problems, not in reasons, not in its arguments', async () => {
    const closed = createTcp((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(closed, 'listening')
    endings.push(() => { closed.close() })
    const at = `127.0.0.1:${portOf(closed)}`
    const rig = await load([
      httpSpec(`http://user:${SECRET}@${at}/`),
      httpSpec('', { name: 'cache', send: { kind: 'redis', url: `redis://user:${SECRET}@${at}`, command: ['PING'] } }),
      httpSpec('', { name: 'db', send: { kind: 'postgres', url: `postgres://user:${SECRET}@${at}/db`, sql: 'select 1', params: [] } }),
    ])
    const begun = rig.run.begin()
    const cmdlines = generators().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    await begun
    await pause(400)
    const verdicts = await rig.run.stop()
    assert.equal(verdicts.length, 3)
    for (const { name, errors } of verdicts) assert.ok(Object.keys(errors).length > 0, name)
    assert.ok(!JSON.stringify([rig.problems, verdicts, rig.buckets, cmdlines]).includes(SECRET))
  })

  it('starts no process for no loads', async () => {
    const { run } = await load([])
    assert.deepEqual(generators(), [])
    assert.deepEqual(await run.stop(), [])
  })
})
