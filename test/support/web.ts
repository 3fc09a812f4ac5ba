/** A real HTTP and WebSocket server for all test files of one mocha process: opened at the first call, closed after the last test. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type PerMessageDeflateOptions, type WebSocket } from 'ws'

export interface WebServer { readonly host: string; readonly port: number; readonly url: string }

export const BIG = 'x'.repeat(100_000)
/** How often a socket that asked for it is pushed a message, and a ping. */
const PUSH_EVERY = 5
const PINGS_EVERY = 10

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

/** What the server saw of a request, but for what differs from one connection to the next. */
const seen = (request: IncomingMessage, body: string): string =>
  JSON.stringify({ start: `${request.method} ${request.url} ${request.httpVersion}`, fields: request.rawHeaders.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() !== 'host'), body: body.length > 1000 ? body.length : body, trailers: request.rawTrailers })

function ranged(request: IncomingMessage, reply: ServerResponse): void {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (from === undefined) return void reply.setHeader('Accept-Ranges', 'bytes').end(BIG)
  reply.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${BIG.length}` }).end(BIG.slice(Number(from), Number(to) + 1))
}

type Route = (reply: ServerResponse, body: string, request: IncomingMessage) => void

const ROUTES: Readonly<Record<string, Route>> = {
  '/json': (reply) => reply.writeHead(200, [['Content-Type', 'application/json'], ['Set-Cookie', 'a=1'], ['X-CASE', 'Kept'], ['set-cookie', 'b=2'], ['Content-Length', '11']].flat()).end('{"ok":true}'),
  '/echo': (reply, body) => reply.end(body),
  '/seen': (reply, body, request) => reply.end(seen(request, body)),
  '/empty': (reply) => reply.writeHead(204).end(),
  '/same': (reply) => reply.writeHead(304, { ETag: '"x"' }).end(),
  '/none': (reply) => reply.writeHead(404).end('no such thing'),
  '/moved': (reply) => reply.writeHead(302, { Location: '/json' }).end(),
  '/chunks': (reply, _body, { method, httpVersion, url }) => {
    const trailed = method !== 'HEAD' && httpVersion === '1.1'
    if (trailed) reply.setHeader('Trailer', 'x-sum')
    reply.write('first')
    reply.write(BIG.slice(0, Number(url?.split('?')[1] ?? BIG.length)))
    if (trailed) reply.addTrailers({ 'x-sum': '42' })
    reply.end('last')
  },
  '/big': (reply, _body, request) => { ranged(request, reply) },
  '/hints': (reply) => reply.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] }, () => reply.end('done')),
  '/events': (reply) => {
    reply.writeHead(200, { 'Content-Type': 'text/event-stream' })
    reply.write('id: 1\ndata: one\n\n', () => reply.write('data: two\n\n', () => reply.end('data: three\n\n')))
  },
  '/refused': (reply) => reply.writeHead(413).end('too large'),
}

const listener: RequestListener = async (request, reply) => {
  const { pathname } = new URL(request.url ?? '/', 'http://h')
  // Answered before its body is here.
  if (pathname === '/early') return void reply.writeHead(413, { Connection: 'close' }).end('too large')
  if (pathname === '/close') return void request.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end')
  const body = await bodyOf(request).catch(() => undefined)
  if (body === undefined) return
  const route = ROUTES[pathname] ?? ROUTES['/seen']
  route?.(reply, body, request)
}

function push(socket: WebSocket): void {
  let n = 0
  const timers = [setInterval(() => socket.send(`push ${n++}`), PUSH_EVERY), setInterval(() => socket.ping(`ping ${n}`), PINGS_EVERY)]
  socket.on('close', () => { for (const timer of timers) clearInterval(timer) })
}

/** `/live` and any other path without compression, `/deflate` with context takeover, `/free` without; `?push` pushes messages and pings, `/refuse` gets no upgrade. */
function upgrades(): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const kinds: Readonly<Record<string, PerMessageDeflateOptions | false>> = { '/live': false, '/deflate': { threshold: 0 }, '/free': { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } }
  const servers = new Map(Object.entries(kinds).map(([path, perMessageDeflate]) => [path, new WebSocketServer({ noServer: true, perMessageDeflate })]))
  return (request, socket, head) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://h')
    socket.on('error', () => socket.destroy())
    if (pathname === '/refuse') return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
    servers.get(pathname)?.handleUpgrade(request, socket, head, (opened) => {
      opened.on('error', () => undefined)
      opened.on('message', (data, binary) => opened.send(data, { binary }))
      if (search === '?push') push(opened)
    })
  }
}

let opened: Promise<WebServer> | undefined
const open = new Set<Socket>()
const server = createServer({ keepAliveTimeout: 60_000 }, listener)

/** It is shared, and keeps nothing of what it is told. */
export function web(): Promise<WebServer> {
  opened ??= (async () => {
    server.on('upgrade', upgrades()).on('connection', (socket) => { open.add(socket); socket.on('close', () => open.delete(socket)) })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return { host: '127.0.0.1', port, url: `http://127.0.0.1:${port}` }
  })()
  return opened
}

after('closes the web server', () => {
  for (const socket of open) socket.destroy()
  server.close()
})
