/** The sample shop, a program of its own. Environment: PORT, REDIS_URL (empty: no cache), DATABASE_URL, PAYMENT_URL (empty: nothing is charged), RESILIENT (1 or 0). Ends on SIGTERM within a second. */

import { createServer } from 'node:http'
import { serve } from '../service.ts'
import { openLive } from './live.ts'
import { naiveStore } from './naive.ts'
import { resilientStore } from './resilient.ts'
import { pages } from './routes.ts'
import { Updates } from './updates.ts'

const { PORT = '3000', REDIS_URL = 'redis://127.0.0.1:6379', DATABASE_URL = 'postgres://postgres@127.0.0.1:5432/postgres', PAYMENT_URL = '', RESILIENT = '1' } = process.env
const resilient = RESILIENT !== '0'
const log = (line: string): void => { process.stderr.write(`shop: ${line}\n`) }
const given = (url: string): string | undefined => (url === '' ? undefined : url)

const store = (resilient ? resilientStore : naiveStore)({ redisUrl: given(REDIS_URL), databaseUrl: DATABASE_URL, paymentUrl: given(PAYMENT_URL), log })
let ready = false
const server = createServer()
const updates = new Updates()
const live = openLive({ server, updates, resilient, log })
server.on('request', pages({ store, updates, live, isReady: () => ready, failure: resilient ? 503 : 500, log }))

log(resilient ? 'resilient' : 'naive')
await serve({ server, port: Number(PORT), log, prepare: () => store.prepare(), onReady: () => { ready = true }, onStop: () => live.close(), close: () => store.close() })
