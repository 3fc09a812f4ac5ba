/** A real Postgres and a real Redis for all test files of one mocha process: started at the first call, stopped after the last test. */

import type { DemoServer } from '../../src/demo/daemon.ts'
import { startPostgres } from '../../src/demo/postgres.ts'
import { findRedis, startRedis } from '../../src/demo/redis.ts'
import { startWatchdog, type Watchdog } from '../../src/watchdog/watchdog.ts'

let watchdog: Watchdog | undefined
const started = new Map<string, Promise<DemoServer>>()

function shared(name: string, start: (options: { watchdog: Watchdog }) => Promise<DemoServer>): Promise<DemoServer> {
  watchdog ??= startWatchdog()
  const server = started.get(name) ?? start({ watchdog })
  started.set(name, server)
  return server
}

/** They are shared: a test keeps to tables and keys of its own, and does not stop them. */
export const postgres = (): Promise<DemoServer> => shared('postgres', startPostgres)
export const redis = (): Promise<DemoServer> => shared('redis', startRedis)
/** Where there is none, what needs it is skipped and says so. */
export const hasRedis = findRedis() !== undefined

after('stops the shared servers', async () => {
  const servers = await Promise.allSettled(started.values())
  await Promise.all(servers.map((server) => server.status === 'fulfilled' ? server.value.stop() : undefined))
  watchdog?.close()
})
