/** A Postgres asked by its statistics views, and by /proc where it runs on this machine. (PostgreSQL 18, 27.2) */

import { basename, dirname } from 'node:path'
import pg from 'pg'
import { monotonicNow } from '../core/clock.ts'
import { problemOf } from '../probes/deadline.ts'
import type { Asked, ObserverOptions, Reading } from './observer.ts'
import { parentOf, ProcessTree, titleOf } from './process-tree.ts'
import { credentialsOf, type ServerSpec } from './server.ts'

/** One row of numbers, named by their metrics. Our own session is left out; what of others a role may not see counts as idle. */
const GAUGES = `select count(*) server_connections,
  count(*) filter (where state = 'active') server_active,
  count(*) filter (where state like 'idle in transaction%') server_idle_in_transaction,
  count(*) filter (where state = 'active' and wait_event_type = 'Lock') server_waits_lock,
  count(*) filter (where state = 'active' and wait_event_type = 'LWLock') server_waits_lwlock,
  count(*) filter (where state = 'active' and wait_event_type = 'IO') server_waits_io,
  count(*)::float8 / current_setting('max_connections')::float8 server_connections_share
  from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
const COUNTERS = `select sum(xact_commit) server_commits, sum(xact_rollback) server_rollbacks, sum(deadlocks) server_deadlocks, sum(tup_returned + tup_fetched) server_tuples_read,
  sum(tup_inserted + tup_updated + tup_deleted) server_tuples_written, sum(temp_bytes) server_temp, sum(blks_hit) server_hits, sum(blks_read) server_misses from pg_stat_database`
/** Beside our own polling nothing of ours may last in the server. */
const STATEMENT_TIMEOUT_MS = 1500

export const postgresObserved = (spec: ServerSpec): Pick<ObserverOptions, 'connect' | 'describe'> => ({ connect: (signal) => connect(spec, signal), describe: problemOf })

async function connect(spec: ServerSpec, signal: AbortSignal): Promise<Asked> {
  const client = await connectPostgres(spec, signal)
  const tree = await serverHere(client).catch((error: unknown) => {
    stop(client)
    throw error
  })
  let cpu = 0
  return {
    async read() {
      const [gauges, counters] = [await row(client, GAUGES), await row(client, COUNTERS)]
      const used = tree?.look(monotonicNow())
      cpu += (used?.cpu ?? 0) / 1000
      return { gauges, counters: used ? { ...counters, server_cpu: cpu } : counters } satisfies Reading
    },
    close: () => stop(client),
  }
}

/** A session of our own, past the proxies. It is ended at once when the signal fires. */
export async function connectPostgres(spec: ServerSpec, signal: AbortSignal, name = 'brownout observe'): Promise<pg.Client> {
  const { user, password, database } = credentialsOf(spec.url)
  const client = new pg.Client({
    ...placeOf(spec.address), user, password, database: database || user, ssl: spec.tls ?? false,
    application_name: name, statement_timeout: STATEMENT_TIMEOUT_MS,
  })
  client.on('error', () => stop(client))
  signal.addEventListener('abort', () => stop(client), { once: true })
  try {
    await client.connect()
    return client
  } catch (error) {
    stop(client)
    throw error
  }
}

/** By name: TLS puts another stream in its place. */
const stop = (client: pg.Client): void => { client.connection.stream.destroy() }

const placeOf = (address: ServerSpec['address']): { readonly host: string; readonly port: number } =>
  ('host' in address ? address : { host: dirname(address.path), port: Number(/\.(\d+)$/.exec(basename(address.path))?.[1] ?? 5432) })

async function row(client: pg.Client, sql: string): Promise<Readonly<Record<string, number>>> {
  const { rows: [first = {}] } = await client.query<Record<string, unknown>>(sql)
  return Object.fromEntries(Object.entries(first).map(([metric, value]) => [metric, Number(value ?? 0)]))
}

/** The server's processes, where they are of this machine: the process that serves us says so by our own port, which a container's would not. */
async function serverHere(client: pg.Client): Promise<ProcessTree | undefined> {
  const { pid } = await row(client, 'select pg_backend_pid() pid')
  const title = pid === undefined ? undefined : titleOf(pid)
  const { stream } = client.connection
  const ours = 'localPort' in stream && typeof stream.localPort === 'number' ? `(${stream.localPort})` : '[local]'
  if (pid === undefined || !title?.startsWith('postgres: ') || !title.includes(ours)) return undefined
  const parent = parentOf(pid)
  return parent === undefined || parent <= 1 ? undefined : new ProcessTree(parent)
}
