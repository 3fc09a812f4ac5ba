/**
 * A streaming replica of one of our own Postgres: a copy of its data folder, taken while it runs, that follows its log.
 * There is no pg_basebackup among the embedded programs, so the copy is taken as it takes it. (PostgreSQL 18, 25.3.3, 26.2)
 */

import { chown, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { realClock, sleep } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { ms, type Ms } from '../core/units.ts'
import { type DemoServer, type ServerOptions, startDaemon } from './daemon.ts'
import { REPLICATED, type Place, servePostgres } from './postgres.ts'

export interface PostgresReplica extends DemoServer {
  /** From now on it gets the log from there. Resolves when it does. */
  follow(from: { readonly host: string; readonly port: number }): Promise<void>
}

/** A stream that says nothing for 5 s is given up, and asked for anew twice a second. What is read is as of what has come: nothing that comes waits for a reader. */
const SETTINGS = { ...REPLICATED, hot_standby: 'on', wal_receiver_timeout: '5s', wal_receiver_status_interval: '1s', wal_retrieve_retry_interval: '500ms', max_standby_streaming_delay: '0' }
const COPY_WITHIN: Ms = ms(60_000)
const FOLLOWS_WITHIN: Ms = ms(15_000)
const POLL: Ms = ms(25)
/** Of the primary alone, or made anew at every start; of these folders nothing but they themselves is needed. */
const NOT_COPIED: ReadonlySet<string> = new Set(['postmaster.pid', 'postmaster.opts', 'pg_wal', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial', 'pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'])

/** `primary` was started as `replicated`, and is of this machine. Resolves when the replica can be read and follows. Throws as `startPostgres` does. */
export async function startPostgresReplica(primary: Pick<DemoServer, 'url'>, options: ServerOptions = {}): Promise<PostgresReplica> {
  const server = await servePostgres(options, SETTINGS, (place) => withClient(primary.url, (client) => copyOf(client, place, primary.url)))
  const follow = ({ host, port }: { readonly host: string; readonly port: number }): Promise<void> =>
    withClient(server.url, async (client) => {
      await client.query(`alter system set primary_conninfo = ${pg.escapeLiteral(conninfo(host, port))}`)
      await client.query('select pg_reload_conf()')
      const until = realClock.now() + FOLLOWS_WITHIN
      while (Number((await client.query("select count(*) n from pg_stat_wal_receiver where status = 'streaming' and sender_port = $1", [port])).rows[0]?.n) === 0) {
        if (realClock.now() > until) throw new BrownoutError('SERVER_FAILED', { message: `Postgres: the replica does not follow ${host}:${port} within ${FOLLOWS_WITHIN / 1000} s` })
        await sleep(POLL)
      }
    })
  return { ...server, follow }
}

async function copyOf(primary: pg.Client, { folder, data, as, watchdog }: Place, url: string): Promise<() => void> {
  const { rows: [row] } = await primary.query<{ from: string }>("select current_setting('data_directory') \"from\"")
  const from = row?.from ?? ''
  await primary.query("select pg_backup_start('replica', fast => true)")
  await ownFolder(data)
  const names = await readdir(from, { withFileTypes: true })
  // Another process, so that the watchdog has something to guard the folder by; as the account that Postgres runs as, which is to own it all.
  const copy = await startDaemon({ as, folder, watchdog, signal: 'SIGINT', name: 'the base backup', command: 'cp', args: ['-R', ...names.filter(({ name }) => !NOT_COPIED.has(name)).map(({ name }) => join(from, name)), data], within: COPY_WITHIN })
  for (const { name } of names.filter((one) => one.isDirectory() && NOT_COPIED.has(one.name))) await ownFolder(join(data, name))
  const { rows: [label] } = await primary.query<{ labelfile: string }>('select labelfile from pg_backup_stop(wait_for_archive => false)')
  if (!label) throw new BrownoutError('SERVER_FAILED', { message: 'Postgres: the base backup has no label' })
  const { hostname, port } = new URL(url)
  await ownFile('backup_label', label.labelfile)
  await ownFile('standby.signal', '')
  await ownFile('postgresql.auto.conf', `primary_conninfo = '${conninfo(hostname, Number(port))}'\n`)
  return () => { if (copy) watchdog.release(copy.pid) }

  async function ownFolder(path: string): Promise<void> {
    await mkdir(path, { mode: 0o700 })
    if (as) await chown(path, as.uid, as.gid)
  }
  async function ownFile(name: string, text: string): Promise<void> {
    await writeFile(join(data, name), text, { mode: 0o600 })
    if (as) await chown(join(data, name), as.uid, as.gid)
  }
}

const conninfo = (host: string, port: number): string => `host=${host} port=${port} user=postgres application_name=replica connect_timeout=2`

/** With a connection that ends with `body`. */
async function withClient<T>(url: string, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}
