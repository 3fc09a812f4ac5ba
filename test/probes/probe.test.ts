import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ms } from '../../src/core/units.ts'
import { readProbe, startProbes } from '../../src/probes/probe.ts'
import type { ProbeCheck, ProbeReading, ProbeSpec } from '../../src/probes/spec.ts'
import { runs, until } from '../support/processes.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'

const SECRET = 's3cr3t-91bd'
const endings: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => { for (const end of endings.splice(0).reverse()) await end() })

const ask = (check: ProbeCheck, timeout = 3000): Promise<ProbeReading> => readProbe({ check, timeout: ms(timeout) })

async function listen<S extends Server>(server: S): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  endings.push(() => { server.close() })
  const address = server.address()
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** Takes connections and says nothing. `open()` is how many stand. */
async function silent(): Promise<{ port: number; open(): number }> {
  const sockets = new Set<Socket>()
  const port = await listen(createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)).resume()
  }))
  endings.push(() => { for (const socket of sockets) socket.destroy() })
  return { port, open: () => sockets.size }
}

async function refused(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return address !== null && typeof address === 'object' ? address.port : 0
}

describe('probes', () => {
  describe('http', () => {
    it('is ok for a 2xx, and its value is the status', async () => {
      const port = await listen(createHttp((request, response) => { response.writeHead(request.url === '/ok' ? 204 : 503).end() }))
      const [good, bad] = [await ask({ kind: 'http', url: `http://127.0.0.1:${port}/ok` }), await ask({ kind: 'http', url: `http://127.0.0.1:${port}/` })]
      assert.deepEqual([good.ok, good.value, good.problem], [true, 204, undefined])
      assert.deepEqual([bad.ok, bad.value, bad.problem], [false, 503, 'status 503'])
      assert.ok(good.tookMs > 0)
    })

    it('is not ok when the reply breaks off', async () => {
      const port = await listen(createServer((socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort') }))
      const { ok, problem } = await ask({ kind: 'http', url: `http://127.0.0.1:${port}/` })
      assert.deepEqual([ok, problem], [false, 'ECONNRESET'])
    })
  })

  describe('tcp', () => {
    it('is ok when the connection stands, and closes it', async () => {
      const server = await silent()
      const { ok } = await ask({ kind: 'tcp', host: '127.0.0.1', port: server.port })
      assert.equal(ok, true)
      assert.ok(await until(() => server.open() === 0, 2000) !== undefined)
    })

    it('says that nothing listens', async () => {
      const { ok, problem } = await ask({ kind: 'tcp', host: '127.0.0.1', port: await refused() })
      assert.deepEqual([ok, problem], [false, 'ECONNREFUSED'])
    })
  })

  describe('redis', () => {
    before(function () { if (!hasRedis) this.skip() })

    it('takes a reply that is a number, or reads as one, for its value', async () => {
      const { url } = await redis()
      const of = async (...command: string[]): Promise<unknown> => { const { ok, value } = await ask({ kind: 'redis', url, command }); return [ok, value] }
      assert.deepEqual(await of('SET', 'probe:a', '12.5'), [true, undefined])
      assert.deepEqual(await of('GET', 'probe:a'), [true, 12.5])
      assert.deepEqual(await of('STRLEN', 'probe:a'), [true, 4])
      assert.deepEqual(await of('GET', 'probe:none'), [true, undefined])
    })

    it('names an error by its first word, and a refused connection', async () => {
      const { url } = await redis()
      assert.equal((await ask({ kind: 'redis', url, command: ['INCR', 'probe:a', SECRET] })).problem, 'ERR')
      assert.equal((await ask({ kind: 'redis', url: `redis://127.0.0.1:${await refused()}`, command: ['PING'] })).problem, 'ECONNREFUSED')
    })
  })

  describe('postgres', () => {
    it('takes the first column of the first row for its value, bigint and numeric too', async () => {
      const { url } = await postgres()
      const of = async (sql: string): Promise<unknown> => { const { ok, value } = await ask({ kind: 'postgres', url, sql }); return [ok, value] }
      assert.deepEqual(await of('select count(*), 2 from generate_series(1, 7)'), [true, 7])
      assert.deepEqual(await of('select 1.5::numeric'), [true, 1.5])
      assert.deepEqual(await of("select 'seven'"), [true, undefined])
      assert.deepEqual(await of('select 1 where false'), [true, undefined])
    })

    it('names an error by its SQLSTATE, and a refused connection', async () => {
      const { url } = await postgres()
      assert.equal((await ask({ kind: 'postgres', url, sql: 'select * from nowhere' })).problem, '42P01')
      assert.equal((await ask({ kind: 'postgres', url: `postgres://u@127.0.0.1:${await refused()}/d`, sql: 'select 1' })).problem, 'ECONNREFUSED')
    })
  })

  describe('command', () => {
    const node = (program: string): ProbeCheck => ({ kind: 'command', argv: [process.execPath, '-e', program] })

    it('is ok for exit 0, and its value is what it prints as a number', async () => {
      const [good, bad] = [await ask(node('console.log(" 42 ")')), await ask(node('process.exit(3)'))]
      assert.deepEqual([good.ok, good.value], [true, 42])
      assert.deepEqual([bad.ok, bad.problem], [false, 'exit 3'])
    })

    it('says that there is no such program, and uses no shell', async () => {
      assert.equal((await ask({ kind: 'command', argv: ['/nowhere/at all'] })).problem, 'ENOENT')
      assert.equal((await ask({ kind: 'command', argv: ['echo', '7; exit 1'] })).ok, true)
    })

    it('ends at the timeout with all that it started', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'brownout-probe-'))
      endings.push(() => rm(folder, { recursive: true }))
      const file = join(folder, 'pids')
      const grandchild = 'setInterval(() => {}, 1000)'
      const program = `const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'inherit' });
        require('fs').writeFileSync(${JSON.stringify(file)}, process.pid + ' ' + pid); setInterval(() => {}, 1000)`
      const { ok, problem, tookMs } = await ask(node(program), 1500)
      assert.deepEqual([ok, problem], [false, 'timeout'])
      assert.ok(tookMs >= 1500 && tookMs < 3000, `${tookMs}`)
      const pids = (await readFile(file, 'utf8')).split(' ').map(Number)
      assert.equal(pids.length, 2)
      assert.ok(await until(() => !pids.some(runs), 2000) !== undefined)
    })

    it('is not kept by what it leaves running', async () => {
      const { ok, value, tookMs } = await ask(node(`require('child_process').spawn('sleep', ['30'], { stdio: 'inherit' }); console.log(5); process.exit(0)`), 8000)
      assert.deepEqual([ok, value], [true, 5])
      assert.ok(tookMs < 5000, `${tookMs}`)
    })
  })

  it('ends at the timeout when the other side says nothing, and closes its connection', async () => {
    for (const kind of ['http', 'redis', 'postgres'] as const) {
      const server = await silent()
      const at = `127.0.0.1:${server.port}`
      const check: ProbeCheck = kind === 'http' ? { kind, url: `http://${at}/` } : kind === 'redis' ? { kind, url: `redis://${at}`, command: ['PING'] } : { kind, url: `postgres://u@${at}/d`, sql: 'select 1' }
      const { ok, problem, tookMs } = await ask(check, 200)
      assert.deepEqual([ok, problem], [false, 'timeout'], kind)
      assert.ok(tookMs >= 200 && tookMs < 1000, `${kind} ${tookMs}`)
      assert.ok(await until(() => server.open() === 0, 2000) !== undefined, kind)
    }
  })

  it('never says a password', async () => {
    const server = await listen(createServer((socket) => { socket.on('error', () => socket.destroy()); socket.end('garbage\r\n') }))
    const urls = [`127.0.0.1:${server}`, `127.0.0.1:${await refused()}`]
    const checks = urls.flatMap((at): ProbeCheck[] => [
      { kind: 'http', url: `http://u:${SECRET}@${at}/` }, { kind: 'redis', url: `redis://u:${SECRET}@${at}`, command: ['AUTH', SECRET] },
      { kind: 'postgres', url: `postgres://u:${SECRET}@${at}/d`, sql: `select '${SECRET}'` },
    ])
    checks.push({ kind: 'command', argv: [process.execPath, '-e', `console.error("${SECRET}"); process.exit(1)`] }, { kind: 'command', argv: [`/nowhere/${SECRET}`] })
    for (const check of checks) {
      const reading = await ask(check, 1000)
      assert.equal(reading.ok, false, check.kind)
      assert.ok(!JSON.stringify(reading).includes(SECRET), JSON.stringify(reading))
    }
  })
})

