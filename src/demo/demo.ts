/** What `brownout demo` and `demo:` upstreams need to know of the sample stack. */

import { join } from 'node:path'
import { BrownoutError } from '../core/errors.ts'
import { assertNever } from '../core/units.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'
import type { DemoServer } from './daemon.ts'
import { startPostgres } from './postgres.ts'
import { type PostgresReplica, startPostgresReplica } from './postgres-replica.ts'
import { findRedis, startRedis } from './redis.ts'
import { startRedisCluster } from './redis-cluster.ts'

export interface ServerWish {
  readonly watchdog: Watchdog
  /** Of a Postgres: another is to follow it. */
  readonly replicated: boolean
  /** Of a replica: whom it follows, one that was started as `replicated`. */
  readonly primary?: Pick<DemoServer, 'url'> | undefined
}
export type DemoStarted = Pick<DemoServer, 'url' | 'host' | 'port' | 'stop'> & Partial<Pick<PostgresReplica, 'follow'>>

/** Starts the embedded server, or servers, that a target's `demo:` upstream stands for. */
export function startServer(kind: 'redis' | 'redis-cluster' | 'redis-cluster-replicas' | 'postgres' | 'postgres-replica', { watchdog, replicated, primary }: ServerWish): Promise<DemoStarted> {
  switch (kind) {
    case 'redis': return startRedis({ watchdog })
    case 'redis-cluster': return startRedisCluster({ watchdog })
    case 'redis-cluster-replicas': return startRedisCluster({ watchdog, replicas: 3 })
    case 'postgres': return startPostgres({ watchdog, replicated })
    case 'postgres-replica': {
      if (!primary) throw new BrownoutError('SERVER_FAILED', { message: 'Postgres: a replica has no primary to follow' })
      return startPostgresReplica(primary, { watchdog })
    }
    default: return assertNever(kind)
  }
}

/** `note` says why it is not the usual one. */
export interface DemoChoice { readonly file: string; readonly note?: string }

/** The experiment that this machine can run: the cache's, or, where there is no Redis, the database's. */
export function demoExperiment(packageRoot: string, env: NodeJS.ProcessEnv = process.env): DemoChoice {
  const file = (name: string): string => join(packageRoot, 'experiments', `${name}.yaml`)
  if (findRedis(env)) return { file: file('cache-partition') }
  return { file: file('slow-database'), note: 'There is no redis-server or valkey-server on the PATH, so this is the experiment on Postgres. Install one of them to see the cache lost.' }
}
