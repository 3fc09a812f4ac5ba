import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { closeAll, exchange, later, target, until } from '../proxy/stage.ts'
import { ask, bodyOf, clientOf, gated, originOf, secure } from './stage.ts'

const MIB = 1024 ** 2

describe('the gateway', () => {
  afterEach(closeAll)

  it('asks the upstream for its own Host, by its name in TLS', async () => {
    const seen: unknown[] = []
    const upstream = await secure((request, response) => {
      const socket = request.socket as TLSSocket & { servername?: string }
      seen.push(request.headers.host, socket.servername, socket.alpnProtocol)
      response.end('ok')
    })
    const { status, text } = await ask(clientOf(await gated(upstream)))
    assert.deepEqual([status, text, ...seen], [200, 'ok', `localhost:${upstream.port}`, 'localhost', 'http/1.1'])
  })

  it('asks an upstream without TLS for its Host too', async () => {
    const stage = await target({
      spec: { protocol: 'http', host: 'shop.internal:8080' },
      serve: (socket) => { socket.on('data', (chunk) => { socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${chunk.length}\r\n\r\n${chunk.toString('latin1')}`) }) },
    })
    assert.equal((await ask(clientOf(stage), '/x')).text, 'GET /x HTTP/1.1\r\nhost: shop.internal:8080\r\nconnection: keep-alive\r\n\r\n')
  })

  it('leaves heads as they were written: names, doubles, order, path, status text', async () => {
    let head: readonly string[] = []
    const upstream = await secure((request, response) => {
      head = [`${request.method} ${request.url}`, ...request.rawHeaders]
      response.sendDate = false
      response.writeHead(299, 'Quite Well', ['X-One', 'a', 'x-two', 'b', 'Set-Cookie', 'k=1', 'Set-Cookie', 'l=2', 'X-ONE', 'c', 'Content-Length', '0', 'Connection', 'keep-alive'])
      response.end()
    })
    const one = await (await gated(upstream)).client()
    one.socket.write('GET //a/../b?x=%zz&y=%2f HTTP/1.1\r\nX-B: 1\r\nHOST: me\r\nx-b: 2\r\nX-a: 3\r\nCookie: p=1\r\nCookie: q=2\r\n\r\n')
    await until(() => one.text().includes('\r\n\r\n'), 'the answer')
    assert.deepEqual(head, ['GET //a/../b?x=%zz&y=%2f', 'X-B', '1', 'X-B', '2', 'HOST', `localhost:${upstream.port}`, 'X-a', '3', 'Cookie', 'p=1; q=2'])
    assert.equal(one.text(), 'HTTP/1.1 299 Quite Well\r\nX-ONE: a\r\nX-ONE: c\r\nx-two: b\r\nSet-Cookie: k=1\r\nSet-Cookie: l=2\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n')
  })

  describe('keeps the client with us', () => {
    const answers = async (location: string, tls: 'terminate' | 'passthrough' = 'passthrough') => {
      const upstream = await secure((_, response) => {
        response.writeHead(302, { Location: location.replaceAll('HERE', `localhost:${upstream.port}`), 'Set-Cookie': ['a=1; Domain=.localhost; Path=/; Secure; HttpOnly', 'b=secure; domain = x ;secure', 'c=2; SameSite=Lax'] })
        response.end()
      })
      const stage = await gated(upstream, { tls: { client: tls } })
      const client = clientOf(stage, tls === 'terminate' ? { connect: { rejectUnauthorized: false } } : {}, tls === 'terminate' ? 'https' : 'http')
      const { headers } = await ask(client)
      const put = (text: string): string => text.replaceAll('US', originOf(stage).replace('http://', '')).replaceAll('HERE', `localhost:${upstream.port}`)
      return { location: headers['location'], cookies: headers['set-cookie'], put }
    }
    const cases = [
      ['https://HERE/a?b#c', 'http://US/a?b#c', 'its own origin'],
      ['HTTPS://HERE', 'http://US', 'its own origin, without a path'],
      ['//HERE/a', 'http://US/a', 'its own origin, by the scheme at hand'],
      ['/a/b', '/a/b', 'a path'],
      ['b?x=https://HERE', 'b?x=https://HERE', 'a path that names the origin'],
      ['http://HERE/a', 'http://HERE/a', 'another scheme'],
      ['https://elsewhere.example/a', 'https://elsewhere.example/a', 'another host'],
      ['https://HERE.evil.example/a', 'https://HERE.evil.example/a', 'a host that only begins so'],
    ] as const
    for (const [location, told, what] of cases) {
      it(`a redirect to ${what}: ${location}`, async () => {
        const { location: heard, put } = await answers(location)
        assert.equal(heard, put(told))
      })
    }

    it('cookies lose their Domain, and Secure where the client speaks plain HTTP', async () => {
      assert.deepEqual((await answers('/')).cookies, ['a=1; Path=/; HttpOnly', 'b=secure', 'c=2; SameSite=Lax'])
    })

    it('over TLS: redirects lead to https, cookies stay Secure', async () => {
      const { location, cookies, put } = await answers('https://HERE/a', 'terminate')
      assert.equal(location, put('https://US/a'))
      assert.deepEqual(cookies, ['a=1; Path=/; Secure; HttpOnly', 'b=secure;secure', 'c=2; SameSite=Lax'])
    })
  })

  it('carries large bodies both ways, byte for byte', async () => {
    const upstream = await secure((request, response) => { request.pipe(response) })
    const blocks = Array.from({ length: 8 }, () => randomBytes(MIB))
    const [sent, heard] = [createHash('sha256'), createHash('sha256')]
    for (const block of blocks) sent.update(block)
    const client = clientOf(await gated(upstream))
    for (const headers of [{}, { 'content-length': String(blocks.length * MIB) }]) {
      const { body } = await client.request({ method: 'POST', path: '/', headers, body: Readable.from(blocks) })
      const hash = heard.copy()
      for await (const chunk of body) hash.update(chunk as Buffer)
      assert.equal(hash.digest('hex'), sent.copy().digest('hex'))
    }
    assert.equal(upstream.accepted(), 1)
  })

  it('holds the upstream back while the client does not read, and the client while the upstream does not', async () => {
    let given = 0
    let taken = 0
    const block = Buffer.alloc(MIB)
    const upstream = await secure((request, response) => {
      if (request.method === 'POST') return void request.once('data', (chunk: Buffer) => { taken += chunk.length; request.pause() })
      const give = (): void => { if (given++ < 256) response.write(block, give) }
      give()
    })
    const stage = await gated(upstream)
    const [reader, writer] = [await stage.client(), await stage.client()]
    reader.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    reader.socket.pause()
    let pushed = 0
    writer.socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const push = (): void => { if (pushed++ < 256) writer.socket.write(Buffer.concat([Buffer.from('100000\r\n'), block, Buffer.from('\r\n')]), push) }
    push()
    await until(() => given > 0 && pushed > 0 && taken > 0, 'it goes')
    for (let seen = -1; seen !== given + pushed;) {
      seen = given + pushed
      for (let turn = 0; turn < 3000; turn++) await new Promise((resolve) => { setImmediate(resolve) })
    }
    assert.ok(given < 64 && pushed < 64, `${given} and ${pushed} MiB under way`)
  })

  it('passes an event stream on event by event, its head first', async () => {
    let say: (text: string) => void = () => undefined
    const upstream = await secure((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.flushHeaders()
      say = (text) => response.write(text)
    })
    const { headers, body } = await clientOf(await gated(upstream)).request({ method: 'GET', path: '/' })
    assert.equal(headers['content-type'], 'text/event-stream')
    const events = body.iterator({ destroyOnReturn: false })
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      say(event)
      assert.equal(String((await events.next()).value), event)
    }
  })

  it('passes 100 Continue, early hints and trailers on', async () => {
    const upstream = await secure(() => undefined)
    upstream.server.removeAllListeners('request')
    const heard: unknown[] = []
    upstream.server.on('checkContinue', (request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload', 'x-hint': '1' })
      response.writeContinue()
      void bodyOf(request).then((body) => {
        heard.push(body, request.trailers)
        response.writeHead(200, { Trailer: 'X-Sum' })
        response.write('done')
        response.addTrailers({ 'X-Sum': '7' })
        response.end()
      })
    })
    const request = httpRequest(originOf(await gated(upstream)), { method: 'POST', headers: { Expect: '100-continue', Trailer: 'X-Count', 'Transfer-Encoding': 'chunked' } })
    later(() => request.destroy())
    request.on('information', ({ statusCode, headers }) => heard.push(statusCode, headers['x-hint']))
    request.on('continue', () => {
      request.addTrailers({ 'X-Count': '3' })
      request.end('abc')
    })
    request.flushHeaders()
    const trailers = await new Promise((resolve, reject) => {
      request.on('error', reject).on('response', (response) => { response.resume().on('end', () => resolve(response.trailers)) })
    })
    assert.deepEqual(heard, [103, '1', 100, undefined, 'abc', { 'x-count': '3' }])
    assert.deepEqual(trailers, { 'x-sum': '7' })
  })

  it('takes an offer of HTTP/2 for what it is, an offer: the request goes on without it, its body too', async () => {
    const upstream = await secure((request, response) => {
      void bodyOf(request).then((body) => response.end(`${request.method} ${body} ${String(request.headers.upgrade)} ${String(request.headers.connection)}`))
    })
    const one = await (await gated(upstream)).client()
    const head = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings, x-mine\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\nX-Mine: 1\r\n'
    one.socket.write(`GET / HTTP/1.1\r\n${head}\r\n`)
    await until(() => one.text().endsWith('GET  undefined x-mine'), 'the first answer')
    one.socket.write(`POST / HTTP/1.1\r\n${head}Content-Length: 6\r\n\r\nabc`)
    one.socket.write('def')
    await until(() => one.text().endsWith('POST abcdef undefined x-mine'), 'the second')
    assert.equal(upstream.accepted(), 1)
  })

  describe('gives each client\'s connection one of its own', () => {
    it('which it keeps: in turn, pipelined, in order', async () => {
      const upstream = await secure((request, response) => { setTimeout(() => response.end(request.url), request.url === '/0' ? 30 : 0) })
      const stage = await gated(upstream)
      const client = clientOf(stage)
      for (let n = 0; n < 10; n++) assert.equal((await ask(client, `/${n}`)).text, `/${n}`)
      assert.equal(upstream.accepted(), 1)
      const one = await stage.client()
      one.socket.write([0, 1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''))
      await until(() => one.text().endsWith('/3'), 'the last answer')
      assert.deepEqual([...one.text().matchAll(/\r\n\r\n(\/\d)/g)].map(([, path]) => path), ['/0', '/1', '/2', '/3'])
      assert.equal(upstream.accepted(), 2)
    })

    it('which closes when the upstream closes it, in mid-silence as a direct one would', async () => {
      const upstream = await secure((_, response) => response.writeHead(200, { 'Keep-Alive': 'timeout=1', 'Content-Length': 2 }).end('ok'))
      const stage = await gated(upstream)
      const one = await stage.client()
      await exchange(one, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await until(() => one.text().endsWith('ok'), 'the answer')
      await exchange(one, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      assert.equal(upstream.accepted(), 1, 'though it says that it does not keep it for long')
      for (const socket of upstream.open) socket.end()
      assert.equal(await one.ended, 'end')
    })

    it('which closes when the client closes', async () => {
      const upstream = await secure((_, response) => response.end('ok'))
      const stage = await gated(upstream)
      const one = await stage.client()
      one.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      await until(() => one.text().includes('ok'), 'the answer')
      one.socket.end()
      await until(() => upstream.open.size === 0, 'the upstream\'s end')
      await until(async () => (await stage.plane.snapshot()).targets['cache']?.connections === 0, 'nothing is left')
    })
  })
})
