/** A real Postgres of our own, on a free port of 127.0.0.1, with a data folder that goes when it goes. */

import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ms, type Ms } from '../core/units.ts'
import { startWatchdog } from '../watchdog/watchdog.ts'
import { type Account, type DemoServer, onFreePort, type ServerOptions, startDaemon, temporaryFolder } from './daemon.ts'
import { packagedPostgres, postgresHome } from './postgres-home.ts'

/** Durability is given up for a quick start and an even pace: nobody keeps what the sample stack sold. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', shared_buffers: '32MB',
  fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', wal_level: 'minimal', max_wal_senders: '0',
  autovacuum: 'off', jit: 'off',
}
const INIT = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
const INIT_WITHIN: Ms = ms(60_000)
const START_WITHIN: Ms = ms(20_000)

/** Serves within two seconds on an idle machine. Throws POSTGRES_MISSING, SERVER_FAILED, PORT_IN_USE. */
export async function startPostgres({ port: wanted, watchdog: given }: ServerOptions = {}): Promise<DemoServer> {
  const native = packagedPostgres()
  const as = accountForPostgres()
  const folder = await temporaryFolder('brownout-postgres-', as)
  const watchdog = given ?? startWatchdog()
  const letGo = (): void => { if (!given) watchdog.close() }
  try {
    const home = await postgresHome(native, folder, as)
    const data = join(folder, 'data')
    const shared = { as, folder, signal: 'SIGINT', watchdog } as const
    const init = await startDaemon({ ...shared, name: 'initdb', command: join(home, 'bin/initdb'), args: ['-D', data, ...INIT], within: INIT_WITHIN })
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const { port, pid, exited, stop } = await onFreePort('Postgres', wanted, (port) => startDaemon({
      ...shared, name: 'Postgres', command: join(home, 'bin/postgres'), args: ['-D', data, '-p', String(port), ...settings],
      ready: /ready to accept connections/, portTaken: /Address already in use/, within: START_WITHIN,
    }))
    if (init) watchdog.release(init.pid)
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
