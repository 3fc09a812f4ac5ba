/** The shop's pages: GET /products, GET /products/:id, POST /checkout, GET /orders/live (a WebSocket; its figures without), GET /healthz, GET /healthz/cache, GET /feed/check. All JSON. */

import type { IncomingMessage, RequestListener } from 'node:http'
import { monotonicNow } from '../../core/clock.ts'
import { answered, bodyOf, fieldsOf, isCount, type Page, Refused } from '../pages.ts'
import type { Basket, Order } from './catalogue.ts'
import { missingPage } from './known.ts'
import { LIVE_PATH, type Live } from './live.ts'
import { FRESH_MAX, type Read, type Store } from './store.ts'
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
  if (route === 'POST /checkout') return sold(await store.checkout(basketOf(await bodyOf(request))), updates)
  if (route === `GET ${LIVE_PATH}`) return { status: 200, body: { last: updates.last, peers: live.peers.count, lost: live.peers.lost } }
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

/** 202: sold, and the money is still to be taken. */
function sold(order: Order, updates: Updates): Page {
  updates.publish(order)
  return { status: order.paid === false ? 202 : 201, body: order }
}

/** `{ "product": 7, "quantity": 1 }`. */
function basketOf(basket: unknown): Basket {
  const { product, quantity = 1 } = fieldsOf(basket, 'product', 'quantity')
  if (!isCount(product) || !isCount(quantity) || product > QUANTITY_MAX || quantity > QUANTITY_MAX) throw new Refused(400, 'a basket is { "product": 7, "quantity": 1 }')
  return { product, quantity }
}
