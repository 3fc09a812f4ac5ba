/** A real Redis behind a target, and clients through it; all closed after each test. */

import { Redis } from 'ioredis'
import { ms } from '../../../src/core/units.ts'
import type { DynamicPlane, PlaneEvent, TargetSpec } from '../../../src/proxy/plane.ts'
import { registry } from '../../../faults/index.ts'
import { later, LOCAL, PLAIN, planeFor, type Seen } from '../../proxy/stage.ts'
import { redis } from '../../support/servers.ts'
import { rawTo, struck, type Struck } from '../struck.ts'

export { closeAll, until } from '../../proxy/stage.ts'

export interface ClientOptions {
  readonly protocol?: 2 | 3
  readonly retryStrategy?: (times: number) => number | null
  readonly maxRetriesPerRequest?: number | null
  readonly commandTimeout?: number
  /** ioredis sends again what was not answered when its connection broke; off here, on in its defaults. */
  readonly autoResendUnfulfilledCommands?: boolean
  readonly enableReadyCheck?: boolean
}

export interface RedisStage extends Struck {
  readonly plane: DynamicPlane
  readonly events: PlaneEvent[]
  readonly port: number
  /** Past the proxy: what the server really has. */
  readonly direct: Redis
  /** Through the proxy; no retries, so that what the server said is what the test sees. */
  client(options?: ClientOptions): Promise<Redis>
  /** Bare bytes through the proxy. */
  raw(): Promise<Seen>
  /** Resolves when the server has a client that waits in `command`. */
  waiting(command: string): Promise<void>
}

export const pause = (time: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, time) })

export async function redisStage(seed = 1): Promise<RedisStage> {
  const server = await redis()
  const plane = planeFor(registry, seed)
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const spec: TargetSpec = { name: 'cache', protocol: 'redis', upstream: { host: server.host, port: server.port }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000) }
  const [opened] = await plane.open([spec])
  later(() => plane.close())
  const address = opened?.listen[0]?.address ?? LOCAL
  const port = 'port' in address ? address.port : 0
  const made = async (to: number, options: ClientOptions = {}): Promise<Redis> => {
    const client = new Redis(to, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, enableReadyCheck: false, autoResendUnfulfilledCommands: false, ...options })
    client.on('error', () => undefined)
    later(() => client.disconnect())
    await client.connect()
    return client
  }
  const direct = await made(server.port)
  await direct.flushall()
  return {
    plane, events, port, direct,
    client: (options) => made(port, options),
    raw: () => rawTo(port),
    ...struck(plane, events, 'cache'),
    async waiting(command) { while (!String(await direct.call('CLIENT', 'LIST')).split('\n').some((one) => one.includes(`cmd=${command} `) && one.includes('flags=b'))) await pause(2) },
  }
}
