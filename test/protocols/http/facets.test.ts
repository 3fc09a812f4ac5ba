import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HttpConversation } from '../../../src/protocols/http/conversation.ts'
import type { HttpFacets } from '../../../src/protocols/http/facets.ts'
import { findField } from '../../../src/protocols/http/fields.ts'
import { Routes, ROUTE_MAX } from '../../../src/protocols/http/routes.ts'
import { head, requestOf, send } from './wire.ts'

/** Facets of everything that is said: a request, and its answer where there is one. */
function facetsOf(request: string, answer = '', routes = new Routes([])): HttpFacets[] {
  const conversation = new HttpConversation(routes)
  const facets: HttpFacets[] = []
  for (const message of conversation.toServer.feed(Buffer.from(request, 'latin1'))) {
    facets.push(conversation.facets(message))
    send(conversation, message)
  }
  return [...facets, ...conversation.toClient.feed(Buffer.from(answer, 'latin1')).map((message) => conversation.facets(message))]
}
const one = (...lines: readonly string[]): HttpFacets => facetsOf(head(...lines))[0] ?? assert.fail('no message')

describe('http facets', () => {
  const TARGETS: readonly (readonly [target: string, path: string | undefined, query: string | undefined])[] = [
    ['/orders/7', '/orders/7', undefined], ['/a?b=c&d', '/a', 'b=c&d'], ['/a?', '/a', ''], ['/?x', '/', 'x'], ['/a?b?c', '/a', 'b?c'], ['//a//b', '//a//b', undefined], ['/%2e%2E/x', '/%2e%2E/x', undefined],
    ['http://h:80/a?b', '/a', 'b'], ['http://h', '/', undefined], ['HTTPS://h?x', '/', 'x'], ['*', '*', undefined], ['/a#b', '/a#b', undefined], ['/caf\xc3\xa9', '/caf\xc3\xa9', undefined], ['?x', '/', 'x'],
  ]
  for (const [target, path, query] of TARGETS) {
    it(`${target}: path ${path}, query ${query}`, () => {
      const facets = one(`GET ${target} HTTP/1.1`, 'Host: h')
      assert.deepEqual([facets.method, facets.path, facets.query], ['GET', path, query])
    })
  }

  it('a CONNECT has a host, and neither path nor route', () => {
    const facets = one('CONNECT Db.example:443 HTTP/1.1', 'Host: other')
    assert.deepEqual([facets.method, facets.path, facets.query, facets.route, facets.host], ['CONNECT', undefined, undefined, undefined, 'db.example:443'])
  })

  it('the host is that of the target, else that of the one Host field, in small letters', () => {
    assert.equal(one('GET / HTTP/1.1', 'HOST:  Shop.Example:8080 ').host, 'shop.example:8080')
    assert.equal(one('GET http://A.b/x HTTP/1.1', 'Host: c').host, 'a.b')
    assert.equal(one('GET / HTTP/1.0').host, undefined)
    assert.equal(one('GET / HTTP/1.1', 'Host: a', 'host: b').host, undefined)
  })

  it('fields: any capitals, values without the white space around them, several as a list', () => {
    const facets = one('GET / HTTP/1.1', 'Host: h', 'X-Tenant:\t acme \t', 'Accept: a', 'x-empty:', 'ACCEPT: b, c', 'X-TenantId: no', 'Accept : d'.replace(' :', ':'))
    assert.deepEqual(['x-tenant', 'X-TENANT', 'accept', 'x-empty', 'x-none', 'x-tenan', ''].map((name) => facets.header(name)), ['acme', 'acme', 'a, b, c, d', '', undefined, undefined, undefined])
    assert.equal(one('GET / HTTP/1.0').header('host'), undefined)
    assert.equal(one('GET /x-in-target:1 HTTP/1.1', 'Host: h').header('get /x-in-target'), undefined)
  })

  it('an answer has what its request had, its status, and its own fields before those of its request; so has each part of its body', () => {
    const request = `${head('PUT /orders/7?x HTTP/1.1', 'Host: h', 'X-Tenant: acme', 'Content-Type: text/plain', 'Content-Length: 2')}ab`
    const [asked, asking, ...answered] = facetsOf(request, `${head('HTTP/1.1 201 Created', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}1\r\nx\r\n0\r\n\r\n`)
    for (const facets of [asked, asking]) assert.deepEqual([facets?.method, facets?.path, facets?.host, facets?.status, facets?.header('content-type')], ['PUT', '/orders/7', 'h', undefined, 'text/plain'])
    assert.deepEqual(answered.map(({ type }) => type), ['ResponseHead', 'BodyData', 'LastChunk'])
    for (const facets of answered) {
      assert.deepEqual([facets.method, facets.path, facets.query, facets.route, facets.host, facets.status], ['PUT', '/orders/7', 'x', '/orders/:id', 'h', 201])
      assert.deepEqual([facets.header('content-type'), facets.header('x-tenant')], ['application/json', 'acme'])
    }
  })

  it('what is not understood has none', () => {
    for (const facets of facetsOf('\x16\x03\x01', 'SSH-2.0-x\r\n')) {
      assert.deepEqual([facets.type, facets.method, facets.path, facets.query, facets.route, facets.host, facets.status, facets.header('host')], ['Opaque', ...Array.from({ length: 7 }, () => undefined)])
    }
  })

  it('any request gives facets', () => {
    const text = fc.string({ unit: fc.constantFrom(...'/?:#@.%aA0-'), maxLength: 12 })
    fc.assert(fc.property(text, fc.array(fc.tuple(fc.constantFrom('Host', 'X', 'x'), text), { maxLength: 4 }), (target, fields) => {
      const facets = one(`GET /${target} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`))
      assert.equal(`${facets.path}${facets.query === undefined ? '' : `?${facets.query}`}`, `/${target}`)
      assert.equal(typeof facets.route, 'string')
      const values = fields.filter(([name]) => name.toLowerCase() === 'x').map(([, value]) => value)
      assert.equal(facets.header('X'), values.length > 0 ? values.join(', ') : undefined)
    }), { numRuns: 500 })
  })

  it('finds a field where its line stands', () => {
    const { raw, fieldsAt } = requestOf(head('GET / HTTP/1.1', 'Host: h', 'X: y'))
    assert.deepEqual(findField(raw, fieldsAt, 'x'), { lineAt: 25, nameEnd: 26, lineEnd: 31 })
  })
})

