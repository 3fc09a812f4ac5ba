/** A Redis Cluster of our own on 127.0.0.1: masters that share all slots, and replicas where they are asked for. */

import { Redis } from 'ioredis'
import { realClock, sleep } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { startWatchdog } from '../watchdog/watchdog.ts'
import { type DemoServer, freePort, type ServerOptions } from './daemon.ts'
import { startRedis } from './redis.ts'

export interface RedisClusterOptions extends Pick<ServerOptions, 'watchdog'> {
  /** At least 3, the fewest that can outvote a dead one; 3 unless given. */
  readonly masters?: number
  /** One for each of the first masters; none unless given. */
  readonly replicas?: number
}
/** `url` is that of the first node. */
export interface RedisCluster extends Pick<DemoServer, 'url' | 'host' | 'port' | 'stop'> {
  /** Masters first, in the order of their slots. */
  readonly nodes: readonly DemoServer[]
}

const SLOTS = 16_384
const AGREED_WITHIN: Ms = ms(15_000)
const POLL: Ms = ms(50)
/** After so many ms without an answer a node is taken for dead. */
const NODE_TIMEOUT = '2000'

/** Resolves when every node says that the cluster is well and knows all the others. Needs Redis 7. Throws as `startRedis` does. */
export async function startRedisCluster({ masters = 3, replicas = 0, watchdog: given }: RedisClusterOptions = {}): Promise<RedisCluster> {
  const watchdog = given ?? startWatchdog()
  const nodes: DemoServer[] = []
  const clients: Redis[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    if (!given) watchdog.close()
  }
  try {
    for (let n = 0; n < masters + replicas; n++) {
      const node = await startRedis({ watchdog, settings })
      nodes.push(node)
      clients.push(new Redis(node.url, { disableClientInfo: true, retryStrategy: () => null }).on('error', () => undefined))
    }
    await meet(nodes, clients)
    await share(clients.slice(0, masters))
    await follow(clients, masters)
    await untilAll(clients, async (client) => /cluster_state:ok/.test(await info(client)), 'the cluster does not become well')
    const [first] = nodes
    if (!first) throw new BrownoutError('SERVER_FAILED', { message: 'Redis Cluster: no node was asked for' })
    const { url, host, port } = first
    return { url, host, port, nodes, stop }
  } catch (error) {
    await stop()
    throw error
  } finally {
    for (const client of clients) client.disconnect()
  }
}

/** The bus would be 10,000 above the port, which may be past the last one. */
const settings = async (): Promise<readonly string[]> =>
  ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', NODE_TIMEOUT, '--cluster-port', String(await freePort())]

/** The first node is told of the others; gossip does the rest. */
async function meet(nodes: readonly DemoServer[], [first, ...others]: readonly Redis[]): Promise<void> {
  for (const [index, other] of others.entries()) {
    const node = nodes[index + 1]
    // ID IP:PORT@BUS FLAGS …
    const bus = /@(\d+)/.exec(String(await other.call('CLUSTER', 'NODES')))?.[1]
    if (node && bus !== undefined) await first?.call('CLUSTER', 'MEET', node.host, node.port, bus)
  }
  await untilAll([...(first ? [first] : []), ...others], async (client) => new RegExp(`cluster_known_nodes:${nodes.length}\\b`).test(await info(client)), 'the nodes do not find each other')
}

async function share(masters: readonly Redis[]): Promise<void> {
  for (const [index, master] of masters.entries()) {
    const [from, to] = [index, index + 1].map((n) => Math.floor((n * SLOTS) / masters.length))
    await master.call('CLUSTER', 'ADDSLOTSRANGE', Number(from), Number(to) - 1)
  }
}

async function follow(clients: readonly Redis[], masters: number): Promise<void> {
  for (const [index, replica] of clients.slice(masters).entries()) {
    await replica.call('CLUSTER', 'REPLICATE', String(await clients[index % masters]?.call('CLUSTER', 'MYID')))
    await untilAll([replica], async (client) => /master_link_status:up/.test(await client.info('replication')), 'a replica does not reach its master')
  }
}

const info = async (client: Redis): Promise<string> => String(await client.call('CLUSTER', 'INFO'))

async function untilAll(clients: readonly Redis[], holds: (client: Redis) => Promise<boolean>, otherwise: string): Promise<void> {
  const until = realClock.now() + AGREED_WITHIN
  while (!(await Promise.all(clients.map(holds))).every(Boolean)) {
    if (realClock.now() > until) throw new BrownoutError('SERVER_FAILED', { message: `Redis Cluster: ${otherwise} within ${AGREED_WITHIN / 1000} s` })
    await sleep(POLL)
  }
}
