// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
/** A real Redis asked about itself, and from real runs against it to what is advised. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { registry } from '../../faults/index.ts'
import { adviseOn } from '../../src/advice/advise.ts'
import type { DemoServer } from '../../src/demo/daemon.ts'
import { startRedis } from '../../src/demo/redis.ts'
import { loadOnly } from '../../src/experiment/load-only.ts'
import type { RunResult } from '../../src/experiment/run.ts'
import { surveyRedis } from '../../src/observe/redis-survey.ts'
import type { RedisSurvey } from '../../src/record/redis-survey.ts'
import { planOf } from '../experiment/fake-faults.ts'
import { run } from '../experiment/run-plan.ts'
import { hasRedis } from '../support/servers.ts'

const KIB = 1024
const patternOf = (key: Buffer): string => key.toString().replace(/\d+/g, '*')

describe('advice on a real Redis', function () {
  this.timeout(60_000)
  let out = ''
  let server: DemoServer
  let redis: Redis
  before(async function () {
    if (!hasRedis) return this.skip()
    out = mkdtempSync(join(tmpdir(), 'brownout-advice-'))
    server = await startRedis()
    redis = new Redis(server.url)
  })
  after(async () => {
    redis?.disconnect()
    await server?.stop()
    if (out !== '') rmSync(out, { recursive: true, force: true })
  })
  beforeEach(async () => {
    await redis.flushall()
    await redis.config('SET', 'maxmemory', '0')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
  })

  async function fill(kind: string, count: number, size: number, life?: number): Promise<void> {
    const all = redis.pipeline()
    for (let i = 0; i < count; i++) {
      all.set(`${kind}:${i}`, Buffer.alloc(size, 'secret '))
      if (life !== undefined) all.pexpire(`${kind}:${i}`, life)
    }
    await all.exec()
  }
  const surveyed = (): Promise<RedisSurvey> => {
    const { hostname, port } = new URL(server.url)
    return surveyRedis({ name: 'cache', protocol: 'redis', address: { host: hostname, port: Number(port) }, url: new URL(server.url) }, { statements: [], patternOf }, AbortSignal.timeout(5000))
  }
  const limited = async (more: number, policy: string): Promise<void> => {
    const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
    await redis.config('SET', 'maxmemory', String(used + more))
    await redis.config('SET', 'maxmemory-policy', policy)
  }

  /** Loads straight through the proxy. */
  async function measured(loads: readonly string[], baseline = '1s'): Promise<RunResult> {
    const each = loads.map((command, i) => `  l${i}: { redis: ${JSON.stringify(command.split(' '))}, url: "\${targets.cache.url}", rate: 200/s, timeout: 2s, connections: 2 }`).join('\n')
    const plan = await planOf(`
name: advice
targets: { cache: { upstream: "${server.url}" } }
load:
${each}
windows: { warmup: 200ms, baseline: ${baseline}, recovery: 1s, bucket: 50ms, min_samples: 20 }
method: [{ step: none, fault: latency, on: cache, params: { delay: 1ms }, for: 100ms }]
`, { registry })
    return run(loadOnly(plan).plan, { out })
  }
  const idsOf = ({ record }: RunResult): readonly string[] => adviseOn(record).map(({ id }) => id)

  it('tells patterns, lives and sizes of some of the keys, and no value', async () => {
    await fill('session', 300, 100)
    await fill('product', 900, 2 * KIB, 60_000)
    const survey = await surveyed()
    assert.deepEqual([survey.kind, survey.policy, survey.limitBytes, survey.keys, survey.sampled], ['redis', 'noeviction', 0, 1200, 500])
    assert.ok(survey.usedBytes > 2 * 1024 * KIB && survey.residentBytes > 0)
    const [product, session] = survey.patterns
    assert.deepEqual([product?.pattern, session?.pattern], ['product:*', 'session:*'])
    assert.deepEqual([product?.lasting, session?.lasting], [0, session?.keys])
    assert.ok((product?.ttlMs ?? 0) > 30_000 && (product?.ttlMs ?? 0) <= 60_000)
    assert.equal(session?.ttlMs, null)
    assert.ok((product?.largestBytes ?? 0) >= 2 * KIB && (product?.largestBytes ?? 0) < 4 * KIB)
    assert.ok(!JSON.stringify(survey).includes('secret'))
  })

  it('tells what it can where it is let near no key', async () => {
    await fill('session', 10, 100)
    await redis.acl('SETUSER', 'watcher', 'on', '>word', '+info', '+ping', '+dbsize')
    const { hostname, port } = new URL(server.url)
    const url = new URL(`redis://watcher:word@${hostname}:${port}`)
    const survey = await surveyRedis({ name: 'cache', protocol: 'redis', address: { host: hostname, port: Number(port) }, url }, { statements: [], patternOf }, AbortSignal.timeout(5000))
    assert.deepEqual([survey.keys, survey.sampled, survey.policy], [10, 0, 'noeviction'])
    await redis.acl('DELUSER', 'watcher')
  })

  it('asks for a policy that evicts when writes are refused', async () => {
    await limited(200 * KIB, 'noeviction')
    const result = await measured([`SET session:{n} ${'x'.repeat(2000)}`])
    const advice = adviseOn(result.record).find(({ id }) => id === 'redis.refuses') ?? assert.fail(JSON.stringify(idsOf(result)))
    assert.match(JSON.stringify(advice.evidence), /commands were answered by OOM/)
    const survey = readFileSync(join(result.folder, 'journal.ndjson'), 'utf8').split('\n').filter((line) => line.includes('"kind":"survey"'))
    assert.equal(survey.length, 1)
    assert.ok(!survey.join().includes('xxxx'))
  })

  it('asks for room when what is evicted is read, and for hits', async () => {
    await fill('item', 600, 1 * KIB)
    await limited(100 * KIB, 'allkeys-random')
    // What is written drives out what is read; evictions are asked for once a second.
    const result = await measured([`SET other:{n} ${'x'.repeat(2000)}`, 'GET item:{n}'], '2500ms')
    const ids = idsOf(result)
    assert.ok(ids.includes('redis.too_small') && ids.includes('cache.hit_rate'), ids.join())
    const advice = adviseOn(result.record).find(({ id }) => id === 'redis.too_small') ?? assert.fail()
    assert.match(JSON.stringify(advice.evidence), /maxmemory-policy allkeys-random.*keys were evicted during the run.*reads missed/)
  })

  it('asks for a time to live where keys without one cannot be evicted, and for nothing where all is well', async () => {
    await fill('item', 600, 1 * KIB)
    await limited(10 * 1024 * KIB, 'volatile-lru')
    const reading = ['GET item:7']
    assert.deepEqual(idsOf(await measured(reading)), ['redis.lasting_keys'])
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    assert.deepEqual(idsOf(await measured(reading)), [])
  })
})
