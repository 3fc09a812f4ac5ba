/** Real servers and clients through a plain pipe that decodes behind the bytes: we read what they say they said. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { Client, fetch, Pool } from 'undici'
import { openPipe, Wire, type Pipe } from '../pipe.ts'
import { Recorded, type Exchange, type Read } from './recorded.ts'

const run = promisify(execFile)
const BIG = 'x'.repeat(300_000)

/** What one side says that it saw. */
interface Seen { readonly start: string; readonly fields: readonly string[]; readonly body: string; readonly trailers: readonly string[] }

const collect = async (message: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of message) body += (chunk as Buffer).toString('latin1')
  return body
}

const ROUTES: Readonly<Record<string, (reply: ServerResponse, body: string) => void>> = {
  '/json': (reply) => reply.setHeader('Content-Type', 'application/json').end('{"a":1}'),
  '/echo': (reply, body) => reply.end(body),
  '/empty': (reply) => reply.writeHead(204).end(),
  '/same': (reply) => reply.writeHead(304, { ETag: '"x"' }).end(),
  '/chunks': (reply) => {
    reply.writeHead(200, { Trailer: 'x-sum', 'X-Twice': ['1', '2'] })
    reply.write('first')
    reply.write(BIG)
    reply.addTrailers({ 'x-sum': '42' })
    reply.end('last')
  },
  '/big': (reply) => reply.setHeader('Content-Length', BIG.length).end(BIG),
  '/hints': (reply) => reply.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] }, () => reply.end('done')),
  '/close': (reply) => reply.setHeader('Connection', 'close').end('bye'),
  '/events': (reply) => {
    reply.writeHead(200, { 'Content-Type': 'text/event-stream' })
    reply.write('data: 1\n\n', () => reply.write('data: 2\n\n', () => reply.end('data: 3\n\n')))
  },
  '/early': (reply) => reply.writeHead(413).end('too large'),
}

/** A node:http server that remembers what it saw, by X-N. */
class Oracle {
  readonly seen = new Map<string, Seen>()
  readonly server = createServer({ joinDuplicateHeaders: false }, async (message, reply) => {
    const body = await collect(message)
    this.seen.set(String(message.headers['x-n']), { start: `${message.method} ${message.url}`, fields: message.rawHeaders, body, trailers: message.rawTrailers })
    const route = ROUTES[new URL(message.url ?? '', 'http://h').pathname]
    if (route) route(reply, body)
    else reply.writeHead(404).end('no such thing')
  })

  constructor() {
    this.server.on('upgrade', (_, socket: Socket, ahead: Buffer) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02hi', 'latin1')
      socket.write(ahead)
      socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('end', () => socket.end()).on('error', () => socket.destroy())
    })
    this.server.on('connect', (message: IncomingMessage, socket: Socket) => {
      if (message.url === 'refused:1') {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
        return
      }
      socket.write('HTTP/1.1 200 Connection established\r\n\r\nhello')
      socket.on('data', (chunk: Buffer) => socket.write(chunk)).on('end', () => socket.end()).on('error', () => socket.destroy())
    })
  }
}

/** An answer as node:http's client sees it. */
async function ask(options: RequestOptions, body: readonly string[] = [], trailers?: Record<string, string>): Promise<Seen & { readonly interim: readonly string[] }> {
  const asked = request({ host: '127.0.0.1', ...options })
  const interim: string[] = []
  asked.on('information', ({ statusCode }) => interim.push(String(statusCode)))
  asked.on('continue', () => { for (const part of body) asked.write(part); asked.end() })
  if (asked.getHeader('expect') === undefined) {
    for (const part of body) asked.write(part)
    if (trailers) asked.addTrailers(trailers)
    asked.end()
  }
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { start: String(answer.statusCode), fields: answer.rawHeaders, body: await collect(answer), trailers: answer.rawTrailers, interim }
}

