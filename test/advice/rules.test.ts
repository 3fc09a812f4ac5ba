/** Each rule on a record that asks for it, and on one beside it that does not. */

import assert from 'node:assert/strict'
import { adviseOn } from '../../src/advice/advise.ts'
import type { Advice } from '../../src/advice/advice.ts'
import type { PartRecord } from '../../src/record/figures.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { renderAdvice } from '../../src/report/advice-text.ts'
import { renderHtml } from '../../src/report/html.ts'
import { cellsOf } from '../report/figures-builder.ts'
import { madeRun, type MadeRun, type MadeTarget, type Stage } from './made-run.ts'

const times = (count: number, latency: number): readonly number[] => cellsOf(...Array.from({ length: count }, () => latency))
const part = (of: PartRecord['of'], count: number, latency: number, more: Partial<PartRecord> = {}): PartRecord => ({ of, offered: count, ok: count, latency: times(count, latency), ...more })
const SELECT = { statement: 'select * from products where id = ?', tag: 'SELECT', table: 'products' }
const get = (reads: number, hits: number): PartRecord => part({ command: 'GET', key: 'product:*' }, reads, 1, { hits, misses: reads - hits })

const ids = (run: MadeRun): readonly string[] => adviseOn(madeRun(run)).map(({ id }) => id)
function only(run: MadeRun, id: string): Advice {
  const all = adviseOn(madeRun(run))
  assert.deepEqual(all.map((one) => one.id), [id])
  const [advice = assert.fail()] = all
  assert.ok(advice.evidence.length > 0 && advice.actions.length > 0 && advice.gain.how !== '', JSON.stringify(advice))
  return advice
}
const told = ({ evidence, gain, actions }: Advice): string => [...evidence.flatMap(({ text, lines = [] }) => [text, ...lines]), ...actions.map(({ text }) => text), gain.text].join('\n')

describe('advice on the reads of a cache', () => {
  /** Misses that come in waves, and as many reads of the database. */
  const shop = ({ misses, deleted = 0, written = 1, read = 1 }: { readonly misses: (bucket: number) => number; readonly deleted?: number; readonly written?: number; readonly read?: number }): MadeRun => ({
    targets: [
      { name: 'cache', protocol: 'redis', parts: (_, n) => [get(50, 50 - misses(n)), part({ command: 'SET', key: 'product:*' }, Math.round(misses(n) * written), 1), part({ command: 'DEL', key: 'product:*' }, Math.round(misses(n) * deleted), 1)] },
      { name: 'db', protocol: 'postgres', parts: (_, n) => [part(SELECT, Math.round(misses(n) * read), 4), part({ statement: 'commit', tag: 'COMMIT' }, 5, 1)] },
    ],
  })
  const waves = (bucket: number): number => 10 + (bucket % 5) * 2

  it('says what a pattern would gain, and that its keys live too shortly', () => {
    const advice = only(shop({ misses: waves }), 'cache.hit_rate')
    const words = told(advice)
    assert.equal(advice.target, 'cache')
    assert.match(advice.title, /product:\*: 72% now/)
    assert.match(words, /in 10s without a fault 2 000 reads, 560 of them misses; written 560 times, deleted 0 times/)
    assert.match(words, /read 2\.6 times before it is gone; with twice the time to live 83\.7%/)
    assert.match(words, /with each miss db is read once, 4[.\d]*ms each.*correlation 1\.00/)
    assert.match(words, /select \* from products where id = \?/)
    // 56 misses a second, of which 10 are left at 95%.
    assert.match(advice.gain.text, /^46 misses a second less, at 95% found: 46 operations a second less at db/)
    // 46 x 4 ms of 56 x 4 ms and 20 x 1 ms.
    assert.ok(Math.abs((advice.gain.share ?? 0) - 184 / 244) < 0.02, String(advice.gain.share))
    assert.equal(advice.confidence, 'high')
  })

  it('tells deletions, values that nobody put there, and values that nobody reads from a short life', () => {
    assert.match(told(only(shop({ misses: waves, deleted: 0.6 }), 'cache.hit_rate')), /up to 60% of the misses come from deletions[\s\S]*in place of deleting/)
    assert.match(told(only(shop({ misses: waves, written: 0.1 }), 'cache.hit_rate')), /misses are followed by a write[\s\S]*put that there too/)
    assert.match(told(only(shop({ misses: (n) => 36 + (n % 5) }), 'cache.hit_rate')), /read 0\.3 times before it is gone: most of it is written for nothing/)
  })

  it('is silent where hot data is found, where little is read, and where misses cost nothing', () => {
    assert.deepEqual(ids(shop({ misses: () => 2 })), [])
    assert.deepEqual(ids({ targets: [{ name: 'cache', protocol: 'redis', parts: (_, n) => (n === 3 ? [get(50, 0)] : []) }] }), [])
    assert.deepEqual(ids(shop({ misses: waves, read: 0.1 })), [])
  })

  it('does not say what a miss costs where nothing rises and falls with it', () => {
    const advice = only({ targets: [{ name: 'cache', protocol: 'redis', parts: (_, n) => [get(50, 40 - (n % 5)), part({ command: 'SET', key: 'product:*' }, 10, 1)] }] }, 'cache.hit_rate')
    assert.equal(advice.gain.share, undefined)
    assert.match(advice.limits.join(), /what a miss costs is not known/)
  })
})

