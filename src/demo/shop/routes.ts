/**
 * The shop's pages, all JSON: GET /products, GET /products/:id, PUT /products/:id/price, POST /checkout; the lists GET /catalogue/:category, GET /search?q=, GET /customers/:id/orders, each
 * with ?page=; GET /orders/live (a WebSocket; its figures without), GET /orders/by-request/:request, GET /outbox,
 * GET /healthz, GET /healthz/cache, GET /healthz/replica, GET /feed/check, GET /prices/check, GET /stats.
 */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { monotonicNow } from '../../core/clock.ts'
import { answered, bodyOf, fieldsOf, isCount, type Page, Refused } from '../pages.ts'
import type { Answers } from './answers.ts'
import type { Basket, Order, Product } from './catalogue.ts'
import { missingPage } from './known.ts'
import { LIVE_PATH, type Live } from './live.ts'
import type { Prices } from './prices.ts'
import type { Accepted, Read, Sale, Store } from './store.ts'
import { ShownPrices } from './shown-prices.ts'
import type { Updates } from './updates.ts'

export interface Pages {
  readonly store: Store
  readonly updates: Updates
  readonly live: Live
  readonly prices: Prices
  readonly answers: Answers
  /** 503 on /healthz until then. */
  isReady(): boolean
  /** What a page that could not be made is answered with. */
  readonly failure: 500 | 503
  log(line: string): void
}

const QUANTITY_MAX = 1_000_000
const CUSTOMER_MAX = 999_999_999

/** Never throws: whatever goes wrong is an answer. */
export function pages(shop: Pages): RequestListener {
  const { store, answers, failure, log } = shop
  const shown = new ShownPrices(async (id) => (await store.product(id)).value?.priceCents)
  let inFlight = 0
  const answer = answered((request) => page(request, { ...shop, shown }, () => inFlight), failure, log, (request, response, made) => answers.send(request, response, made))
  return (request, response) => {
    inFlight++
    response.once('close', () => { inFlight-- })
    answer(request, response)
  }
}

async function page(request: IncomingMessage, { store, updates, live, prices, answers, shown, isReady }: Pages & { readonly shown: ShownPrices }, inFlight: () => number): Promise<Page> {
  const price = async (product: number, priceCents: number): Promise<Product | null> => {
    const set = await store.setPrice(product, priceCents)
    if (set) shown.set(product, priceCents)
    return set
  }
  const { url = '' } = request
  const [path = ''] = url.split('?')
  const route = `${request.method} ${path}`
  if (route === 'GET /healthz') return { status: isReady() ? 200 : 503, body: { ready: isReady(), ...store.state() } }
  if (route === 'GET /healthz/cache') return { status: store.usesCache() ? 200 : 503, body: store.state() }
  if (route === 'GET /healthz/replica') return { status: store.usesReplica() ? 200 : 503, body: store.state() }
  if (route === 'GET /prices/check') return outdated(await shown.outdated())
  if (route === 'GET /feed/check') return missed(await store.missing())
  if (route === 'GET /stats') return { status: 200, body: { ...figures(store, answers, inFlight()), sockets: { orders: live.peers.figures(), prices: prices.figures() } } }
  if (route === 'GET /products') return answers.list(path, async () => pageOf(await store.products(), store))
  if (route === `GET ${LIVE_PATH}`) return { status: 200, body: { last: updates.last, peers: live.peers.count, lost: live.peers.lost } }
  if (route === 'POST /checkout') return sold(await store.checkout(basketOf(await bodyOf(request)), nameOf(request)), updates)
  if (route === 'GET /outbox') return outboxPage(await store.outbox())
  const [, name] = /^GET \/orders\/by-request\/([\w.:-]{1,200})$/.exec(route) ?? []
  if (name !== undefined) return salePage(name, await store.sale(name))
  const [, priced] = /^PUT \/products\/(\d{1,9})\/price$/.exec(route) ?? []
  if (priced !== undefined) return productPage(await price(Number(priced), priceOf(await bodyOf(request))), { 'content-location': `/products/${Number(priced)}` })
  const list = listOf(route, new URLSearchParams(url.slice(path.length)), store)
  if (list) return answers.list(url, async () => pageOf(await list(), store))
  const [, id] = /^GET \/products\/(\d{1,9})$/.exec(route) ?? []
  const product = id === undefined ? undefined : await store.product(Number(id))
  if (!product || product.value === null) throw new Refused(404, 'there is no such thing')
  const { 'if-match': wanted, 'if-none-match': known } = request.headers
  return wanted === undefined && known === undefined ? pageOf(product, store) : { ...pageOf(product, store), tagged: true }
}

