import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { brownout, BrownoutError } from '../../bin/library.ts'
import type { Experiment } from '../../types/brownout.d.ts'
import { hasRedis, redis } from '../support/servers.ts'

const refusedAs = (code: string, message: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof BrownoutError && error.code === code && message.test(error.message) && error.hint.length > 5, String(error))
  return true
}

/** A server that answers 200, and what it is reached by. */
async function web(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => { response.end('ok') })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()) }) }
}

const took = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

describe('a target of the library', () => {
  before(function () { if (!hasRedis) this.skip() })
  let client: Redis | undefined
  const clientOf = async (url: string): Promise<Redis> => {
    client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }
  afterEach(() => client?.disconnect())

  it('delays while a fault is armed, says what it hit, and heals when that is cleared', async () => {
    await using cache = await brownout.target({ upstream: (await redis()).url })
    const through = await clientOf(cache.url)
    await through.set('library', '1')
    const fault = await cache.inject('latency', { delay: 200 })
    assert.ok(await took(() => through.get('library')) >= 195)
    assert.equal(fault.armed, true)
    assert.ok((await fault.hits()).altered >= 1)
    const hits = await fault.clear()
    assert.ok(hits.altered >= 1 && !fault.armed)
    assert.deepEqual(await fault.clear(), hits, 'twice is as good as once')
    assert.ok(await took(() => through.get('library')) < 195)
  })

  it('hits only what `where` says, as often as `times` says, with errors of the server\'s own kind', async () => {
    await using cache = await brownout.target({ upstream: (await redis()).url, name: 'cache' })
    const through = await clientOf(cache.url)
    const fault = await cache.inject('redis.error', { error: 'LOADING' }, { where: { command: 'GET' }, times: 1 })
    await through.set('library', '1')
    await assert.rejects(through.get('library'), { name: 'ReplyError' })
    assert.equal(await through.get('library'), '1')
    assert.equal((await fault.clear()).altered, 1)
    const { operations, accepted } = await cache.figures()
    const gets = operations.filter(({ of }) => of['command'] === 'GET')
    assert.equal(gets.reduce((sum, { offered }) => sum + offered, 0), 2)
    assert.equal(accepted, 1)
  })

  it('clears a fault by itself after its time', async () => {
    await using cache = await brownout.target({ upstream: (await redis()).url })
    const through = await clientOf(cache.url)
    const fault = await cache.inject('partition', {}, { for: '150ms' })
    assert.ok(await took(() => through.ping()) >= 100)
    assert.equal(fault.armed, false)
  })

  it('is healed and closed by disposal, whatever is armed', async () => {
    const kept = await (async () => {
      await using cache = await brownout.target({ upstream: (await redis()).url })
      await cache.inject('stall')
      return cache
    })()
    await assert.rejects(new Promise((_resolve, reject) => { connect(kept.port, kept.host).once('error', reject) }), { code: 'ECONNREFUSED' })
    await kept.close()
    await assert.rejects(kept.inject('latency', { delay: 1 }), refusedAs('TARGET_UNKNOWN', /target is closed/))
  })

  it('says with a code and a hint what cannot be done', async () => {
    await assert.rejects(brownout.target({ upstream: 'nonsense' }), refusedAs('UPSTREAM_INVALID', /target/))
    await using cache = await brownout.target({ upstream: 'redis://127.0.0.1:1' })
    // @ts-expect-error: no fault has that name
    await assert.rejects(cache.inject('latncy'), (error) => refusedAs('FAULT_UNKNOWN', /latncy/)(error) && error instanceof BrownoutError && /did you mean "latency"/.test(error.hint))
    await assert.rejects(cache.inject('latency', { delay: 'soon' }), refusedAs('PARAM_INVALID', /delay/))
    // @ts-expect-error: no parameter has that name
    await assert.rejects(cache.inject('latency', { dealy: 1 }), (error) => error instanceof BrownoutError && /no parameter "dealy"/.test(error.message))
    await assert.rejects(cache.inject('postgres.error', { code: '40001' }), refusedAs('PROTOCOL_MISMATCH', /postgres/))
    await assert.rejects(cache.inject('corrupt', { rate: 0.1 }), refusedAs('CORRUPTION_REFUSED', /corrupt/))
    await assert.rejects(cache.inject('latency', { delay: 1 }, { for: 'ever' }), refusedAs('VALUE_INVALID', /^for:/))
    await assert.rejects(cache.inject('latency', { delay: 1 }, { where: { comand: 'GET' } }), BrownoutError)
    await using allowed = await brownout.target({ upstream: 'redis://127.0.0.1:1', corruption: 'allow' })
    await allowed.inject('corrupt', { rate: 0.1 })
  })
})

describe('an experiment of the library', () => {
  let out = ''
  beforeEach(() => { out = mkdtempSync(join(tmpdir(), 'brownout-library-')) })
  afterEach(() => { rmSync(out, { recursive: true, force: true }) })
  const experiment = (url: string, more: object = {}): Experiment => ({
    name: 'from-a-test', targets: { api: { upstream: url } },
    load: { web: { http: 'GET ${targets.api.url}/', rate: '60/s', timeout: 1000 } },
    windows: { warmup: 100, baseline: 1500, recovery: 1000, bucket: 50, hold: 200, min_samples: 20 },
    method: [{ step: 'slow', at: 0, fault: 'latency', on: 'api', params: { delay: '40ms' }, for: 600 }],
    expect: [{ signal: 'web.p50', during: 'slow', at_least: '30ms' }], ...more,
  })

  it('runs as the file of the same shape would, and leaves its folder', async () => {
    const server = await web()
    try {
      const result = await brownout.experiment(experiment(server.url), { out })
      // A machine that is busy with other tests may make the generator late; then that is what the run says.
      assert.ok(result.outcome === 'PASS' || /generator|web:/.test(result.why), result.why)
      if (result.outcome === 'PASS') assert.deepEqual(result.expectations.map(({ outcome, text }) => [outcome, text]), [['PASS', 'signal: web.p50, during: slow, at_least: 30ms']])
      const report: unknown = JSON.parse(readFileSync(join(result.folder, 'report.json'), 'utf8'))
      assert.deepEqual(report, JSON.parse(JSON.stringify(result.report)))
    } finally {
      await server.close()
    }
  })

  it('rejects one that is wrong with the code of the first error, and can be told to stop', async () => {
    await assert.rejects(brownout.experiment({ name: 'x', targts: {} }, { out }), refusedAs('KEY_UNKNOWN', /targts/))
    await assert.rejects(brownout.experiment('/no/such.yaml', { out }), refusedAs('FILE_UNREADABLE', /ENOENT/))
    const server = await web()
    const result = await brownout.experiment(experiment(server.url), { out, signal: AbortSignal.timeout(300) })
    await server.close()
    assert.deepEqual([result.outcome, result.exit], ['ABORTED', 130])
  })
})

describe('a Toxiproxy of the library', () => {
  it('is driven by any Toxiproxy client', async () => {
    const server = await web()
    await using toxiproxy = await brownout.toxiproxy()
    const post = (path: string, body: object): Promise<Response> => fetch(`${toxiproxy.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
    const created = await post('/proxies', { name: 'api', listen: '127.0.0.1:0', upstream: new URL(server.url).host })
    assert.equal(created.status, 201)
    const { listen } = await created.json() as { readonly listen: string }
    assert.equal((await post('/proxies/api/toxics', { type: 'latency', attributes: { latency: 150 } })).status, 200)
    assert.ok(await took(async () => (await fetch(`http://${listen}/`)).text()) >= 145)
    await server.close()
  })
})
