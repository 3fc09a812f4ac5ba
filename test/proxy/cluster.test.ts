/** Targets that are several servers: clients of a Redis Cluster and of Sentinels stay behind the proxy, whatever they are told. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Redis } from 'ioredis'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { type RedisCluster, startRedisCluster } from '../../src/demo/redis-cluster.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { TargetSpec } from '../../src/proxy/plane.ts'
import type { ClientSpec, Tally } from '../support/many-servers-client.ts'
import { startSentinel, type Watched } from '../support/sentinel.ts'
import { hasRedis } from '../support/servers.ts'

const LOCAL = { host: '127.0.0.1', port: 0 }

const opened: LocalPlane[] = []
/** A plane in front of it, and the port at which the first of its servers is reached. */
async function behind(upstream: { readonly host: string; readonly port: number }, spec: Partial<TargetSpec> = {}): Promise<{ readonly plane: LocalPlane; readonly port: number }> {
  const plane = new LocalPlane({ registry, seed: 1 })
  opened.push(plane)
  const [open] = await plane.open([{
    name: 'cache', protocol: 'redis', upstream, listen: [{ address: LOCAL }], tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: ms(2000), cluster: true, ...spec,
  }])
  const address = open?.listen[0]?.address
  assert.ok(address && 'port' in address)
  return { plane, port: address.port }
}

/** A client in a thread of its own. */
class Traffic {
  static readonly #running = new Set<Worker>()
  readonly #worker: Worker
  latest: Tally = { done: 0, wrong: [], errors: [], ports: [] }

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (tally: Tally) => { this.latest = tally })
  }

  static async start(spec: ClientSpec): Promise<Traffic> {
    const worker = new Worker(new URL('../support/many-servers-client.js', import.meta.url), { workerData: spec })
    Traffic.#running.add(worker)
    const traffic = new Traffic(worker)
    await once(worker, 'message')
    return traffic
  }

  /** Once so many more operations are done. */
  async goesOn(operations: number): Promise<void> {
    const from = await this.#done()
    while (await this.#done() < from + operations) await pause(10)
  }

  async #done(): Promise<number> {
    this.#worker.postMessage('tell')
    await once(this.#worker, 'message')
    return this.latest.done
  }

  async stop(): Promise<Tally> {
    this.#worker.postMessage('stop')
    await once(this.#worker, 'exit')
    Traffic.#running.delete(this.#worker)
    return this.latest
  }

  /** What a test that failed has left. */
  static async end(): Promise<void> {
    for (const worker of Traffic.#running) await worker.terminate()
    Traffic.#running.clear()
  }
}

const admins: Redis[] = []
/** A connection of the test's own, past the proxy. */
function direct({ port }: { readonly port: number }): Redis {
  const redis = new Redis({ port, disableClientInfo: true, enableReadyCheck: false }).on('error', () => undefined)
  admins.push(redis)
  return redis
}

/** Of the nodes: connections taken so far, and redirections given. */
const received = async (nodes: readonly Redis[]): Promise<number> => (await sums(nodes, 'stats', /total_connections_received:(\d+)/))
const redirections = async (nodes: readonly Redis[], code: 'MOVED' | 'ASK'): Promise<number> => sums(nodes, 'errorstats', new RegExp(`errorstat_${code}:count=(\\d+)`))
async function sums(nodes: readonly Redis[], section: string, figure: RegExp): Promise<number> {
  const infos = await Promise.all(nodes.map((node) => node.info(section)))
  return infos.reduce((sum, info) => sum + Number(figure.exec(info)?.[1] ?? 0), 0)
}

/** Which of the nodes holds the slot. */
async function ownerOf(nodes: readonly Redis[], slot: number): Promise<number> {
  for (const [index, node] of nodes.entries()) {
    const own = String(await node.call('CLUSTER', 'NODES')).split('\n').find((line) => line.includes('myself')) ?? ''
    if (own.split(' ').slice(8).some((range) => { const [from, to = from] = range.split('-').map(Number); return from !== undefined && to !== undefined && from <= slot && slot <= to })) return index
  }
  throw new Error(`nobody has ${slot}`)
}

/** Moves a slot with all its keys to the next node, as an operator does: ASK while it lasts, MOVED after. */
async function migrate(nodes: readonly Redis[], ports: readonly number[], slot: number, meanwhile: () => Promise<void>): Promise<void> {
  const from = await ownerOf(nodes, slot)
  const to = (from + 1) % nodes.length
  const [source, target] = [nodes[from], nodes[to]]
  assert.ok(source && target)
  const [sourceId = '', targetId = ''] = [await source.call('CLUSTER', 'MYID'), await target.call('CLUSTER', 'MYID')].map(String)
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId)
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId)
  for (;;) {
    const keys = await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 10) as string[]
    if (keys.length === 0) break
    await source.call('MIGRATE', '127.0.0.1', ports[to] ?? 0, '', 0, 5000, 'KEYS', ...keys)
  }
  await meanwhile()
  for (const node of [target, source, ...nodes]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId)
}

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + 30_000
  while (!await holds()) {
    assert.ok(performance.now() < until, `not within 30 s: ${what}`)
    await pause(50)
  }
}

