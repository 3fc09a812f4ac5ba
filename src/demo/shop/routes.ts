/** The shop's pages: GET /products, GET /products/:id, POST /checkout, GET /healthz, GET /healthz/cache, GET /feed/check. All JSON. */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { monotonicNow } from '../../core/clock.ts'
import { type Basket, Refused } from './catalogue.ts'
import { FRESH_MAX, type Read, type Store } from './store.ts'

export interface Pages {
  readonly store: Store
  /** 503 on /healthz until then. */
  isReady(): boolean
  /** What a page that could not be made is answered with. */
  readonly failure: 500 | 503
  log(line: string): void
}

const BODY_BYTES_MAX = 4096

/** Never throws: whatever goes wrong is an answer. */
export function pages(shop: Pages): RequestListener {
  return (request, response) => {
    page(request, shop).then(
      ({ status, body }) => answer(response, status, body),
      (error: unknown) => {
        if (error instanceof Refused) return answer(response, error.status, { error: error.message })
        shop.log(`${request.method} ${request.url}: ${String(error)}`)
        answer(response, shop.failure, { error: 'try again' })
      },
    )
  }
}

async function page(request: IncomingMessage, { store, isReady }: Pages): Promise<{ status: number; body: unknown }> {
  const [path = ''] = (request.url ?? '').split('?')
  const route = `${request.method} ${path}`
  if (route === 'GET /healthz') return { status: isReady() ? 200 : 503, body: { ready: isReady(), ...store.state() } }
  if (route === 'GET /healthz/cache') return { status: store.usesCache() ? 200 : 503, body: store.state() }
  if (route === 'GET /feed/check') return missed(await store.missing())
  if (route === 'GET /products') return fresh(await store.products())
  if (route === 'POST /checkout') return { status: 201, body: await store.checkout(basketOf(await textOf(request))) }
  const [, id] = /^GET \/products\/(\d{1,9})$/.exec(route) ?? []
  const product = id === undefined ? undefined : await store.product(Number(id))
  if (!product || product.value === null) throw new Refused(404, 'there is no such thing')
  return fresh(product)
}

function missed(missing: number | undefined): { status: number; body: unknown } {
  if (missing === undefined) throw new Refused(404, 'there is no feed')
  return { status: missing === 0 ? 200 : 503, body: { missing } }
}

/** 203 says that it may not be so any more: it was read longer ago than a cache may be behind. */
const fresh = ({ value, readAt }: Read<unknown>): { status: number; body: unknown } => ({ status: monotonicNow() - readAt > FRESH_MAX ? 203 : 200, body: value })

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > BODY_BYTES_MAX) throw new Refused(400, 'the basket is too large')
  }
  return text
}

/** `{ "product": 7, "quantity": 1 }`. */
function basketOf(text: string): Basket {
  const basket = parsed(text)
  const { product, quantity } = typeof basket === 'object' && basket !== null ? { product: undefined, quantity: 1, ...basket } : {}
  const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 1_000_000
  if (!isCount(product) || !isCount(quantity)) throw new Refused(400, 'a basket is { "product": 7, "quantity": 1 }')
  return { product, quantity }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  const retry = status === 503 ? { 'retry-after': '1' } : {}
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...retry })
  response.end(text)
}
