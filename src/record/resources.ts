/** What is known of the resources that an application and the servers behind targets use: every metric once, with its unit. */

export type ResourceOf = 'app' | 'redis' | 'postgres'
export type ResourceUnit = 'ratio' | 'bytes' | 'bytes/s' | '/s' | 'number'

export interface Resource {
  readonly unit: ResourceUnit
  readonly of: readonly ResourceOf[]
  /** How a window is told: shares and rates by their mean, sizes and counts by the highest. */
  readonly window: 'mean' | 'highest'
  /** For tables and charts. */
  readonly label: string
}

const share = (label: string, ...of: readonly ResourceOf[]): Resource => ({ unit: 'ratio', of, window: 'mean', label })
const rate = (label: string, ...of: readonly ResourceOf[]): Resource => ({ unit: '/s', of, window: 'mean', label })
const flow = (label: string, ...of: readonly ResourceOf[]): Resource => ({ unit: 'bytes/s', of, window: 'mean', label })
const size = (label: string, ...of: readonly ResourceOf[]): Resource => ({ unit: 'bytes', of, window: 'highest', label })
const count = (label: string, ...of: readonly ResourceOf[]): Resource => ({ unit: 'number', of, window: 'highest', label })

/** Those of targets begin with `server_`: they are of the server as a whole, whoever uses it. */
export const RESOURCES = {
  cpu: share('CPU', 'app'),
  memory: size('memory', 'app'),
  processes: count('processes', 'app'),
  threads: count('threads', 'app'),
  handles: count('open files and sockets', 'app'),
  sockets: count('sockets', 'app'),
  io_read: flow('read', 'app'),
  io_written: flow('written', 'app'),
  disk_read: flow('read from disks', 'app'),
  disk_written: flow('written to disks', 'app'),
  server_cpu: share('CPU', 'redis', 'postgres'),
  server_main_thread: share('CPU of the main thread', 'redis'),
  server_memory: size('memory', 'redis'),
  server_memory_share: { ...share('memory of maxmemory', 'redis'), window: 'highest' },
  server_connections: count('connections', 'redis', 'postgres'),
  server_connections_share: { ...share('connections of the most allowed', 'redis', 'postgres'), window: 'highest' },
  server_blocked: count('clients that wait for data', 'redis'),
  server_ops: rate('commands', 'redis'),
  server_evictions: rate('keys evicted', 'redis'),
  server_rejected: rate('connections refused', 'redis'),
  server_bytes_in: flow('received', 'redis'),
  server_bytes_out: flow('sent', 'redis'),
  server_active: count('sessions at work', 'postgres'),
  server_idle_in_transaction: count('sessions idle in a transaction', 'postgres'),
  server_waits_lock: count('sessions waiting for a lock', 'postgres'),
  server_waits_lwlock: count('sessions waiting inside the server', 'postgres'),
  server_waits_io: count('sessions waiting for I/O', 'postgres'),
  server_commits: rate('commits', 'postgres'),
  server_rollbacks: rate('rollbacks', 'postgres'),
  server_deadlocks: rate('deadlocks', 'postgres'),
  server_tuples_read: rate('rows read', 'postgres'),
  server_tuples_written: rate('rows written', 'postgres'),
  server_temp: flow('temporary files', 'postgres'),
  server_hits: rate('found in the cache', 'redis', 'postgres'),
  server_misses: rate('not found in the cache', 'redis', 'postgres'),
  server_hit_ratio: share('found in the cache', 'redis', 'postgres'),
} as const satisfies Readonly<Record<string, Resource>>

const table: Readonly<Record<string, Resource>> = RESOURCES
export const resourceOf = (metric: string): Resource | undefined => (Object.hasOwn(table, metric) ? table[metric] : undefined)

export const resourcesOf = (of: ResourceOf): readonly string[] => Object.entries(table).flatMap(([metric, resource]) => (resource.of.includes(of) ? [metric] : []))
