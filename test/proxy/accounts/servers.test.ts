/** Figures by name of what real clients do to real servers, through the proxy; and as Prometheus is shown them. */

import assert from 'node:assert/strict'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { registry } from '../../../faults/index.ts'
import { Metrics } from '../../../src/admin/metrics.ts'
import { monotonicNow } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { defineFault, type AnyFault, type Registry } from '../../../src/fault.ts'
import type { PartRecord } from '../../../src/record/figures.ts'
import { LocalPlane } from '../../../src/proxy/local-plane.ts'
import type { NamedFigures, TargetSpec } from '../../../src/proxy/plane.ts'
import { faultNamed, withDefaults } from '../../../src/rule.ts'
import { hasRedis, postgres, redis } from '../../support/servers.ts'
import { closeAll, later, LOCAL, PLAIN, until } from '../stage.ts'

const slow = defineFault({
  name: 'slow', summary: 'Hold.', tests: '', correct: '', on: ['message'], protocols: [], direction: 'to-server', params: {}, example: '', decide: () => ({ kind: 'delay', by: ms(60) }),
})
const faults: Registry = new Map<string, AnyFault>([...registry, [slow.name, slow]])

async function through(protocol: 'redis' | 'postgres', upstream: { readonly host: string; readonly port: number }): Promise<{ readonly plane: LocalPlane; readonly port: number }> {
  const plane = new LocalPlane({ registry: faults, seed: 1 })
  const spec: TargetSpec = { name: protocol, protocol, upstream, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) }
  const [opened] = await plane.open([spec])
  later(() => plane.close())
  const address = opened?.listen[0]?.address
  return { plane, port: address && 'port' in address ? address.port : 0 }
}

const linesOf = (named: readonly NamedFigures[]): string[] => named.map(({ of, ok, errors, hits, misses }) =>
  `${Object.values(of).join(' ')}: ${ok}${Object.entries(errors).map(([code, count]) => ` ${count} ${code}`).join('')}${hits + misses ? ` hits ${hits} of ${hits + misses}` : ''}`)

