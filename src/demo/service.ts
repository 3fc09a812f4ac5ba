/** The life of a sample service: listens at once, is ready when it could prepare itself, ends on SIGTERM within a second. */

import type { Server } from 'node:http'
import { sleep } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

export interface Service {
  readonly server: Server
  readonly port: number
  /** Tried again until it succeeds. */
  prepare(): Promise<void>
  onReady(): void
  /** No more is taken on; what is under way may end. */
  onStop?(): void
  /** Lets go of what is left, without waiting. */
  close(): void
  log(line: string): void
}

const RETRY_EVERY: Ms = ms(200)
/** What is under way has this long to end. */
const GRACE: Ms = ms(500)

/** Resolves when it is ready. */
export async function serve({ server, port, prepare, onReady, onStop, close, log }: Service): Promise<void> {
  async function stop(): Promise<void> {
    server.close()
    server.closeIdleConnections()
    onStop?.()
    await Promise.race([new Promise((resolve) => { server.once('close', resolve) }), sleep(GRACE)])
    close()
    process.exit(0)
  }

  process.once('SIGTERM', stop).once('SIGINT', stop)
  server.listen(port, '127.0.0.1', () => log(`at http://127.0.0.1:${port}`))
  for (;;) {
    try {
      await prepare()
      return onReady()
    } catch (error) {
      log(`not ready: ${String(error)}`)
      await sleep(RETRY_EVERY)
    }
  }
}