describe('probes: when they are asked', () => {
  async function counted(): Promise<{ spec(name: string, when: ProbeSpec['when']): ProbeSpec; asked(): number }> {
    let asked = 0
    const port = await listen(createHttp((_request, response) => { asked++; response.end() }))
    return { asked: () => asked, spec: (name, when) => ({ name, when, timeout: ms(1000), check: { kind: 'http', url: `http://127.0.0.1:${port}/` } }) }
  }

  it('asks those at the start before it goes on, and those at the end when it stops', async () => {
    const { spec } = await counted()
    const told: string[] = []
    const probes = await startProbes([spec('first', { at: 'start' }), spec('last', { at: 'end' })], { onReading: (name, { ok }) => told.push(`${name} ${ok}`) })
    assert.deepEqual(told, ['first true'])
    await probes.stop()
    await probes.stop()
    assert.deepEqual(told, ['first true', 'last true'])
  })

  it('does not ask those at the end when it is told not to', async () => {
    const { spec, asked } = await counted()
    const probes = await startProbes([spec('last', { at: 'end' })], { onReading: () => assert.fail('told') })
    await probes.stop(false)
    assert.equal(asked(), 0)
  })

  it('asks those with `every` again and again, and never after it has stopped', async () => {
    const { spec, asked } = await counted()
    const times: number[] = []
    const probes = await startProbes([spec('beat', { every: ms(50) })], { onReading: () => times.push(performance.now()) })
    assert.ok(await until(() => times.length >= 6, 5000) !== undefined)
    assert.ok((times[5] ?? 0) - (times[0] ?? 0) >= 200, 'no more often than every 50 ms')
    await probes.stop()
    assert.equal(asked(), times.length)
  })

  it('never has two of one probe under way', async () => {
    const server = await silent()
    let most = 0
    const spec: ProbeSpec = { name: 'slow', when: { every: ms(20) }, timeout: ms(150), check: { kind: 'http', url: `http://127.0.0.1:${server.port}/` } }
    let told = 0
    const probes = await startProbes([spec], { onReading: () => { told++ } })
    assert.ok(await until(() => { most = Math.max(most, server.open()); return told >= 3 }, 5000) !== undefined)
    await probes.stop()
    assert.ok(most <= 1, `${most}`)
  })
})
