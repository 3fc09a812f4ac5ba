/** What `brownout demo` and `demo:` upstreams need to know of the sample stack. */

import { join } from 'node:path'
import { assertNever } from '../core/units.ts'
import type { Watchdog } from '../watchdog/watchdog.ts'
import type { DemoServer } from './daemon.ts'
import { startPostgres } from './postgres.ts'
import { findRedis, startRedis } from './redis.ts'
import { startRedisCluster } from './redis-cluster.ts'

/** Starts the embedded server, or servers, that a target's `demo:` upstream stands for. */
export function startServer(kind: 'redis' | 'redis-cluster' | 'postgres', watchdog: Watchdog): Promise<Pick<DemoServer, 'url' | 'host' | 'port' | 'stop'>> {
  switch (kind) {
    case 'redis': return startRedis({ watchdog })
    case 'redis-cluster': return startRedisCluster({ watchdog })
    case 'postgres': return startPostgres({ watchdog })
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
