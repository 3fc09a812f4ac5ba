/** A connection to the cache, to one Redis or to a Redis Cluster, which it gets to know by the one it is given. */

import { Cluster, Redis } from 'ioredis'
import type { Ms } from '../../core/units.ts'
import type { Settings } from './settings.ts'

export type CacheClient = Redis | Cluster

export interface CacheAddress extends Pick<Settings, 'redisCluster'> { readonly redisUrl: string }

export interface CacheOptions {
  /** For who would rather have an error, and has one at once while there is no connection; absent: whoever asks waits. */
  readonly deadlines?: { readonly commandTimeout?: Ms; readonly connectTimeout: Ms }
  /** A connection that is lost is made anew four times a second and more, not once in two seconds in the end. */
  readonly soon?: boolean
}

const soonAgain = (attempt: number): number => Math.min(25 * attempt, 250)

/** What is not said is left as the client has it. */
export function openCacheClient({ redisUrl, redisCluster }: CacheAddress, { deadlines, soon = false }: CacheOptions = {}): CacheClient {
  const options = deadlines && { ...deadlines, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false }
  const atOnce = deadlines ? { enableOfflineQueue: false } : {}
  if (!redisCluster) return new Redis(redisUrl, { ...options, ...atOnce, ...(soon ? { retryStrategy: soonAgain } : {}) })
  // The nodes agree within seconds who has taken over; a look costs one command.
  return new Cluster([redisUrl], { ...(options ? { redisOptions: options } : {}), ...atOnce, ...(soon ? { clusterRetryStrategy: soonAgain, slotsRefreshInterval: 1000, slotsRefreshTimeout: 500 } : {}) })
}