describe('a target of several servers', function () {
  this.timeout(90_000)
  before(function () { if (!hasRedis) this.skip() })
  afterEach(async () => { await Traffic.end(); await Promise.all(opened.splice(0).map((plane) => plane.close())) })
  after(() => { for (const redis of admins) redis.disconnect() })

  describe('a Redis Cluster of three', () => {
    let cluster: RedisCluster
    let nodes: readonly Redis[]
    let ports: readonly number[]
    before(async () => {
      cluster = await startRedisCluster()
      ports = cluster.nodes.map(({ port }) => port)
      nodes = cluster.nodes.map(direct)
    })
    after(() => cluster?.stop())

    const kinds = [['ioredis Cluster', 2], ['ioredis Cluster', 3], ['node-redis cluster', 2], ['node-redis cluster', 3]] as const
    for (const [kind, resp] of kinds) {
      it(`${kind} on RESP${resp}: every connection is the proxy's, also while slots migrate`, async () => {
        const { plane, port } = await behind(cluster)
        const receivedBefore = await received(nodes)
        const traffic = await Traffic.start({ kind, resp, port })
        await traffic.goesOn(500)
        const accepted = (await plane.snapshot()).targets['cache']?.accepted ?? 0
        assert.equal(await received(nodes) - receivedBefore, accepted, 'what the nodes have taken is what the proxy has')
        assert.ok(accepted >= 3, `${accepted} connections`)

        const before = [await redirections(nodes, 'MOVED'), await redirections(nodes, 'ASK')]
        for (const lane of [0, 1, 2, 3]) {
          const slot = await nodes[0]?.call('CLUSTER', 'KEYSLOT', `key:${lane}:7`)
          await migrate(nodes, ports, Number(slot), () => traffic.goesOn(800))
        }
        await traffic.goesOn(800)
        const after = [await redirections(nodes, 'MOVED'), await redirections(nodes, 'ASK')]
        assert.ok(after.every((count, index) => count > (before[index] ?? 0)), `the client was redirected, MOVED and ASK: ${before.join(', ')} became ${after.join(', ')}`)

        const { done, wrong, errors, ports: reached } = await traffic.stop()
        assert.deepEqual([wrong, errors], [[], []])
        assert.ok(done >= 4500)
        assert.deepEqual(reached.filter((one) => ports.includes(one)), [], 'no connection to a node')
        assert.ok(new Set(reached).size >= 3, `to ${[...new Set(reached)].join(', ')}`)
      })
    }
  })

  describe('a master, its replica and two Sentinels', () => {
    let watched: Watched
    let ports: readonly number[]
    before(async () => {
      watched = await startSentinel(2)
      ports = [watched.master, watched.replica, ...watched.sentinels].map(({ port }) => port)
      const sentinels = watched.sentinels.map(direct)
      for (const sentinel of sentinels) await eventually(async () => /slaves=1,sentinels=2/.test(await sentinel.info('sentinel')), 'the Sentinels know each other and the replica')
    })
    after(() => watched?.stop())

    for (const [kind, resp] of [['ioredis Sentinel', 3], ['node-redis Sentinel', 3], ['ioredis Sentinel', 2]] as const) {
      if (resp === 2 && !process.env['TEST_ALL']) continue
      it(`${kind} on RESP${resp}: every connection is the proxy's, and a failover is followed`, async () => {
        const { port } = await behind({ host: '127.0.0.1', port: watched.sentinels[0]?.port ?? 0 })
        const sentinel = direct(watched.sentinels[0] ?? { port: 0 })
        const master = async (): Promise<number> => Number((await sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster') as string[])[1])
        const traffic = await Traffic.start({ kind, resp, port })
        await traffic.goesOn(300)
        const old = await master()
        await eventually(async () => await sentinel.call('SENTINEL', 'FAILOVER', 'mymaster').catch(String) === 'OK', 'a failover begins')
        await eventually(async () => await master() !== old, 'there is another master')
        const promoted = direct({ port: await master() })
        const commands = async (): Promise<number> => sums([promoted], 'commandstats', /cmdstat_set:calls=(\d+)/)
        const served = await commands()
        await eventually(async () => await commands() >= served + 300, 'the new master serves it')
        await traffic.goesOn(300)
        const { ports: reached } = await traffic.stop()
        assert.deepEqual(reached.filter((one) => ports.includes(one)), [], 'no connection to a server')
        assert.ok(new Set(reached).size >= 3, `to ${[...new Set(reached)].join(', ')}`)
        // The Sentinels would see to that too, some ten seconds later; the next failover needs it.
        await direct({ port: old }).call('REPLICAOF', watched.master.host, await master())
        await eventually(async () => /master_link_status:up/.test(await direct({ port: old }).info('replication')), 'the old master follows')
      })
    }
  })
})
