import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent as HttpAgent, request as ask, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { Agent, EventSource, fetch, Pool, request } from 'undici'
import { closeAll, later, listenOn, LOCAL, until } from '../proxy/stage.ts'
import { relay } from '../faults/relay.ts'
import { head } from '../protocols/http/wire.ts'
import { web } from '../support/web.ts'
import { output, program, sameThrough, through } from './through.ts'

/** What differs from one answer to the next. */
const undated = (text: string): string => text.replace(/\r\nDate: [^\r]*/gi, '')
const fieldsOf = ({ rawHeaders }: IncomingMessage): string[] => rawHeaders.filter((_, i, all) => all[i - (i % 2)] !== 'Date')
const MEDIUM = 'm'.repeat(20_000)
const PATHS = ['/json', '/empty', '/chunks?5000', '/same', '/hints', '/events', '/none', '/moved', '/close', '/json?last']

async function* pieces(): AsyncGenerator<Buffer> { for (let n = 0; n < 5; n++) yield Buffer.from(`piece ${n} `) }

/** An answer as node:http's client sees it, interim ones and trailers included. */
async function told(url: string, { body, trailers, ...options }: RequestOptions & { readonly body?: string; readonly trailers?: Record<string, string> }): Promise<unknown> {
  const asked = ask(url, options)
  const interim: unknown[] = []
  asked.on('information', ({ statusCode, rawHeaders }) => interim.push([statusCode, rawHeaders]))
  const say = (): void => {
    if (body !== undefined) asked.write(body)
    if (trailers) asked.addTrailers(trailers)
    asked.end()
  }
  if (asked.getHeader('expect') === undefined) say()
  else asked.on('continue', () => { interim.push('continue'); say() })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return [answer.statusCode, answer.statusMessage, fieldsOf(answer), interim, text, answer.rawTrailers]
}

/** Says it all at once, and hears until `enough`. */
async function shout(port: number, text: string, enough: (heard: string) => boolean): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  later(() => socket.destroy())
  let heard = ''
  socket.on('data', (chunk) => { heard += chunk.toString('latin1') })
  socket.write(text, 'latin1')
  await until(() => enough(heard), 'the answers', 20_000)
  socket.destroy()
  return undated(heard)
}