describe('http routes', () => {
  const NAMES: readonly (readonly [path: string, route: string])[] = [
    ['/', '/'], ['/orders', '/orders'], ['/orders/42', '/orders/:id'], ['/orders/42/items/7', '/orders/:id/items/:id'], ['/orders/42/', '/orders/:id/'], ['/v2/orders', '/v2/orders'], ['/orders/42a', '/orders/42a'],
    ['/u/6f1e2d3c-0a1b-4c5d-8e9f-001122334455', '/u/:id'], ['/u/6F1E2D3C-0A1B-4C5D-8E9F-001122334455', '/u/:id'], ['/m/507f1f77bcf86cd799439011', '/m/:id'], ['/c/deadbeef', '/c/deadbeef'], ['*', '*'], ['//1', '//:id'],
  ]
  for (const [path, route] of NAMES) it(`${path} is ${route}`, () => assert.equal(new Routes([]).of(path), route))

  it('patterns come first, in their order; what none of them fits is named as without any', () => {
    const routes = new Routes(['/orders/open', '/orders/:order', '/:kind/:name/photo', '/'])
    const names = ['/orders/open', '/orders/abc', '/orders/', '/users/ada/photo', '/users/7', '/', '/orders/1/2'].map((path) => routes.of(path))
    assert.deepEqual(names, ['/orders/open', '/orders/:order', '/orders/', '/:kind/:name/photo', '/users/:id', '/', '/orders/:id/:id'])
    assert.equal(routes.of('/orders/abc'), '/orders/:order')
  })

  it('a name is no longer than it may be, and more paths than are remembered are named all the same', () => {
    const routes = new Routes([])
    assert.equal(routes.of(`/${'z'.repeat(60_000)}`).length, ROUTE_MAX + 1)
    for (let n = 0; n < 10_000; n++) assert.equal(routes.of(`/x${n}/${n}`), `/x${n}/:id`)
  })
})