describe('advice on a stampede', () => {
  const flushed = (through: number): MadeRun => ({
    fault: { fault: 'redis.cache_miss', target: 'cache', did: 'replace', operation: 'GET product:*' }, load: { offered: 50 },
    targets: [
      { name: 'cache', protocol: 'redis', parts: (stage) => [stage === 'fault' ? part({ command: 'GET', key: 'product:*' }, 50, 1) : get(50, 49)] },
      { name: 'db', protocol: 'postgres', parts: (stage) => [part(SELECT, stage === 'fault' ? 1 + through * 49 : 1, 2)] },
    ],
  })

  it('is given where what the cache does not serve falls on the database', () => {
    const advice = only(flushed(1), 'cache.stampede')
    assert.match(told(advice), /for 8 s 200 reads a second were not served by the cache, 4 as a rule; db was read 200 times a second in that time, 4 as a rule/)
    assert.match(told(advice), /db was read once for each of them/)
    assert.match(advice.gain.text, /up to 1 568 reads less at db/)
  })

  it('is not where one read serves many', () => assert.deepEqual(ids(flushed(0.02)), []))
})

describe('advice on deadlines', () => {
  /** Answers that are held back until the fault is over, or given up. */
  const cut = (patient: boolean): MadeRun => ({
    fault: { fault: 'partition', target: 'cache', did: 'stall' }, load: { offered: 25, success: (stage) => (stage === 'fault' && patient ? 0 : 1) },
    targets: [{
      name: 'cache', protocol: 'redis', inFlight: (stage, n) => (stage === 'fault' && patient ? (n - 40) * 25 : 4),
      parts: (stage, n) => {
        if (stage === 'fault') return [{ of: { command: 'GET', key: 'product:*' }, offered: patient ? 25 : 1, ok: 0 }]
        const late = stage === 'after' && n === 72
        return [get(25, 25), ...(late ? [part({ command: 'GET', key: 'product:*' }, patient ? 800 : 3, 8000, { server: times(patient ? 800 : 3, 1) })] : [])]
      },
      extra: (stage, n) => ({ attempts: stage === 'fault' && !patient && n % 4 === 0 ? 1 : 0 }),
    }],
  })

  it('is given where operations were waited for as long as the fault lasted', () => {
    const advice = only(cut(true), 'timeout.missing')
    assert.match(advice.title, /^A deadline of some 20ms/)
    assert.match(told(advice), /partition on cache lasted 8s, and operations were waited for as long as 8\.\d+s: nobody gave up/)
    assert.match(told(advice), /up to 775 operations were under way at once, 4 at most before/)
    assert.match(told(advice), /of shop 0% succeeded meanwhile \(100% before\)/)
    assert.equal(advice.confidence, 'high')
  })

  it('is not where they were given up, though their ends came late', () => assert.deepEqual(ids(cut(false)), []))

  it('is given where all places of a pool were taken and nobody else got one', () => {
    const full: MadeRun = {
      fault: { fault: 'stall', target: 'db', did: 'stall' }, load: { offered: 25, success: (stage) => (stage === 'fault' ? 0 : 1) },
      targets: [{ name: 'db', protocol: 'postgres', inFlight: () => 10, parts: (stage, n) => (stage === 'fault' ? [] : [part(SELECT, 25, 2), ...(n === 72 ? [part(SELECT, 10, 7900, { server: times(10, 2) })] : [])]) }],
    }
    assert.match(told(only(full, 'timeout.missing')), /waited for as long as 7\.9\d*s: nobody gave up/)
  })

  /** 600 ms more for each, of which a shop with ten places suffers. */
  const slow = (harmed: boolean): MadeRun => ({
    fault: { fault: 'http.latency', target: 'payment', did: 'delay', operation: 'POST /charges' }, load: { offered: 5, success: (stage) => (stage === 'fault' && harmed ? 0.2 : 1) },
    targets: [{ name: 'payment', protocol: 'http', parts: (stage) => [part({ method: 'POST', route: '/charges' }, stage === 'fault' ? 2 : 5, stage === 'fault' ? 612 : 12, { keyed: 5, ...(stage === 'fault' ? { server: times(2, 12) } : {}) })] }],
  })

  it('is given where waiting did harm, and not where it did none', () => {
    const advice = only(slow(true), 'timeout.missing')
    assert.match(told(advice), /one answer in twenty was waited for 6\d\dms or longer/)
    assert.equal(advice.confidence, 'medium')
    assert.deepEqual(ids(slow(false)), [])
  })
})

