/** What several processes must do beyond what one does; that they do all that one does, the suites of the engine show (suites.test.ts). */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { registry as shipped } from '../../../faults/index.ts'
import { monotonicNow } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import type { Registry } from '../../../src/fault.ts'
import { ClusterPlane } from '../../../src/proxy/cluster/plane.ts'
import type { Address, PlaneEvent } from '../../../src/proxy/plane.ts'
import { faultNamed, withDefaults, type Rule } from '../../../src/rule.ts'
import { hasRedis, redis } from '../../support/servers.ts'
import { pooledWorker } from '../../support/workers.ts'
import { engineFaults } from '../odd-faults.ts'
import { closeAll, echo, exchange, later, listenOn, LOCAL, PLAIN, until, watch, type Seen } from '../stage.ts'

const registry: Registry = new Map([...shipped, ...engineFaults.map((fault) => [fault.name, fault] as const)])

interface Stage { readonly plane: ClusterPlane; readonly events: PlaneEvent[]; readonly address: Address; client(): Promise<Seen>; arm(id: string, fault: string, params?: object, more?: Partial<Rule>): Promise<void> }

async function stage(workers: number): Promise<Stage> {
  const { address: upstream } = await listenOn(LOCAL, echo)
  const plane = new ClusterPlane({ registry, seed: 1, workers, start: pooledWorker })
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  later(() => plane.close())
  const [opened] = await plane.open([{ name: 'it', protocol: 'tcp', upstream, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
  const address = opened?.listen[0]?.address ?? LOCAL
  return {
    plane, events, address,
    async client() {
      const socket = connect({ ...address, allowHalfOpen: true, noDelay: true })
      const seen = watch(socket)
      later(() => socket.destroy())
      await once(socket, 'connect')
      return seen
    },
    async arm(id, fault, params = {}, more = {}) {
      await plane.arm([{ id, fault, on: 'it', params: withDefaults(faultNamed(registry, fault), { ...params }), ...(more.for === undefined ? { standing: true } : {}), ...more }])
    },
  }
}

/** Who of them gets `text` back as it was, one after the other. */
async function untouched(clients: readonly Seen[], text: string): Promise<string> {
  let all = ''
  for (const client of clients) {
    const had = client.text()
    await exchange(client, text)
    all += client.text() === had + text ? '.' : 'x'
  }
  return all
}
const many = (count: number, make: () => Promise<Seen>): Promise<Seen[]> => Promise.all(Array.from({ length: count }, make))

describe('a plane in several processes', () => {
  afterEach(closeAll)

  it('gives each worker as many clients as the others', async () => {
    const { plane, client } = await stage(3)
    for (const one of await many(30, client)) await exchange(one, 'hello')
    assert.equal(plane.workers.length, 3)
    const { targets } = await plane.snapshot()
    assert.deepEqual([targets['it']?.connections, targets['it']?.accepted], [30, 30])
    await until(() => plane.spread().every((connections) => connections === 10), `ten each, not ${plane.spread().join()}`)
  })

  it('counts times, skip and sequence over all workers, to the message', async () => {
    const { client, arm, plane } = await stage(3)
    const clients = await many(6, client)
    await untouched(clients, 'warm')
    await arm('few', 'mark', {}, { scope: 'message', skip: 2, times: 3 })
    assert.equal(await untouched([...clients, ...clients], 'abcdef'), '..xxx.......')
    await plane.disarm()
    await arm('turns', 'mark', {}, { scope: 'message', sequence: { fail: 1, pass: 2 } })
    assert.equal(await untouched(clients, 'abcdef'), 'x..x..')
    const [cleared] = await plane.disarm()
    assert.deepEqual([cleared?.matched, cleared?.altered], [6, 2])
  })

  it('gives no more than `times` when all ask at once', async () => {
    const { client, arm, plane } = await stage(3)
    const clients = await many(40, client)
    await Promise.all(clients.map((one) => exchange(one, 'warm')))
    await arm('few', 'mark', {}, { scope: 'message', times: 7 })
    await Promise.all(clients.map((one) => exchange(one, 'abcdef')))
    assert.equal(clients.filter((one) => one.text() !== 'warmabcdef').length, 7)
    assert.equal((await plane.disarm())[0]?.altered, 7)
  })

  it('holds a limit of the target over all workers: connections, and a rate', async () => {
    const { client, arm, plane } = await stage(2)
    await arm('full', 'connection_limit', { limit: 3 })
    const clients = []
    for (let n = 0; n < 3; n++) { const one = await client(); await exchange(one, 'in'); clients.push(one) }
    for (let n = 0; n < 4; n++) { const one = await client(); assert.notEqual(await one.ended, 'timeout'); assert.equal(one.bytes(), 0) }
    await plane.disarm()
    await arm('thin', 'bandwidth', { rate: 20_000, per: 'target' })
    const from = monotonicNow()
    await Promise.all(clients.map((one) => exchange(one, 'x'.repeat(4000))))
    const took = monotonicNow() - from
    assert.ok(took >= 550 && took < 1500, `12,000 bytes at 20,000 a second took ${took} ms`)
  })

  it('puts together what the workers have measured: buckets, and what passed by name', async function () {
    if (!hasRedis) return this.skip()
    const { port } = await redis()
    const plane = new ClusterPlane({ registry, seed: 1, workers: 2, start: pooledWorker })
    later(() => plane.close())
    const [opened] = await plane.open([{ name: 'cache', protocol: 'redis', upstream: { host: '127.0.0.1', port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
    const address = opened?.listen[0]?.address ?? LOCAL
    plane.measure(monotonicNow(), ms(100))
    const clients = await many(4, async () => {
      const socket = connect({ ...address })
      later(() => socket.destroy())
      const seen = watch(socket)
      await once(socket, 'connect')
      return seen
    })
    for (const { socket } of clients) socket.write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
    await until(() => clients.every((one) => one.text() === '+OK\r\n'), 'the answers')
    const [buckets, figures] = [[] as number[], [] as number[]]
    await until(async () => {
      buckets.push(...(await plane.takeBuckets()).map(({ counts }) => counts.ok))
      figures.push(...(await plane.takeRecords()).figures.flatMap(({ parts }) => parts.filter(({ of }) => of['command'] === 'SET').map(({ ok }) => ok)))
      return buckets.reduce((sum, one) => sum + one, 0) === 4 && figures.reduce((sum, one) => sum + one, 0) === 4
    }, 'four exchanges, and four SETs')
    const { operations, targets } = await plane.figures()
    assert.deepEqual(operations['cache']?.named.map(({ of, ok }) => [of['command'], ok]), [['SET', 4]])
    assert.equal(targets['cache']?.bytesFromServer, 20)
  })

  it('knows a client that comes to another worker after a fault: there it asks the same again', async function () {
    if (!hasRedis) return this.skip()
    this.timeout(30_000)
    const { port } = await redis()
    const plane = new ClusterPlane({ registry, seed: 1, workers: 2, start: pooledWorker })
    later(() => plane.close())
    const [opened] = await plane.open([{ name: 'cache', protocol: 'redis', upstream: { host: '127.0.0.1', port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(5000) }])
    const address = opened?.listen[0]?.address ?? LOCAL
    plane.measure(monotonicNow(), ms(100))
    const ask = async (key: string): Promise<Seen> => {
      const socket = connect({ ...address })
      later(() => socket.destroy())
      const seen = watch(socket)
      await once(socket, 'connect')
      socket.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$1\r\nv\r\n`)
      return seen
    }
    await plane.arm([{ id: 'lost', fault: 'redis.error', on: 'cache', params: withDefaults(faultNamed(registry, 'redis.error'), {}), where: { key: 'cluster:*' }, standing: true, times: 2 }])
    for (const key of ['cluster:again', 'cluster:given-up']) {
      const failed = await ask(key)
      await until(() => failed.text().startsWith('-'), 'the error')
      failed.socket.end()
    }
    // The third and the fourth connection: each on the other worker than the first and the second.
    await (await ask('other')).socket.end()
    const again = await ask('cluster:again')
    await until(() => again.bytes() > 0, 'the answer')
    const told: string[] = []
    await until(async () => {
      told.push(...(await plane.takeRecords()).reactions.map(({ next, elsewhere, attempts }) => `${next} ${elsewhere ? 'elsewhere' : 'here'} ${attempts}`))
      return told.length >= 2
    }, 'what came of both', 20_000)
    assert.deepEqual(told.sort(), ['reconnect here 1', 'retry elsewhere 2'])
  })

  it('replaces a worker that dies, with the rules that are armed; its connections are told as lost, and what it had counted stays', async () => {
    const { plane, client, arm, events } = await stage(2)
    const clients = await many(4, client)
    await untouched(clients, 'warm')
    await arm('wrong', 'mark', {})
    await plane.figures()
    await until(() => plane.spread().join() === '2,2', 'two each')
    let ended = 0
    for (const one of clients) void one.ended.then(() => { ended++ })
    const [dying] = plane.workers
    process.kill(dying ?? 0, 'SIGKILL')
    await until(() => ended === 2, 'its connections are gone')
    await until(() => events.some(({ kind }) => kind === 'lost'), 'it is told')
    const lost = events.find((event) => event.kind === 'lost')
    assert.ok(lost?.kind === 'lost' && lost.connections === 2 && lost.replaced && lost.why === 'ended by SIGKILL')
    await until(() => plane.workers.length === 2 && !plane.workers.includes(dying ?? 0) && plane.spread().length === 2, 'another serves')
    const late = await many(4, client)
    assert.equal(await untouched(late, 'abcdef'), 'xxxx')
    const { targets } = await plane.snapshot()
    assert.deepEqual([targets['it']?.connections, targets['it']?.accepted], [6, 8])
    await plane.disarm()
    assert.equal(await untouched(late, 'abcdef'), '....')
  })

  it('ends a worker that does not obey: what it holds must not stay', async () => {
    const { plane, client, arm, events } = await stage(2)
    const clients = await many(2, client)
    await untouched(clients, 'warm')
    await arm('stalled', 'stall')
    const [stuck] = plane.workers
    process.kill(stuck ?? 0, 'SIGSTOP')
    const from = monotonicNow()
    const [cleared] = await plane.disarm()
    assert.ok(monotonicNow() - from < 8000)
    assert.equal(cleared?.rule, 'stalled')
    assert.ok(events.some((event) => event.kind === 'lost' && /did not obey "disarm"/.test(event.why)))
    assert.equal(await untouched(await many(3, client), 'abcdef'), '...')
  })

  it('grows and shrinks while it serves: connections of one that leaves may end first', async () => {
    const { plane, client, arm } = await stage(1)
    const [first] = await many(1, client)
    assert.ok(first)
    await exchange(first, 'one')
    await plane.resize(2, ms(0))
    assert.equal(plane.workers.length, 3)
    await arm('wrong', 'mark', {})
    const others = await many(6, client)
    assert.equal(await untouched(others, 'abcdef'), 'xxxxxx')
    await plane.disarm()
    const shrunk = plane.resize(-2, ms(20_000))
    assert.equal(await untouched([first, ...others], 'abcdef'), '.......', 'nothing is cut')
    for (const { socket } of others) socket.destroy()
    await shrunk
    assert.equal(plane.workers.length, 1)
    await exchange(first, 'still here')
    assert.equal((await plane.snapshot()).targets['it']?.accepted, 7)
    assert.equal(await plane.resize(1, ms(0)), 2)
    assert.equal(await untouched(await many(2, client), 'abcdef'), '..')
  })

  it('arms and disarms while clients come in crowds: nobody is forgotten', async () => {
    const { plane, client, arm } = await stage(2)
    const crowd = many(300, client)
    for (let n = 0; n < 10; n++) {
      await arm('slow', 'latency', { delay: ms(1) })
      await plane.disarm()
    }
    const clients = await crowd
    await Promise.all(clients.map((one) => exchange(one, 'here', 15_000)))
    assert.equal((await plane.snapshot()).targets['it']?.connections, 300)
  })
})
