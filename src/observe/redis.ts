/** A Redis asked by INFO. (redis.io/docs/latest/commands/info) */

import { Redis } from 'ioredis'
import { connectOnce, ONCE, redisProblem } from '../probes/redis.ts'
import type { Asked, ObserverOptions, Reading } from './observer.ts'
import { credentialsOf, type ServerSpec } from './server.ts'

export const redisObserved = (spec: ServerSpec): Pick<ObserverOptions, 'connect' | 'describe'> => ({ connect: (signal) => connect(spec, signal), describe: redisProblem })

async function connect(spec: ServerSpec, signal: AbortSignal): Promise<Asked> {
  const redis = await connectRedis(spec, signal, 'brownout-observe')
  return { read: async () => readInfo(await redis.info()), close: () => redis.disconnect() }
}

/** A connection of our own, past the proxies, to the database that the URL names. It is ended at once when the signal fires. */
export async function connectRedis({ address, url, tls }: ServerSpec, signal: AbortSignal, connectionName: string): Promise<Redis> {
  const { user, password, database } = credentialsOf(url)
  const redis = new Redis({
    ...address, ...(user === undefined ? {} : { username: user }), ...(password === undefined ? {} : { password }), ...(tls ? { tls } : {}),
    ...ONCE, connectionName, db: Number(database) || 0,
  })
  const connected = connectOnce(redis, signal)
  try {
    await connected.done
    return redis
  } catch (error) {
    redis.disconnect()
    throw connected.cause() ?? error
  }
}

/** Our own connection and the asking itself are taken out. */
export function readInfo(info: string): Reading {
  const fields = new Map([...info.matchAll(/^([a-z_]+):(-?\d+(?:\.\d+)?)\r?$/gm)].map(([, name, value]) => [name, Number(value)] as const))
  const known = (metric: string, ...names: readonly string[]): Readonly<Record<string, number>> => {
    const values = names.flatMap((name) => fields.get(name) ?? [])
    return values.length < names.length ? {} : { [metric]: values.reduce((sum, value) => sum + value, 0) }
  }
  const [memory, most, clients, clientsMax] = [fields.get('used_memory') ?? 0, fields.get('maxmemory') ?? 0, (fields.get('connected_clients') ?? 1) - 1, fields.get('maxclients') ?? 0]
  return {
    gauges: {
      server_memory: memory, server_connections: clients, ...known('server_blocked', 'blocked_clients'),
      ...(most > 0 ? { server_memory_share: memory / most } : {}), ...(clientsMax > 0 ? { server_connections_share: clients / clientsMax } : {}),
    },
    counters: {
      ...known('server_cpu', 'used_cpu_user', 'used_cpu_sys'), ...known('server_main_thread', 'used_cpu_user_main_thread', 'used_cpu_sys_main_thread'),
      ...known('server_ops', 'total_commands_processed'), ...known('server_evictions', 'evicted_keys'), ...known('server_rejected', 'rejected_connections'),
      ...known('server_bytes_in', 'total_net_input_bytes'), ...known('server_bytes_out', 'total_net_output_bytes'),
      ...known('server_hits', 'keyspace_hits'), ...known('server_misses', 'keyspace_misses'),
    },
  }
}