describe('advice on retries', () => {
  interface Retries { readonly each: number; readonly altered?: number; readonly keyed?: boolean; readonly success?: number; readonly did?: string; readonly next?: 'retry' | 'went-on' }
  const failing = ({ each, altered = 480, keyed = true, success = 1, did = 'answer', next = 'retry' }: Retries): MadeRun => ({
    fault: { fault: 'http.status', target: 'payment', did, note: 'executed 201', operation: 'POST /charges', next, afterMs: 3, matched: 480, altered }, load: { offered: 5, success: (stage) => (stage === 'fault' ? success : 1) },
    targets: [{ name: 'payment', protocol: 'http', parts: (stage) => { const count = stage === 'fault' ? 5 * each : 5; return [part({ method: 'POST', route: '/charges' }, count, 12, keyed ? { keyed: count } : {})] } }],
  })

  it('asks for a budget where most of them were in vain', () => {
    const advice = only(failing({ each: 3 }), 'retry.storm')
    assert.match(told(advice), /3 times as many of these for each request of the load as before: 60\/s in place of 20\/s\nPOST \/charges/)
    assert.match(told(advice), /100% of them met the fault[\s\S]*half came again within 3ms/)
    // 480 of which 1.2 x 160 are within the budget.
    assert.match(advice.gain.text, /^288 operations less in such a fault, 60%/)
    assert.deepEqual(ids(failing({ each: 1 })), [])
    assert.deepEqual(ids(failing({ each: 1.4, altered: 140 })), [], 'retries that help are no storm')
  })

  it('asks for a name of each request that is made again and writes', () => {
    const advice = only(failing({ each: 1.4, altered: 140, keyed: false }), 'retry.unsafe')
    assert.match(advice.title, /Idempotency-Key with POST \/charges/)
    assert.match(told(advice), /1\.4 times as often[\s\S]*some 64 were made again\nnone of 224 bore an Idempotency-Key\nof 10 that were told one by one the server had done 10 all the same/)
    assert.equal(advice.confidence, 'high')
  })

  it('asks for a second try where failures that hit a few are passed on', () => {
    const advice = only(failing({ each: 1, altered: 144, success: 0.6, next: 'went-on' }), 'retry.missing')
    assert.match(told(advice), /hit 30% of the operations that it could \(144 of 480\); of 10 that were watched 0% were asked again\nPOST \/charges/)
    assert.match(advice.gain.text, /of shop some 84% would have succeeded in place of 60%/)
    assert.deepEqual(ids(failing({ each: 1, altered: 144, success: 1, next: 'went-on' })), [], 'nobody noticed')
    assert.deepEqual(ids(failing({ each: 1, altered: 144, success: 0.6, next: 'went-on', did: 'delay' })), [], 'a delay is not for trying again')
  })

  const refused = (attempts: number, url?: string): MadeRun => ({
    fault: { fault: 'refuse', target: 'db', did: 'refuse' }, load: { offered: 5, ...(url === undefined ? {} : { url }) },
    targets: [{ name: 'db', protocol: 'postgres', parts: () => [part(SELECT, 5, 1)], extra: (stage) => ({ attempts: stage === 'fault' ? attempts : 0, connections: 10 }) }],
  })

  it('asks for backoff where connections are tried again and again, by others than the load', () => {
    const advice = only(refused(25), 'retry.reconnects')
    assert.match(told(advice), /800 connections were opened or tried, 100\/s, where 10 were ever held at once: 80 tries for each/)
    assert.match(advice.gain.text, /some 90% of these tries/)
    assert.deepEqual(ids(refused(1)), [], 'a pool that fills')
    assert.deepEqual(ids(refused(25, 'postgres://${targets.db.host}/x')), [])
  })
})

