/** The shop's pages: GET /products, GET /products/:id, POST /checkout, GET /orders/live (a WebSocket; its figures without), GET /orders/by-request/:request, GET /outbox, GET /healthz, GET /healthz/cache, GET /feed/check. All JSON. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { monotonicNow } from '../../core/clock.ts'
import { answered, bodyOf, fieldsOf, isCount, type Page, Refused } from '../pages.ts'
import type { Basket, Order } from './catalogue.ts'
import { missingPage } from './known.ts'
import { LIVE_PATH, type Live } from './live.ts'
import { type Accepted, FRESH_MAX, type Read, type Sale, type Store } from './store.ts'
import type { Updates } from './updates.ts'

export interface Pages {
  readonly store: Store
  readonly updates: Updates
  readonly live: Live
  /** 503 on /healthz until then. */
  isReady(): boolean
  /** What a page that could not be made is answered with. */
  readonly failure: 500 | 503
  log(line: string): void
}

const QUANTITY_MAX = 1_000_000

/** Never throws: whatever goes wrong is an answer. */
export const pages = (shop: Pages): RequestListener => answered((request) => page(request, shop), shop.failure, shop.log)

async function page(request: IncomingMessage, { store, updates, live, isReady }: Pages): Promise<Page> {
  const [path = ''] = (request.url ?? '').split('?')
  const route = `${request.method} ${path}`
  if (route === 'GET /healthz') return { status: isReady() ? 200 : 503, body: { ready: isReady(), ...store.state() } }
  if (route === 'GET /healthz/cache') return { status: store.usesCache() ? 200 : 503, body: store.state() }
  if (route === 'GET /feed/check') return missed(await store.missing())
  if (route === 'GET /products') return fresh(await store.products())
  if (route === `GET ${LIVE_PATH}`) return { status: 200, body: { last: updates.last, peers: live.peers.count, lost: live.peers.lost } }
  if (route === 'POST /checkout') return sold(await store.checkout(basketOf(await bodyOf(request)), nameOf(request)), updates)
  if (route === 'GET /outbox') return outboxPage(await store.outbox())
  const [, name] = /^GET \/orders\/by-request\/([\w.:-]{1,200})$/.exec(route) ?? []
  if (name !== undefined) return salePage(name, await store.sale(name))
  const [, id] = /^GET \/products\/(\d{1,9})$/.exec(route) ?? []
  const product = id === undefined ? undefined : await store.product(Number(id))
  if (!product || product.value === null) throw new Refused(404, 'there is no such thing')
  return fresh(product)
}

function missed(missing: number | undefined): Page {
  if (missing === undefined) throw new Refused(404, 'there is no feed')
  return missingPage(missing)
}

/** 203 says that it may not be so any more: it was read longer ago than a cache may be behind. */
const fresh = ({ value, readAt }: Read<unknown>): Page => ({ status: monotonicNow() - readAt > FRESH_MAX ? 203 : 200, body: value })

/** 202: sold, and the money is still to be taken; or promised, and still to be written. */
function sold(order: Order | Accepted, updates: Updates): Page {
  if ('accepted' in order) return { status: 202, body: order, headers: { location: `/orders/by-request/${order.accepted}` } }
  updates.publish(order)
  return { status: order.paid === false ? 202 : 201, body: order }
}

/** The client's own name for it, so that it can ask again and buy once. */
function nameOf({ headers: { 'idempotency-key': key } }: IncomingMessage): string {
  if (key === undefined) return randomUUID()
  if (typeof key !== 'string' || !/^[\w.:-]{1,200}$/.test(key)) throw new Refused(400, 'an Idempotency-Key is letters, digits and . : _ -, 200 at most')
  return key
}

function salePage(request: string, sale: Sale | undefined): Page {
  if (!sale) throw new Refused(404, 'there is no such request')
  return { status: sale.state === 'accepted' ? 202 : 200, body: { request, ...sale } }
}

function outboxPage(counts: Awaited<ReturnType<Store['outbox']>>): Page {
  if (!counts) throw new Refused(404, 'there is no outbox')
  return { status: 200, body: counts }
}

/** `{ "product": 7, "quantity": 1 }`. */
function basketOf(basket: unknown): Basket {
  const { product, quantity = 1 } = fieldsOf(basket, 'product', 'quantity')
  if (!isCount(product) || !isCount(quantity) || product > QUANTITY_MAX || quantity > QUANTITY_MAX) throw new Refused(400, 'a basket is { "product": 7, "quantity": 1 }')
  return { product, quantity }
}
