import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener } from 'node:http'
import { ms, perSecond } from '../../src/core/units.ts'
import type { JourneyRequest, LoadSpec, Piece, Think } from '../../src/load/spec.ts'
import { ended, generated, served, type Served } from './generated.ts'
import { latency, sum } from './totals.ts'

const think = (length: number): Think => ({ kind: 'think', length: ms(length) })
const cart = (as: 'text' | 'part' | 'path' | 'json' | 'string'): Piece => ({ capture: 'cart', as })

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

describe('load: journeys', () => {
  let at: Served
  afterEach(() => at.close())
  const serve = async (listener: RequestListener): Promise<void> => { at = await served(listener) }
  const step = (name: string, request: string, more: Partial<Omit<JourneyRequest, 'url'>> & { readonly path?: readonly Piece[] } = {}): JourneyRequest => {
    const { path = [], ...rest } = more
    const [method = '', start = ''] = request.split(' ')
    return { kind: 'request', name, method, url: [`http://127.0.0.1:${at.port}${start}`, ...path], headers: {}, ok: '2xx', capture: {}, ...rest }
  }
  const spec = (steps: readonly (JourneyRequest | Think)[], more: Partial<LoadSpec> = {}): LoadSpec =>
    ({ name: 'buy', send: { kind: 'journey', steps }, rate: perSecond(20), timeout: ms(5000), ok: '2xx', inFlightMax: 500, connections: 1, ...more })

  it('carries what it captures into paths, headers and bodies, each in the guise it needs, and of its own journey', async () => {
    const paid: string[] = []
    let carts = 0
    await serve(async (request, response) => {
      const body = await bodyOf(request)
      if (request.url === '/carts') {
        const id = ++carts
        response.writeHead(201, { location: `/carts/${id}?full=1` }).end(JSON.stringify({ id, name: `"${id}"/ü` }))
      } else {
        paid.push(`${request.url} ${request.headers['x-cart']} ${body}`)
        response.end()
      }
    })
    const { buckets, verdict } = await generated(spec([
      step('cart', 'POST /carts', { capture: { cart: 'json:id', name: 'json:name', at: 'header:location' } }),
      step('look', 'GET ', { path: [{ capture: 'at', as: 'path' }] }),
      step('pay', 'POST /carts/', {
        path: [{ capture: 'name', as: 'part' }, '/pay?n={n}'], headers: { 'x-cart': ['no ', cart('text')] },
        body: ['{"cart":', cart('json'), ',"text":"', { capture: 'name', as: 'string' }, '"}'],
      }),
    ]), ended({ ok: 6 }))
    assert.deepEqual(verdict.errors, {})
    const { offered, ok } = sum(buckets)
    assert.equal(ok, offered)
    assert.equal(carts, offered)
    assert.ok(paid.includes('/carts/1?full=1 undefined '), paid.join('\n'))
    const pays = paid.filter((one) => one.includes('/pay')).map((one) => one.replaceAll(/n=\d+/g, 'n=N'))
    assert.equal(pays.length, offered)
    assert.ok(pays.includes('/carts/%222%22%2F%C3%BC/pay?n=N no 2 {"cart":2,"text":"\\"2\\"/ü"}'), pays.join('\n'))
    assert.equal(new Set(pays).size, offered, 'no journey has the cart of another')
  })

  it('goes to the host that the experiment says, whatever the answer calls for', async () => {
    const seen: (string | undefined)[] = []
    await serve((request, response) => {
      seen.push(request.url)
      response.writeHead(200, { location: 'http://192.0.2.1:1/next?a=b' }).end()
    })
    const { verdict } = await generated(spec([step('first', 'GET /', { capture: { at: 'header:location' } }), step('next', 'GET ', { path: [{ capture: 'at', as: 'path' }] })]), ended({ ok: 2 }))
    assert.deepEqual(verdict.errors, {})
    assert.ok(seen.includes('/next?a=b'), seen.join())
  })

  it('ends with the step that fails, and names it', async () => {
    let after = 0
    await serve((request, response) => {
      if (request.url === '/after') after++
      response.writeHead(request.url === '/bad' ? 503 : 200).end('{}')
    })
    const { buckets, verdict } = await generated(spec([step('good', 'GET /'), step('bad', 'GET /bad'), step('after', 'GET /after')]), ended({ error: 3 }))
    assert.deepEqual(Object.keys(verdict.errors), ['bad: status 503'])
    const { offered, error } = sum(buckets)
    assert.deepEqual([error, after], [offered, 0])
    const missing = await generated(spec([step('cart', 'GET /', { capture: { cart: 'json:id' } }), step('after', 'GET /after')]), ended({ error: 3 }))
    assert.deepEqual([Object.keys(missing.verdict.errors), after], [['cart: nothing to capture as cart'], 0])
    const refused = await generated(spec([step('good', 'GET /'), step('gone', 'GET /', { method: 'BAD METHOD' })]), ended({ error: 3 }))
    assert.deepEqual(Object.keys(refused.verdict.errors), ['gone: UND_ERR_INVALID_ARG'])
  })

  it('does not count time to think: neither as latency nor against the timeout', async () => {
    await serve((_request, response) => { response.end() })
    const { buckets } = await generated(spec([step('a', 'GET /'), think(600), step('b', 'GET /'), think(500), step('c', 'GET /')], { timeout: ms(1000) }), ended({ ok: 6 }))
    const { offered, ok } = sum(buckets)
    assert.equal(ok, offered)
    assert.ok(latency(buckets, 0.99) < 1000, `p99 ${latency(buckets, 0.99)}`)
  })

  it('counts a step that hangs as a timeout at the timeout’s value, without waiting for what would be thought after it', async () => {
    await serve((request, response) => { if (request.url !== '/hang') response.end() })
    const { buckets, verdict } = await generated(spec([step('a', 'GET /'), think(100), step('hang', 'GET /hang'), think(60_000)], { timeout: ms(300) }), ended({ timeout: 5 }))
    const { offered, timeout, ok, error } = sum(buckets)
    assert.deepEqual([timeout, ok, error], [offered, 0, 0])
    assert.deepEqual(verdict.errors, { 'hang: timeout': offered })
    assert.equal(Math.round(latency(buckets, 0.5)), 300)
    const first = buckets.findIndex(({ counts }) => counts.offered > 0)
    const late = buckets.findIndex(({ counts }) => counts.timeout > 0)
    assert.ok(late - first >= 7 && late - first <= 100, `${late - first} buckets of 50 ms: 100 ms of thinking and 300 of waiting`)
  })

  it('opens one connection for each request where it is told to, and keeps them else', async () => {
    let connections = 0
    let requests = 0
    await serve((_request, response) => { requests++; response.end('x') })
    at.server.on('connection', () => { connections++ })
    const steps = [step('a', 'GET /'), step('b', 'GET /')]
    await generated(spec(steps), ended({ ok: 4 }))
    assert.ok(connections < requests, `${connections} for ${requests}`)
    connections = requests = 0
    const fresh = await generated(spec([], { send: { kind: 'journey', steps, keepAlive: false } }), ended({ ok: 4 }))
    assert.deepEqual([connections, fresh.verdict.errors], [requests, {}])
    connections = requests = 0
    const single = await generated(spec([], { send: { kind: 'http', method: 'GET', url: `http://127.0.0.1:${at.port}/`, headers: {}, keepAlive: false } }), ended({ ok: 4 }))
    assert.deepEqual([connections, single.verdict.errors], [requests, {}])
  })
})