describe('http, for real', () => {
  const oracle = new Oracle()
  let pipe: Pipe<Recorded>

  before(async () => {
    oracle.server.listen(0, '127.0.0.1')
    await once(oracle.server, 'listening')
    pipe = await openPipe((oracle.server.address() as AddressInfo).port, () => new Recorded())
  })
  after(() => {
    pipe.close()
    oracle.server.close()
    oracle.server.closeAllConnections()
  })

  /** The exchanges of all sessions since `from`, by the X-N of their requests; all understood, and as the server saw them. */
  function checked(from: number): Map<string, Exchange> {
    const sessions = pipe.sessions.slice(from)
    assert.ok(sessions.length > 0)
    for (const session of sessions) session.check()
    const exchanges = sessions.flatMap(({ exchanges: all }) => [...all.values()]).map((exchange) => [fieldOf(exchange.request, 'x-n'), exchange] as const)
    for (const [n, { request: { start, fields, body, trailers } }] of exchanges) assert.deepEqual({ start, fields, body, trailers }, oracle.seen.get(n), n)
    return new Map(exchanges)
  }
  const fieldOf = ({ fields }: Read, name: string): string => fields[fields.findIndex((word, n) => n % 2 === 0 && word.toLowerCase() === name) + 1] ?? ''
  const seenAs = ({ start, fields, body, trailers }: Read): Seen => ({ start, fields, body, trailers })

  it('node:http, kept alive: lengths, chunks, trailers, 100, 103, 204, 304, HEAD', async () => {
    const from = pipe.sessions.length
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const at = (n: string, path: string, more: RequestOptions = {}): RequestOptions => ({ port: pipe.port, agent, path, ...more, headers: { 'X-N': n, ...more.headers } })
    const answers = new Map<string, Seen & { readonly interim: readonly string[] }>()
    try {
      for (const [n, options, body, trailers] of [
        ['n1', at('n1', '/json?a=b')], ['n2', at('n2', '/echo', { method: 'POST', headers: { 'Content-Length': 5 } }), ['he', 'llo']],
        ['n3', at('n3', '/echo', { method: 'PUT', headers: { Trailer: 'x-end', 'Transfer-Encoding': 'chunked' } }), ['a', BIG, 'b'], { 'x-end': '1' }],
        ['n4', at('n4', '/empty')], ['n5', at('n5', '/same')], ['n6', at('n6', '/json', { method: 'HEAD' })], ['n7', at('n7', '/chunks')], ['n8', at('n8', '/events', { method: 'HEAD' })],
        ['n9', at('n9', '/hints')], ['n10', at('n10', '/echo', { method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 3 } }), ['abc']], ['n11', at('n11', '/big')],
        ['n12', at('n12', '/none', { method: 'DELETE' })], ['n13', at('n13', '/events')], ['n14', at('n14', '/early', { method: 'POST', headers: { 'Content-Length': BIG.length } }), [BIG]], ['n15', at('n15', '/close')],
      ] as const satisfies readonly (readonly [string, RequestOptions, (readonly string[])?, Record<string, string>?])[]) answers.set(n, await ask(options, body, trailers))
    } finally {
      agent.destroy()
    }
    // The client gives up a connection after some answers to HEAD.
    assert.ok(pipe.sessions.length <= from + 4, `${pipe.sessions.length - from} connections`)
    const exchanges = checked(from)
    assert.equal(exchanges.size, 15)
    for (const [n, { interim, ...theirs }] of answers) {
      const mine = exchanges.get(n)
      assert.ok(mine?.answer, n)
      assert.deepEqual(seenAs(mine.answer), theirs, n)
      assert.deepEqual(mine.interim.map(({ start }) => start).filter((status) => status !== '100'), interim.filter((status) => status !== '100'), n)
    }
    assert.deepEqual(['n9', 'n10'].map((n) => exchanges.get(n)?.interim.map(({ start }) => start)), [['103'], ['100']])
    assert.deepEqual(exchanges.get('n7')?.answer?.trailers, ['x-sum', '42'])
  })

  it('undici: a pipeline of ten on one connection, and a pool', async () => {
    const from = pipe.sessions.length
    const paths = ['/json', '/chunks', '/empty', '/big', '/same', '/hints', '/events', '/json?x', '/none', '/echo']
    const client = new Client(`http://127.0.0.1:${pipe.port}`, { pipelining: 10 })
    const pool = new Pool(`http://127.0.0.1:${pipe.port}`, { connections: 3 })
    const bodies = new Map<string, string>()
    try {
      const say = async (by: Client | Pool, n: string, path: string): Promise<void> => {
        const post = path === '/echo'
        const { body } = await by.request({ path, method: post ? 'PUT' : 'GET', headers: { 'x-n': n }, ...(post ? { body: 'said' } : {}) })
        bodies.set(n, Buffer.from(await body.arrayBuffer()).toString('latin1'))
      }
      await Promise.all(paths.map((path, n) => say(client, `u${n}`, path)))
      await Promise.all(Array.from({ length: 60 }, (_, n) => say(pool, `p${n}`, paths[n % paths.length] ?? '')))
    } finally {
      await Promise.all([client.close(), pool.close()])
    }
    assert.equal(pipe.sessions.length, from + 4)
    const exchanges = checked(from)
    assert.equal(exchanges.size, 70)
    for (const [n, body] of bodies) assert.equal(exchanges.get(n)?.answer?.body, body, n)
  })

  it('fetch: an upload of unknown length, and a body that is read as it comes', async () => {
    const from = pipe.sessions.length
    const said = await fetch(`http://127.0.0.1:${pipe.port}/echo`, { method: 'POST', headers: { 'x-n': 'f1' }, duplex: 'half', body: (async function* () { yield Buffer.from('ab'); yield Buffer.from('cd') })() })
    assert.equal(await said.text(), 'abcd')
    const events = await fetch(`http://127.0.0.1:${pipe.port}/events`, { headers: { 'x-n': 'f2', connection: 'close' } })
    assert.equal(await events.text(), 'data: 1\n\ndata: 2\n\ndata: 3\n\n')
    const exchanges = checked(from)
    assert.deepEqual(['f1', 'f2'].map((n) => exchanges.get(n)?.answer?.body), ['abcd', 'data: 1\n\ndata: 2\n\ndata: 3\n\n'])
  })

  it('curl: keep-alive, HEAD, HTTP/1.0, Expect, chunked upload, ranges', async () => {
    const from = pipe.sessions.length
    const url = (path: string): string => `http://127.0.0.1:${pipe.port}${path}`
    const curl = (...words: readonly string[]): Promise<{ stdout: string }> => run('curl', ['-sS', '--max-time', '10', ...words])
    assert.equal((await curl('-H', 'X-N: c1', url('/json'), '--next', '-sS', '-H', 'X-N: c2', url('/events'))).stdout, '{"a":1}data: 1\n\ndata: 2\n\ndata: 3\n\n')
    await curl('-I', '-H', 'X-N: c3', url('/json'))
    assert.equal((await curl('-0', '-H', 'X-N: c4', url('/events'))).stdout.length, 27)
    assert.equal((await curl('-H', 'X-N: c5', '-H', 'Expect: 100-continue', '-d', 'posted', url('/echo'))).stdout, 'posted')
    assert.equal((await curl('-H', 'X-N: c6', '-H', 'Transfer-Encoding: chunked', '-d', 'in chunks', url('/echo'))).stdout, 'in chunks')
    await curl('-r', '0-9', '-H', 'X-N: c7', url('/big'))
    const exchanges = checked(from)
    assert.deepEqual([...exchanges.keys()].sort(), ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'])
    assert.deepEqual(exchanges.get('c5')?.interim.map(({ start }) => start), ['100'])
    assert.equal(exchanges.get('c4')?.answer?.body.length, 27)
  })

  it('a pipeline written by hand, three requests in one packet', async () => {
    const from = pipe.sessions.length
    const wire = await Wire.open(pipe.port)
    try {
      const asked = ['h1', 'h2', 'h3'].map((n) => `GET /json HTTP/1.1\r\nHost: h\r\nX-N: ${n}\r\n\r\n`).join('')
      await wire.say(asked, /(\{"a":1\}.*){3}$/s)
      assert.deepEqual([...checked(from).keys()], ['h1', 'h2', 'h3'])
    } finally {
      wire.close()
    }
  })

  it('an upgrade: what stands behind the head is for the next codec, and then all passes', async () => {
    const from = pipe.sessions.length
    const wire = await Wire.open(pipe.port)
    try {
      await wire.say('GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', '\x81\x02hi')
      const session = pipe.sessions[from]
      assert.equal(session?.conversation.upgraded, 'websocket')
      const early = session.conversation.toClient.rest.toString('latin1')
      assert.equal(await wire.say(Buffer.from('81025a5a', 'hex'), 'ZZ'), '\x81\x02ZZ')
      assert.ok(['', '\x81\x02hi'].includes(early), early)
      assert.equal(session.exchanges.get(1)?.answer?.start, '101')
      assert.deepEqual([session.conversation.broken, session.conversation.unanswered], [undefined, 0])
      assert.ok(Buffer.concat(session.bytes['to-client']).equals(Buffer.concat([...session.given['to-client'], session.conversation.toClient.rest])))
    } finally {
      wire.close()
    }
  })

  it('CONNECT: a tunnel, and one that is refused', async () => {
    const from = pipe.sessions.length
    const wire = await Wire.open(pipe.port)
    try {
      await wire.say('CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n', 'hello')
      assert.equal(await wire.say('GET / HTTP/1.1\r\n\r\n', '\r\n\r\n'), 'GET / HTTP/1.1\r\n\r\n')
      const [session] = pipe.sessions.slice(from)
      assert.deepEqual([session?.conversation.upgraded, session?.exchanges.size, session?.conversation.broken], ['other', 1, undefined])
    } finally {
      wire.close()
    }
    const refused = await Wire.open(pipe.port)
    await refused.say('CONNECT refused:1 HTTP/1.1\r\nHost: h\r\n\r\n', 'no')
    refused.close()
    const session = pipe.sessions[from + 1]
    assert.deepEqual([session?.conversation.upgraded, session?.exchanges.get(1)?.answer?.start], [undefined, '403'])
  })
})
