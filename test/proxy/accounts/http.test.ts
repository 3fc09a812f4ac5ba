import assert from 'node:assert/strict'
import { ms } from '../../../src/core/units.ts'
import { NAMES_MAX } from '../../../src/proxy/accounts/register.ts'
import { WATCHED_FOR } from '../../../src/proxy/accounts/reactions.ts'
import { head } from '../../protocols/http/wire.ts'
import { Books, longest, times } from './books.ts'

const request = (line: string, ...fields: readonly string[]): Buffer => Buffer.from(head(`${line} HTTP/1.1`, 'Host: pay', ...fields))
const get = (path: string): Buffer => request(`GET ${path}`)
const post = (path: string, body: string, ...fields: readonly string[]): Buffer => Buffer.concat([request(`POST ${path}`, ...fields, `Content-Length: ${body.length}`), Buffer.from(body)])
const answer = (status: number, body = ''): string => `${head(`HTTP/1.1 ${status} x`, `Content-Length: ${body.length}`)}${body}`
const inFlight = (books: Books): number => books.accounts.figures().named.reduce((sum, one) => sum + one.inFlight, 0)

describe('accounts of http', () => {
  it('are kept by method and route: patterns of the target, else what looks like an identifier', () => {
    const books = new Books('http', ['/shops/:shop/orders'])
    const said = books.session()
    for (const path of ['/shops/ada/orders', '/shops/bob/orders?page=2', '/orders/17', '/orders/18?x=1', '/']) said.ask(get(path)).answer(answer(200))
    said.ask(request('DELETE /orders/17')).answer(answer(204)).ask(request('BREW /')).answer(answer(200)).ask(request('OPTIONS *')).answer(answer(200))
    assert.deepEqual(books.lines().map((line) => line.split(',')[0]), [
      'GET /shops/:shop/orders: 2/2 ok', 'GET /orders/:id: 2/2 ok', 'GET /: 1/1 ok', 'DELETE /orders/:id: 1/1 ok', 'other /: 1/1 ok', 'OPTIONS *: 1/1 ok',
    ])
  })

  it('tell identifiers apart where a route names one', () => {
    const books = new Books('http', ['/v/1/orders', '/v/:version/orders'])
    const said = books.session()
    for (const path of ['/v/1/orders', '/v/2/orders', '/v/3/orders', '/v/1/orders?x']) said.ask(get(path)).answer(answer(200))
    assert.deepEqual(books.lines().map((line) => line.split(',')[0]), ['GET /v/1/orders: 2/2 ok', 'GET /v/:version/orders: 2/2 ok'])
  })

  it('count from the first byte of the request to the first and the last of the answer', () => {
    const books = new Books('http')
    const said = books.session().ask(post('/charges', 'hello'))
    said.wait(3).answer(head('HTTP/1.1 200 OK', 'Content-Length: 4'), 'ab').wait(5).answer('cd')
    said.ask(get('/a'), get('/a')).wait(2).answer(answer(200, 'x')).wait(2).answer(answer(200, 'x'))
    assert.deepEqual(books.lines(), ['POST /charges: 1/1 ok, first 3ms, 8ms', 'GET /a: 2/2 ok, first 2ms 4ms, 2ms 4ms'])
  })

  it('end with the final answer: interim ones end nothing and are no first byte', () => {
    const books = new Books('http')
    const said = books.session().ask(request('PUT /file', 'Content-Length: 4', 'Expect: 100-continue'))
    said.wait(1).answer(head('HTTP/1.1 100 Continue'), head('HTTP/1.1 103 Early Hints')).ask(Buffer.from('body')).wait(4).answer(answer(201))
    assert.deepEqual(books.lines(), ['PUT /file: 1/1 ok, first 5ms, 5ms'])
  })

  it('end a chunked answer with its last chunk, and one that ends with the connection by that', () => {
    const books = new Books('http')
    books.session().ask(get('/chunks')).wait(1).answer(head('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), '2\r\nab\r\n').wait(1).answer('0\r\n\r\n').close()
    books.session().ask(get('/till-end')).wait(1).answer(head('HTTP/1.1 200 OK'), 'ab').wait(2).end().close()
    assert.deepEqual(books.lines(), ['GET /chunks: 1/1 ok, first 1ms, 2ms', 'GET /till-end: 1/1 ok, first 1ms, 3ms'])
  })

  it('take 5xx and 429 for errors by their status, any other refusal for an answer', () => {
    const books = new Books('http')
    const said = books.session()
    for (const status of [200, 204, 304, 404, 429, 500, 503, 503]) said.ask(get('/a')).wait(1).answer(answer(status, status === 204 || status === 304 ? '' : 'x'))
    const [part] = books.figures().parts
    assert.deepEqual([part?.offered, part?.ok, part?.errors, part?.statuses], [8, 4, { 429: 1, 500: 1, 503: 2 }, { '2xx': 2, '3xx': 1, '4xx': 2, '5xx': 3 }])
    assert.equal(times(part?.firstByte ?? []), '1msx4')
  })

  it('count what a fault answers by its status, and what was open when the connection ended as closed', () => {
    const books = new Books('http')
    const said = books.session().lose(get('/a'))
    said.wait(1).accounts.replied(said.exchange, '503', books.now, ms(0), 300)
    said.lose(get('/a')).wait(1).accounts.replied(said.exchange, '403', books.now, ms(0), 20)
    said.ask(get('/a')).wait(1).answer(answer(200)).ask(get('/a')).wait(1).answer(head('HTTP/1.1 200 OK', 'Content-Length: 9'), 'cut').close().close()
    const [part] = books.figures().parts
    assert.deepEqual([part?.offered, part?.ok, part?.errors, part?.statuses], [4, 2, { 503: 1, closed: 1 }, { '5xx': 1, '4xx': 1, '2xx': 2 }])
    assert.ok((part?.bytesToClient ?? 0) > 320, 'what we said is counted too')
    assert.equal(inFlight(books), 0)
  })

  it('hold apart what we held back, of the first byte and of the last', () => {
    const books = new Books('http')
    const said = books.session().ask(get('/a'))
    said.wait(10).accounts.heldBack(said.exchange, ms(10))
    said.wait(30).answerHeld(20, head('HTTP/1.1 200 OK', 'Content-Length: 1')).wait(10).answerHeld(5, 'x')
    const [part] = books.figures().parts
    assert.deepEqual([part?.latency, part?.server, part?.firstByte, part?.serverFirstByte].map((cells) => Math.round(longest(cells ?? []) ?? 0)), [50, 35, 40, 10])
    assert.equal(part?.heldMs, 15)
  })

  it('count bytes of heads and bodies, both ways, also of an upload that is refused at once', () => {
    const books = new Books('http')
    const [asked, first] = [request('PUT /file', 'Content-Length: 8'), answer(413, 'no')]
    const said = books.session().ask(asked, Buffer.from('abcd')).answer(first).ask(Buffer.from('efgh'), get('/b')).answer(answer(200))
    const [put, other] = books.figures().parts
    assert.deepEqual([put?.bytesToServer, put?.bytesToClient, other?.bytesToServer], [asked.length + 8, first.length, get('/b').length])
    assert.ok(said.exchange === 2)
  })

  it('do not time a stream of events, whose end is no failure', () => {
    const books = new Books('http')
    books.session().ask(get('/events')).wait(2).answer(head('HTTP/1.1 200 OK', 'Content-Type: text/event-stream', 'Transfer-Encoding: chunked'), '2\r\nab\r\n').wait(60_000).close()
    books.session().ask(get('/json')).wait(2).answer(head('HTTP/1.1 200 OK', 'Content-Type: text/json', 'Transfer-Encoding: chunked'), '2\r\nab\r\n').close()
    assert.deepEqual(books.lines(), ['GET /events: 1/1 ok, first 2ms', 'GET /json: 0/1 ok, 1 closed, first 2ms'])
  })

  it('keep so many names, and of the rest the method', () => {
    const books = new Books('http')
    const said = books.session()
    for (let n = 0; n < NAMES_MAX + 50; n++) said.ask(get(`/page-${n}`)).answer(answer(200))
    said.ask(get('/page-1')).answer(answer(200)).ask(post('/page-x', 'y')).answer(answer(200))
    const { parts } = books.figures()
    assert.deepEqual([parts.length, parts.filter(({ of }) => of['route'] === 'other').map(({ of, offered }) => [of['method'], offered])], [NAMES_MAX + 2, [['GET', 50], ['POST', 1]]])
    assert.equal(parts.find(({ of }) => of['route'] === '/page-1')?.offered, 2)
  })

  it('know a request again by method, target, length and Idempotency-Key', () => {
    const next = (first: Buffer, second: Buffer): string | undefined => {
      const books = new Books('http')
      const said = books.session().lose(first).altered('answer')
      said.accounts.replied(said.exchange, '503', books.now)
      said.wait(5).ask(second).answer(answer(200))
      const [reaction] = books.accounts.take(ms(books.now + WATCHED_FOR + 1)).reactions
      assert.equal(reaction?.operation, 'POST /charges')
      return reaction?.next
    }
    assert.equal(next(post('/charges', 'a=1'), post('/charges', 'a=1')), 'retry')
    assert.equal(next(post('/charges', 'a=1'), post('/charges', 'a=100')), 'went-on')
    assert.equal(next(post('/charges', 'a=1', 'Idempotency-Key: k1'), post('/charges', 'a=1', 'Idempotency-Key: k1')), 'retry')
    assert.equal(next(post('/charges', 'a=1', 'Idempotency-Key: k1'), post('/charges', 'a=1', 'Idempotency-Key: k2')), 'went-on')
  })

  it('count the requests that bear an Idempotency-Key, of those that write', () => {
    const books = new Books('http')
    const said = books.session()
    for (const request of [post('/charges', 'a=1', 'Idempotency-Key: k1'), post('/charges', 'a=1'), post('/charges', 'a=2', 'idempotency-key: k2'), get('/charges')]) said.ask(request).answer(answer(200))
    assert.deepEqual(books.figures().parts.map(({ of, offered, keyed }) => [of['method'], offered, keyed]), [['POST', 3, 2], ['GET', 1, undefined]])
  })

  it('leave out what is not understood any more', () => {
    const books = new Books('http')
    books.session().ask(Buffer.from('\x16\x03\x01 garbage')).answer('garbage').close()
    assert.deepEqual(books.take().figures, [])
  })
})