describe('advice on dead connections', () => {
  const dead = (seconds: number, more: { readonly healed?: boolean; readonly attempts?: number } = {}): MadeRun => ({
    fault: { fault: 'half_open', target: 'cache', did: 'close' }, load: { offered: 25, success: (stage, n) => (stage === 'fault' || (stage === 'after' && n < 72 + seconds * 4) ? 0 : 1) },
    targets: [{ name: 'cache', protocol: 'redis', healed: more.healed ?? true, parts: (stage, n) => (stage === 'calm' || n >= 72 + seconds * 4 ? [get(25, 25)] : []), extra: (stage) => ({ connections: 2, attempts: stage === 'calm' ? 0 : more.attempts ?? 0 }) }],
  })

  it('is given where a fresh one is answered and the old ones are kept', () => {
    const advice = only(dead(6), 'connection.dead')
    assert.match(told(advice), /half_open on cache was over, a fresh connection was answered, and for 6s more shop did not succeed as before\n2 connections were held, and none opened/)
    assert.match(told(only(dead(20), 'connection.dead')), /for all of the (9|10)s that were watched/)
  })

  it('is not where it was soon over, where the server did not answer either, or where new ones were opened', () => {
    assert.deepEqual(ids(dead(1, { attempts: 1 })), [])
    assert.deepEqual(ids(dead(6, { healed: false, attempts: 1 })), [])
    assert.deepEqual(ids(dead(6, { attempts: 1 })), [])
  })

  it('is given where it was found out when the old ones were closed', () =>
    assert.match(told(only(dead(0), 'connection.dead')), /the other end of 2 connections was gone, and in all of its 8s no other was tried\nof shop 0% succeeded/))

  it('is given where what had rested was gone when it was used', () => {
    const run = (success: number): MadeRun => ({
      fault: { fault: 'idle_reaper', target: 'cache', did: 'close', altered: 30, matched: 300 }, load: { offered: 25, success: (stage) => (stage === 'fault' ? success : 1) },
      targets: [{ name: 'cache', protocol: 'redis', parts: () => [get(25, 25)] }],
    })
    assert.match(told(only(run(0.96), 'connection.dead')), /under idle_reaper on cache 30 connections that had rested were gone when they were used/)
    assert.deepEqual(ids(run(1)), [])
  })
})

describe('advice on what is used up', () => {
  const prices: MadeTarget = {
    name: 'live', protocol: 'websocket', app: 'shop', extra: () => ({ connections: 100 }),
    parts: () => [{ of: { direction: 'to-client', opcode: 'text' }, offered: 500, ok: 500, bytesToClient: 50_000 }],
  }

  it('says what telling many the same costs, and what batches would save', () => {
    const advice = only({ targets: [prices], apps: { shop: 0.4 } }, 'websocket.fan_out')
    assert.match(told(advice), /2 000 messages a second to 100 subscribers, 20 to each; 0 a second from them/)
    assert.match(told(advice), /100B each, 195\.3KiB\/s in all/)
    assert.match(told(advice), /shop used 40% of a core: at most 200 us a message/)
    assert.match(advice.gain.text, /^1 600 messages a second less, 80%: at most 32% of a core/)
    assert.deepEqual(ids({ targets: [{ ...prices, parts: () => [{ of: { direction: 'to-client', opcode: 'text' }, offered: 50, ok: 50, bytesToClient: 5000 }] }] }), [])
  })

  it('says what is full first, and what after it', () => {
    const run = (cpu: number): MadeRun => ({ load: { offered: 100 }, apps: { web: cpu, bank: 0.2 }, targets: [] })
    const advice = only(run(0.8), 'cpu.saturated')
    assert.match(told(advice), /at 400\/s of load it used 80% of a core without a fault\nnext comes bank, with 20% of a core/)
    assert.match(advice.gain.text, /it is full at some 500\/s; with more of it the next limit is bank, at some 2000\/s/)
    assert.deepEqual(ids(run(0.5)), [])
  })
})

