/** A master, its replica, and a Sentinel that watches both: real ones, for one test file. */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ms } from '../../src/core/units.ts'
import { type DemoServer, onFreePort, startDaemon, temporaryFolder } from '../../src/demo/daemon.ts'
import { findRedis, startRedis } from '../../src/demo/redis.ts'
import { startWatchdog } from '../../src/watchdog/watchdog.ts'

export interface Watched { readonly master: DemoServer; readonly replica: DemoServer; readonly sentinels: readonly { readonly port: number }[]; stop(): Promise<void> }

/** The group is called `mymaster`; one Sentinel is enough to fail over. */
export async function startSentinel(sentinels = 1): Promise<Watched> {
  const program = findRedis()
  if (!program) throw new Error('no redis-server')
  const watchdog = startWatchdog()
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const end of stops.reverse()) await end()
    watchdog.close()
  }
  try {
    const master = await startRedis({ watchdog })
    stops.push(master.stop)
    const replica = await startRedis({ watchdog, settings: async () => ['--replicaof', master.host, String(master.port), '--repl-diskless-sync-delay', '0'] })
    stops.push(replica.stop)
    const watching: { port: number }[] = []
    for (let n = 0; n < sentinels; n++) {
      const folder = await temporaryFolder('brownout-test-sentinel-', undefined)
      const file = join(folder, 'sentinel.conf')
      const sentinel = await onFreePort('Sentinel', undefined, async (port) => {
        await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor mymaster ${master.host} ${master.port} 1`, 'sentinel down-after-milliseconds mymaster 1000', 'sentinel failover-timeout mymaster 3000', ''].join('\n'))
        return startDaemon({ ...program, name: 'Sentinel', args: [file, '--sentinel'], folder, signal: 'SIGTERM', watchdog, ready: /\+monitor master/, portTaken: /Address already in use/, within: ms(10_000) })
      })
      stops.push(sentinel.stop)
      watching.push({ port: sentinel.port })
    }
    return { master, replica, sentinels: watching, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