describe('accounts through the proxy', function () {
  this.timeout(60_000)
  afterEach(closeAll)

  it('of ioredis: pipelines on one connection, hits by pattern, errors by code', async function () {
    if (!hasRedis) return this.skip()
    const { plane, port } = await through('redis', await redis())
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null, enableReadyCheck: false, disableClientInfo: true })
    later(() => client.disconnect())
    await client.del('accounts:1', 'accounts:2', 'accounts:3')
    await client.set('accounts:1', 'x')
    await Promise.all(Array.from({ length: 30 }, (_, n) => client.get(`accounts:${(n % 3) + 1}`)))
    await client.lpush('accounts:1', 'y').catch(() => undefined)
    await client.multi().get('accounts:1').exec()
    const { named } = (await plane.figures()).operations['redis'] ?? assert.fail('no figures')
    assert.deepEqual(linesOf(named), ['HELLO: 1', 'DEL accounts:*: 1', 'SET accounts:*: 1', 'GET accounts:*: 31 hits 10 of 30', 'LPUSH accounts:*: 0 1 WRONGTYPE', 'MULTI: 1', 'EXEC: 1'])
    const timed = named.find(({ of }) => of['command'] === 'GET')?.durations
    assert.equal(timed?.counts.reduce((sum, count) => sum + count, 0), 30)
    assert.ok(timed.sum > 0 && timed.sum < 30_000, `${timed.sum} ms`)
  })

  it('of pg: statements of both protocols by fingerprint, errors by code, transactions', async () => {
    const server = await postgres()
    const { plane, port } = await through('postgres', server)
    const url = new URL(server.url)
    const client = new Client({ host: '127.0.0.1', port, user: decodeURIComponent(url.username), password: decodeURIComponent(url.password), database: url.pathname.slice(1) })
    await client.connect()
    later(() => client.end())
    await client.query('create temp table accounts_t (id int primary key)')
    for (let n = 0; n < 5; n++) await client.query('insert into accounts_t values ($1)', [n])
    for (let n = 0; n < 3; n++) await client.query({ name: 'find', text: 'select * from accounts_t where id = $1', values: [n] })
    await client.query('insert into accounts_t values (1)').catch(() => undefined)
    await client.query('begin')
    await client.query('insert into accounts_t values ($1)', [1]).catch(() => undefined)
    await client.query('rollback')
    await client.query('begin; select count(*) from accounts_t; commit')
    const figures = (await plane.figures()).operations['postgres'] ?? assert.fail('no figures')
    assert.deepEqual(linesOf(figures.named), [
      '(login): 1', 'create temp table accounts_t(id int primary key) CREATE: 1', 'insert into accounts_t values (?) INSERT accounts_t: 5 2 23505', 'select * from accounts_t where id = ? SELECT accounts_t: 3',
      'begin BEGIN: 1', 'rollback ROLLBACK: 1', 'begin; select count(*) from accounts_t; commit BEGIN accounts_t: 1',
    ])
    assert.deepEqual([figures.transactions, figures.rolledBack], [2, 1])
  })

  it('tells what we held from what the server took, and how the client retried', async function () {
    if (!hasRedis) return this.skip()
    const { plane, port } = await through('redis', await redis())
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 5, enableReadyCheck: false, disableClientInfo: true })
    client.on('error', () => undefined)
    later(() => client.disconnect())
    await client.get('accounts:held')
    plane.measure(monotonicNow(), ms(50))
    const arm = (id: string, fault: string): Promise<unknown> => plane.arm([{ id, fault, on: 'redis', params: withDefaults(faultNamed(faults, fault), {}), direction: 'to-server', standing: true }])
    await arm('slow', 'slow')
    await client.get('accounts:held')
    await plane.disarm(['slow'])
    await arm('cut', 'reset_peer')
    const retried = client.get('accounts:cut').catch(() => undefined)
    await until(async () => (await plane.figures()).rules.some(({ altered }) => altered > 0), 'the reset')
    await plane.disarm(['cut'])
    await retried
    const told: string[] = []
    const taken = async (): Promise<readonly PartRecord[]> => {
      const { figures, reactions } = await plane.takeRecords()
      told.push(...reactions.map(({ rule, next, elsewhere }) => `${rule}: ${next}${elsewhere ? ' elsewhere' : ''}`))
      return figures.flatMap(({ parts }) => parts)
    }
    const first: PartRecord[] = []
    // The bucket of the answer may not be over yet.
    await until(async () => first.push(...await taken()) > 0 && first.some(({ server }) => server), 'what was answered after it was held')
    const held = first.reduce((sum, { heldMs = 0 }) => sum + heldMs, 0)
    assert.ok(held >= 59 && held < 2000, `${held}`)
    const { latency = [], server = [] } = first.find((part) => part.server) ?? assert.fail('nothing was answered after it was held')
    assert.ok((server[0] ?? 0) < (latency[0] ?? 0), 'the server took less than the client saw')
    await until(async () => { await taken(); return told.length >= 2 }, 'reactions', 15_000)
    // The connection of both was cut.
    assert.deepEqual(told.sort(), ['cut: reconnect', 'slow: reconnect'])
  })

  it('counts as held what is held as bytes, and not as the server\'s time, either way', async function () {
    if (!hasRedis) return this.skip()
    const { plane, port } = await through('redis', await redis())
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null, enableReadyCheck: false, disableClientInfo: true })
    later(() => client.disconnect())
    await client.ping()
    await plane.arm([{ id: 'late', fault: 'latency', on: 'redis', params: withDefaults(faultNamed(faults, 'latency'), { delay: 40 }), direction: 'both', standing: true }])
    plane.measure(monotonicNow(), ms(10_000))
    await Promise.all([client.get('accounts:late'), client.get('accounts:late')])
    await plane.disarm()
    const { held, durations, ok } = (await plane.figures()).operations['redis']?.named.find(({ of }) => of['command'] === 'GET') ?? assert.fail('no figures')
    assert.equal(ok, 2)
    // What the first call of anything takes lies between the arrival and the first of our marks.
    assert.ok(durations.sum >= 130 && held >= 110 && held <= durations.sum, `${durations.sum} ms in all, ${held} ms held`)
    assert.ok(durations.sum - held < 60, `${durations.sum - held} ms of the server`)
  })

  it('as Prometheus is shown them', async function () {
    if (!hasRedis) return this.skip()
    const { plane, port } = await through('redis', await redis())
    const metrics = new Metrics(plane, () => [], { own: true, process: false })
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => null, enableReadyCheck: false, disableClientInfo: true })
    later(() => client.disconnect())
    await client.set('accounts:7', 'x')
    await Promise.all([client.get('accounts:7'), client.get('accounts:8'), client.incr('accounts:7').catch(() => undefined)])
    const sample = async (start: string): Promise<string[]> => (await metrics.page()).text.split('\n').filter((line) => line.startsWith(start))
    assert.deepEqual(await sample('brownout_operations_total'), [
      'brownout_operations_total{proxy="redis",operation="HELLO",key="",outcome="ok"} 1',
      'brownout_operations_total{proxy="redis",operation="SET",key="accounts:*",outcome="ok"} 1', 'brownout_operations_total{proxy="redis",operation="GET",key="accounts:*",outcome="ok"} 2',
      'brownout_operations_total{proxy="redis",operation="INCR",key="accounts:*",outcome="ok"} 0', 'brownout_operations_total{proxy="redis",operation="INCR",key="accounts:*",outcome="ERR"} 1',
    ])
    await client.get('accounts:7')
    assert.deepEqual(await sample('brownout_cache_reads_total'), ['brownout_cache_reads_total{proxy="redis",key="accounts:*",outcome="hit"} 2', 'brownout_cache_reads_total{proxy="redis",key="accounts:*",outcome="miss"} 1'])
    assert.deepEqual(await sample('brownout_operation_duration_seconds_count{proxy="redis",operation="GET"'), ['brownout_operation_duration_seconds_count{proxy="redis",operation="GET",key="accounts:*"} 3'])
    assert.deepEqual(await sample('brownout_operations_in_flight'), ['brownout_operations_in_flight{proxy="redis"} 0'])
    metrics.forget('redis')
    assert.deepEqual((await sample('brownout_operations_total{proxy="redis",operation="GET"')).length, 1)
  })
})