describe('advice on a Redis by what it said', () => {
  const survey = { kind: 'redis', policy: 'allkeys-lfu', limitBytes: 100 * 1024 ** 2, usedBytes: 50 * 1024 ** 2, residentBytes: 60 * 1024 ** 2, evicted: 0, expired: 0, keys: 400, sampled: 400, patterns: [{ pattern: 'product:*', keys: 400, lasting: 0, ttlMs: 900, sizeBytes: 80_000, largestBytes: 300 }] } as const
  const MIB = 1024 ** 2
  const run = (more: object, parts: (stage: Stage) => readonly PartRecord[] = () => [get(50, 50)], extra: MadeTarget['extra'] = () => ({})): MadeRun => ({ targets: [{ name: 'cache', protocol: 'redis', parts, extra, survey: { ...survey, ...more } }] })

  it('asks for a policy that evicts where writes are refused, or soon will be', () => {
    assert.match(told(only(run({ policy: 'noeviction', usedBytes: 90 * MIB }), 'redis.refuses')), /maxmemory-policy noeviction, 90MiB used of 100MiB[\s\S]*10MiB are left before writes fail/)
    const refused = only(run({ policy: 'noeviction' }, () => [get(50, 50), { of: { command: 'SET', key: 'product:*' }, offered: 2, ok: 0, errors: { OOM: 2 } }]), 'redis.refuses')
    assert.match(told(refused), /224 commands were answered by OOM/)
    assert.deepEqual(ids(run({ policy: 'noeviction' })), [])
  })

  it('asks for a time to live where keys without one can never be evicted, or grow without a limit', () => {
    const patterns = [{ pattern: 'session:*', keys: 300, lasting: 300, ttlMs: null, sizeBytes: 60_000, largestBytes: 300 }, ...survey.patterns]
    assert.match(told(only(run({ policy: 'volatile-lru', patterns }), 'redis.lasting_keys')), /of 400 sampled keys 300 have no time to live\nsession:\*: 300 of 300/)
    assert.deepEqual(ids(run({ policy: 'volatile-lru' })), [])
    const growing: MadeTarget['extra'] = (_, n) => ({ server_memory: 50 * MIB + n * 100_000 })
    assert.match(told(only(run({ limitBytes: 0, policy: 'noeviction', patterns }, undefined, growing), 'redis.unbounded')), /without a fault it grew all the time, by 2[23][.\d]*MiB a minute/)
    assert.deepEqual(ids(run({ limitBytes: 0, policy: 'noeviction', patterns }, undefined, () => ({ server_memory: 50 * MIB }))), [])
  })

  it('asks for more memory where what is evicted is read again', () => {
    const parts = (): readonly PartRecord[] => [get(50, 45), part({ command: 'SET', key: 'product:*' }, 5, 1)]
    const all = adviseOn(madeRun(run({ usedBytes: 100 * MIB }, parts, () => ({ server_evictions: 10 }))))
    const advice = all.find(({ id }) => id === 'redis.too_small') ?? assert.fail()
    assert.match(told(advice), /280 keys were evicted during the run\n560 of 5 600 reads missed: 90% found[\s\S]*product:\*: 100%, 200B a key/)
    assert.match(advice.gain.text, /up to 280 misses less in such a run: 95% found instead of 90%/)
    assert.ok(!ids(run({}, parts)).includes('redis.too_small'))
  })

  it('asks for smaller values where large ones are read, and for tidier memory', () => {
    const patterns = [{ ...survey.patterns[0], keys: 1, sizeBytes: 2 * MIB, largestBytes: 2 * MIB }]
    assert.match(told(only(run({ patterns }), 'redis.large_values')), /up to 2MiB a key, 2MiB on average of 1 sampled, found 200 times a second[\s\S]*about 400MiB a second/)
    assert.match(told(only(run({ usedBytes: 80 * MIB, limitBytes: 0, residentBytes: 200 * MIB }), 'redis.fragmented')), /200MiB taken from the system for 80MiB used: 2\.5 times as much[\s\S]*up to 120MiB given back/)
  })
})

describe('advice on a run that is well', () => {
  const well: MadeRun = {
    fault: { fault: 'latency', target: 'cache', did: 'delay' }, load: { offered: 25 }, apps: { shop: 0.3 },
    targets: [
      { name: 'cache', protocol: 'redis', parts: () => [get(50, 49)] }, { name: 'db', protocol: 'postgres', parts: () => [part(SELECT, 1, 2)] },
      { name: 'payment', protocol: 'http', parts: () => [part({ method: 'POST', route: '/charges' }, 5, 12)] },
    ],
  }

  it('is none', () => assert.deepEqual(ids(well), []))

  it('bears names of others into no terminal and no page', () => {
    const hostile = '\u001b[31m<script>alert(1)</script>'
    const record = madeRun({ targets: [{ name: 'cache', protocol: 'redis', parts: (_, n) => [part({ command: 'GET', key: hostile }, 50, 1, { hits: 30 + (n % 5), misses: 20 - (n % 5) })] }] })
    assert.equal(adviseOn(record).length, 1)
    const [text, page] = [renderAdvice(record, { color: false, width: 100 }), renderHtml(record, analyseRun(record))]
    assert.ok(!text.includes('\u001b'))
    assert.ok(!page.includes('<script>alert(1)'))
    assert.match(page, /&lt;script&gt;alert\(1\)/)
  })
})
