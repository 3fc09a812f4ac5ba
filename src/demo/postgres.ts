/** A real Postgres of our own, on a free port of 127.0.0.1, with a data folder that goes when it goes. */

import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ms, type Ms } from '../core/units.ts'
import { startWatchdog, type Watchdog } from '../watchdog/watchdog.ts'
import { type Account, type DemoServer, onFreePort, type ServerOptions, startDaemon, temporaryFolder } from './daemon.ts'
import { packagedPostgres, postgresHome } from './postgres-home.ts'

export interface PostgresOptions extends ServerOptions {
  /** Another may follow it: then it keeps a fuller log, and a commit is sent on at once. False unless given. */
  readonly replicated?: boolean | undefined
}

/** Where one server lies, before it runs. */
export interface Place {
  /** With `bin/postgres`. */
  readonly home: string
  /** Its own, removed with it. */
  readonly folder: string
  /** Not there yet. */
  readonly data: string
  readonly as: Account | undefined
  readonly watchdog: Watchdog
}

type Settings = Readonly<Record<string, string>>
/** Durability is given up for a quick start and an even pace: nobody keeps what the sample stack sold. */
const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', shared_buffers: '32MB',
  fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off', jit: 'off',
}
const ALONE: Settings = { wal_level: 'minimal', max_wal_senders: '0' }
/** Of a primary and of its replica, which is one when it has been promoted. A commit that waits for its log to be written is sent at once; else up to 600 ms later. What a replica has missed for minutes is still there. */
export const REPLICATED: Settings = { wal_level: 'replica', max_wal_senders: '4', wal_keep_size: '512MB', synchronous_commit: 'local', wal_sender_timeout: '5s' }
const INIT = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
const INIT_WITHIN: Ms = ms(60_000)
const START_WITHIN: Ms = ms(20_000)

/** Serves within two seconds on an idle machine. Throws POSTGRES_MISSING, SERVER_FAILED, PORT_IN_USE. */
export const startPostgres = ({ replicated = false, ...options }: PostgresOptions = {}): Promise<DemoServer> =>
  servePostgres(options, replicated ? REPLICATED : ALONE, async ({ home, folder, data, as, watchdog }) => {
    const init = await startDaemon({ as, folder, watchdog, signal: 'SIGINT', name: 'initdb', command: join(home, 'bin/initdb'), args: ['-D', data, ...INIT], within: INIT_WITHIN })
    return () => { if (init) watchdog.release(init.pid) }
  })

/** A server on the data that `fill` makes, which guards the folder until what it gives is called. Throws POSTGRES_MISSING, SERVER_FAILED, PORT_IN_USE. */
export async function servePostgres({ port: wanted, watchdog: given }: ServerOptions, more: Settings, fill: (place: Place) => Promise<() => void>): Promise<DemoServer> {
  const native = packagedPostgres()
  const as = accountForPostgres()
  const folder = await temporaryFolder('brownout-postgres-', as)
  const watchdog = given ?? startWatchdog()
  const letGo = (): void => { if (!given) watchdog.close() }
  try {
    const home = await postgresHome(native, folder, as)
    const data = join(folder, 'data')
    const filled = await fill({ home, folder, data, as, watchdog })
    const settings = Object.entries({ ...SETTINGS, ...more }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const { port, pid, exited, stop } = await onFreePort('Postgres', wanted, (port) => startDaemon({
      as, folder, watchdog, signal: 'SIGINT', name: 'Postgres', command: join(home, 'bin/postgres'), args: ['-D', data, '-p', String(port), ...settings],
      ready: /ready to accept (?:read-only )?connections/, portTaken: /Address already in use/, within: START_WITHIN,
    }))
    filled()
    const host = '127.0.0.1'
    return { url: `postgres://postgres@${host}:${port}/postgres`, host, port, pid, exited, stop: () => stop().finally(letGo) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    letGo()
    throw error
  }
}

/** Postgres refuses to run as root: then it runs as `nobody`. */
function accountForPostgres(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) }
}
