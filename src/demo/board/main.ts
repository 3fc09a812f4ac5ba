/**
 * A board that shows the shop's orders as they are made, a program of its own. Environment: PORT, LIVE_URL, DATABASE_URL, RESILIENT (1 or 0).
 * GET /check: 503 while it lacks an order of the last seconds, GET /healthz. Ends on SIGTERM within a second.
 */

import { createServer, type IncomingMessage } from 'node:http'
import { answered, type Page, Refused } from '../pages.ts'
import { openPool } from '../pool.ts'
import { serve } from '../service.ts'
import { KnownOrders, missingPage } from '../shop/known.ts'
import { Subscriber } from './subscriber.ts'

const { PORT = '3002', LIVE_URL = 'ws://127.0.0.1:3000/orders/live', DATABASE_URL = 'postgres://postgres@127.0.0.1:5432/postgres', RESILIENT = '1' } = process.env
const log = (line: string): void => { process.stderr.write(`board: ${line}\n`) }

const pool = openPool({ connectionString: DATABASE_URL }, log)
const known = new KnownOrders(pool)
const subscriber = new Subscriber({ url: LIVE_URL, resilient: RESILIENT !== '0', onOrder: (order) => known.add(String(order)), log })
let ready = false

async function page({ method, url }: IncomingMessage): Promise<Page> {
  const route = `${method} ${url}`
  if (route === 'GET /healthz') return { status: ready && subscriber.connected ? 200 : 503, body: { ready, connected: subscriber.connected } }
  if (route === 'GET /check') return missingPage(await known.missing())
  throw new Refused(404, 'there is no such page')
}

subscriber.connect()
await serve({
  server: createServer(answered(page, 503, log)), port: Number(PORT), log,
  prepare: () => known.begin(), onReady: () => { ready = true }, onStop: () => subscriber.close(), close: () => { void pool.end() },
})