describe('HTTP clients, the same through the proxy as direct', function () {
  this.timeout(90_000)
  afterEach(closeAll)

  sameThrough('undici: every framing, uploads, a pool and a pipeline', 'http', web, async (url) => {
    const seen: unknown[] = []
    const agent = new Agent({ connections: 1, pipelining: 1 })
    for (const path of PATHS) {
      const { statusCode, headers, body, trailers } = await request(`${url}${path}`, { dispatcher: agent })
      delete headers['date']
      seen.push([path, statusCode, headers, await body.text(), trailers])
    }
    for (const body of ['', 'short', MEDIUM, Readable.from(pieces())]) seen.push(await (await request(`${url}/seen`, { dispatcher: agent, method: 'POST', body })).body.text())
    seen.push((await request(`${url}/json`, { dispatcher: agent, method: 'HEAD' })).headers['content-length'])
    const moved = await fetch(`${url}/moved`, { dispatcher: agent })
    seen.push([moved.redirected, moved.status, await moved.json()])
    await agent.destroy()
    for (const options of [{ connections: 5 }, { connections: 1, pipelining: 20 }]) {
      const pool = new Pool(url, options)
      seen.push(await Promise.all(Array.from({ length: 100 }, async (_, n) => (await pool.request({ path: `/echo?${n}`, method: 'PUT', body: `said ${n}` })).body.text())))
      await pool.destroy()
    }
    return seen
  })

  sameThrough('node:http on one connection: 100 and 103, fields as they were written, trailers both ways', 'http', web, async (url) => {
    const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 })
    const seen: unknown[] = []
    for (const [path, options] of [
      ['/json', {}], ['/hints', {}], ['/chunks?5000', {}], ['/empty', {}], ['/same', {}], ['/json', { method: 'HEAD' }],
      ['/echo', { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 3 }, body: 'abc' }],
      ['/seen', { method: 'POST', headers: { 'X-Twice': ['1', '2'], 'x-CASE': 'Kept' }, body: MEDIUM }],
      ['/seen', { method: 'PUT', headers: { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' }, body: 'in chunks', trailers: { 'X-Sum': '42' } }],
      ['/close', {}], ['/events', {}], ['/early', { method: 'POST', body: 'x' }],
    ] as const) seen.push(await told(`${url}${path}`, { agent, ...options } as Parameters<typeof told>[1]))
    agent.destroy()
    return seen
  })

  sameThrough('server-sent events, one by one', 'http', web, async (url) => {
    const source = new EventSource(`${url}/events`)
    const events: unknown[] = []
    await new Promise<void>((resolve) => { source.onmessage = ({ data, lastEventId }) => { if (events.push([data, lastEventId]) === 3) resolve() } })
    source.close()
    return events
  })

  sameThrough('a pipeline by hand, the answers byte by byte', 'http', web, (_url, port) => {
    const asked = [...PATHS.filter((path) => path !== '/close'), '/chunks?3'].map((path, n) => head(`${n % 4 === 3 ? 'HEAD' : 'GET'} ${path} HTTP/1.1`, 'Host: h', `X-Nth: ${n}`))
    const posted = [`${head('POST /echo HTTP/1.1', 'Host: h', 'Content-Length: 4')}body`, `${head('POST /seen HTTP/1.1', 'Host: h', 'Transfer-Encoding: chunked')}3;a="b"\r\nabc\r\n0\r\nX-T: 1\r\n\r\n`]
    return shout(port, [...asked, ...posted, head('GET /echo?end HTTP/1.0')].join(''), (heard) => /X-T.*Connection: close\r\n\r\n$/s.test(heard))
  })

  const curl = program('curl')
  if (curl) {
    sameThrough('curl: keep-alive, HEAD, HTTP/1.0, Expect, uploads, ranges', 'http', web, async (url) => {
      const seen: string[] = []
      for (const words of [
        ['-i', `${url}/json`, `${url}/events`, `${url}/chunks?200`], ['-I', `${url}/json`], ['-0', '-i', `${url}/events`], ['-i', '-d', 'posted', `${url}/echo`], ['-i', '-H', 'Expect: 100-continue', '-d', MEDIUM, `${url}/seen`],
        ['-i', '-H', 'Transfer-Encoding: chunked', '-d', 'in chunks', `${url}/seen`], ['-i', '-r', '10-19', `${url}/big`], ['-i', '-X', 'DELETE', `${url}/none`], ['-L', `${url}/moved`], ['-F', 'a=b;type=text/plain', `${url}/refused`],
        ['-w', '%{num_connects} %{http_code}\\n', '-o', '/dev/null', `${url}/json`, '-o', '/dev/null', `${url}/empty`],
      ]) seen.push(undated(await output(curl, ['-sS', '--max-time', '20', ...words])))
      return seen
    })
  }

  it('has tried curl, or there is none', () => { assert.equal(program('curl'), curl) })

  it('heads arrive byte by byte: their order, capitals, duplicates, white space, and a 103 before the answer', async () => {
    const asked = 'GET /a?b=%7e HTTP/1.1\r\nhOST:   h\r\nX-B: 1\r\nx-a:\t2  \r\nX-b: 3\r\nCookie: a=1\r\ncookie: b=2\r\nEmpty:\r\nX-Latin: \xe9\r\n\r\n'
    const answered = 'HTTP/1.1 103 Early  Hints!\r\nLINK: </a>; rel=preload\r\nlink: </b>\r\n\r\nHTTP/1.1 200 \r\nset-cookie: a\r\nZ:z\r\nSet-Cookie: b\r\nContent-length:02\r\nserver:\r\n\r\nok'
    for (const way of ['nothing armed', 'a rule armed that matches nothing'] as const) {
      let got = ''
      const { address } = await listenOn(LOCAL, (socket) => {
        socket.on('data', (chunk) => { got += chunk.toString('latin1'); if (got.length >= asked.length) socket.write(answered, 'latin1') })
      })
      const port = 'port' in address ? address.port : 0
      const server = { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}` }
      const { port: there, opaque } = await through(server, 'http', way)
      assert.equal(await shout(there, asked, (heard) => heard.length >= answered.length), answered, way)
      assert.equal(got, asked, way)
      assert.deepEqual(opaque, [])
    }
  })
})

describe('what passes is what was said, both ways', function () {
  this.timeout(90_000)
  afterEach(closeAll)

  it('every byte of a thousand requests in a pipeline', async () => {
    const behind = await relay(await web())
    const way = await through({ host: '127.0.0.1', port: behind.port, url: '' }, 'http', 'a rule armed that matches nothing')
    const before = await relay({ host: '127.0.0.1', port: way.port })
    const pool = new Pool(`http://127.0.0.1:${before.port}`, { connections: 1, pipelining: 50 })
    const answers = await Promise.all(Array.from({ length: 1000 }, async (_, n) => (await pool.request({ path: `/seen?${n}`, method: 'GET' })).body.text()))
    await pool.close()
    assert.ok(answers.every((text, n) => text.startsWith(`{"start":"GET /seen?${n} `)))
    for (const by of ['client', 'server'] as const) assert.ok(behind.said(by).equals(before.said(by)), by)
  })
})