/** 503 while a page shows a price as it was before. */
const outdated = (prices: number): Page => ({ status: prices === 0 ? 200 : 503, body: { outdated: prices } })

/** With the tag by which it can be asked whether it is still so. */
function productPage(product: Product | null, headers: Readonly<Record<string, string>>): Page {
  if (!product) throw new Refused(404, 'there is no such thing')
  return { status: 200, body: product, headers, tagged: true }
}

const PAGE_MAX = 100_000
const BEGINNING_MAX = 40

/** What reads the list that is asked for; undefined where it is no list. */
function listOf(route: string, query: URLSearchParams, store: Store): (() => Promise<Read<unknown>>) | undefined {
  const [, category, customer] = /^GET \/(?:catalogue\/(\d{1,9})|customers\/(\d{1,9})\/orders)$/.exec(route) ?? []
  if (category === undefined && customer === undefined && route !== 'GET /search') return undefined
  const written = query.get('page') ?? '1'
  const number = Number(written)
  if (!/^\d{1,6}$/.test(written) || number < 1 || number > PAGE_MAX) throw new Refused(400, `page is a whole number from 1 to ${PAGE_MAX}`)
  if (category !== undefined) return () => store.category(Number(category), number)
  if (customer !== undefined) return () => store.history(Number(customer), number)
  const beginning = query.get('q')?.trim() ?? ''
  if (beginning === '' || beginning.length > BEGINNING_MAX) throw new Refused(400, `q is what names begin with, of 1 to ${BEGINNING_MAX} characters`)
  return () => store.search(beginning, number)
}

/** Of this process, since it began. */
function figures(store: Store, { served }: Answers, inFlight: number): Readonly<Record<string, unknown>> {
  const { cache, pool } = store.stats()
  return { cache: { ...cache, hitRatio: cache.hits + cache.misses === 0 ? null : cache.hits / (cache.hits + cache.misses) }, pool, inFlight, answersKept: served }
}

const PRICE_MAX = 1_000_000

/** `{ "priceCents": 149 }`. */
function priceOf(body: unknown): number {
  const { priceCents } = fieldsOf(body, 'priceCents')
  if (!isCount(priceCents) || priceCents > PRICE_MAX) throw new Refused(400, 'a price is { "priceCents": 149 }')
  return priceCents
}

function missed(missing: number | undefined): Page {
  if (missing === undefined) throw new Refused(404, 'there is no feed')
  return missingPage(missing)
}

/** 203 says that it may not be so any more: it was read longer ago than a cache may be behind. */
const pageOf = ({ value, readAt }: Read<unknown>, { freshMax }: Store): Page => ({ status: monotonicNow() - readAt > freshMax ? 203 : 200, body: value })

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

/** `{ "product": 7, "quantity": 1 }`, and perhaps `"customer": 3`. */
function basketOf(basket: unknown): Basket {
  const { product, quantity = 1, customer } = fieldsOf(basket, 'product', 'quantity', 'customer')
  if (!isCount(product) || !isCount(quantity) || product > QUANTITY_MAX || quantity > QUANTITY_MAX) throw new Refused(400, 'a basket is { "product": 7, "quantity": 1 }')
  if (customer === undefined) return { product, quantity }
  if (!isCount(customer) || customer > CUSTOMER_MAX) throw new Refused(400, 'a customer is a number')
  return { product, quantity, customer }
}
