/**
 * The sample payment service, a program of its own. Environment: PORT, DATABASE_URL. Ends on SIGTERM within a second.
 * POST /charges, GET /charges/:id, GET /charges/count?reference=, GET /healthz. All JSON.
 */

import { createServer, type IncomingMessage } from 'node:http'
import { coarseClock, sleep } from '../../core/clock.ts'
import { randomStream } from '../../core/random.ts'
import { ms, type Ms } from '../../core/units.ts'
import { GuardedSocket } from '../guarded.ts'
import { answered, bodyOf, fieldsOf, isCount, type Page, Refused } from '../pages.ts'
import { openPool } from '../pool.ts'
import { serve } from '../service.ts'
import { type Bill, charge, chargeById, countCharges, createCharges } from './charges.ts'

/** What a bank takes, at the least and at the most. */
const WORK_LEAST: Ms = ms(5)
const WORK_MOST: Ms = ms(20)
const KEY_LENGTH_MAX = 200

const { PORT = '3001', DATABASE_URL = 'postgres://postgres@127.0.0.1:5432/postgres' } = process.env
const log = (line: string): void => { process.stderr.write(`payment: ${line}\n`) }

const pool = openPool({ connectionString: DATABASE_URL, max: 20, stream: () => new GuardedSocket() }, log)
const work = randomStream(process.pid, 'work')
let ready = false

async function page(request: IncomingMessage): Promise<Page> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://payment')
  const route = `${request.method} ${pathname}`
  if (route === 'GET /healthz') return { status: ready ? 200 : 503, body: { ready } }
  if (route === 'POST /charges') return charged(request)
  if (route === 'GET /charges/count') return { status: 200, body: await countCharges(pool, searchParams.get('reference')) }
  const [, id] = /^GET \/charges\/(\d{1,9})$/.exec(route) ?? []
  const found = id === undefined ? undefined : await chargeById(pool, Number(id))
  if (!found) throw new Refused(404, 'there is no such charge')
  return { status: 200, body: found }
}

/** 201 for one that was made now, 200 for one that was made before. */
async function charged(request: IncomingMessage): Promise<Page> {
  const key = request.headers['idempotency-key']
  if (Array.isArray(key) || (key?.length ?? 0) > KEY_LENGTH_MAX) throw new Refused(400, 'an Idempotency-Key is one text')
  const bill = billOf(await bodyOf(request))
  await sleep(ms(WORK_LEAST + work() * (WORK_MOST - WORK_LEAST)), coarseClock)
  const made = await charge(pool, bill, key)
  return { status: made.again ? 200 : 201, body: made.charge, headers: { location: `/charges/${made.charge.id}`, ...(made.again ? { 'idempotent-replayed': 'true' } : {}) } }
}

/** `{ "reference": "4711", "amountCents": 149 }`. */
function billOf(body: unknown): Bill {
  const { reference, amountCents } = fieldsOf(body, 'reference', 'amountCents')
  if (typeof reference !== 'string' || reference === '' || !isCount(amountCents)) throw new Refused(400, 'a bill is { "reference": "4711", "amountCents": 149 }')
  return { reference, amountCents }
}

await serve({
  server: createServer(answered(page, 503, log)), port: Number(PORT), log,
  prepare: () => createCharges(pool), onReady: () => { ready = true }, close: () => { void pool.end() },
})
