/** The sample shop, a program of its own. Environment: PORT, REDIS_URL (empty: no cache), DATABASE_URL, RESILIENT (1 or 0). Ends on SIGTERM within a second. */

import { createServer } from 'node:http'
import { sleep } from '../../core/clock.ts'
import { ms, type Ms } from '../../core/units.ts'
import { naiveStore } from './naive.ts'
import { resilientStore } from './resilient.ts'
import { pages } from './routes.ts'

const RETRY_EVERY: Ms = ms(200)
/** What is under way has this long to end. */
const GRACE: Ms = ms(500)

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', DATABASE_URL = 'postgres://postgres@127.0.0.1:5432/postgres', RESILIENT = '1' } = process.env
const isResilient = RESILIENT !== '0'
const log = (line: string): void => { process.stderr.write(`shop: ${line}\n`) }

const store = (isResilient ? resilientStore : naiveStore)({ redisUrl: REDIS_URL === '' ? undefined : REDIS_URL, databaseUrl: DATABASE_URL, log })
let ready = false
const server = createServer(pages({ store, isReady: () => ready, failure: isResilient ? 503 : 500, log }))

async function stop(): Promise<void> {
  server.close()
  server.closeIdleConnections()
  await Promise.race([new Promise((resolve) => { server.once('close', resolve) }), sleep(GRACE)])
  store.close()
  process.exit(0)
}

async function prepare(): Promise<void> {
  while (!ready) {
    try {
      await store.prepare()
      ready = true
    } catch (error) {
      log(`not ready: ${String(error)}`)
      await sleep(RETRY_EVERY)
    }
  }
}

process.once('SIGTERM', stop).once('SIGINT', stop)
server.listen(Number(PORT), '127.0.0.1', () => log(`${isResilient ? 'resilient' : 'naive'}, at http://127.0.0.1:${PORT}`))
await prepare()
