/** A real HTTP and WebSocket server behind a target, and clients through it; all closed after each test. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, request, type Dispatcher } from 'undici'
import { WebSocket, WebSocketServer, type ClientOptions, type ServerOptions } from 'ws'
import { ms } from '../../../src/core/units.ts'
import type { DynamicPlane, PlaneEvent, TargetSpec } from '../../../src/proxy/plane.ts'
import { registry } from '../../../faults/index.ts'
import { later, LOCAL, PLAIN, planeFor, type Seen } from '../../proxy/stage.ts'
import { rawTo, struck, type Struck } from '../struck.ts'

export { closeAll, until } from '../../proxy/stage.ts'

/** What the server was asked, in full, oldest first. */
export interface Asked { readonly method: string; readonly url: string; readonly rawHeaders: readonly string[]; readonly body: string }
export interface Answer { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }

export interface WebStage extends Struck {
  readonly plane: DynamicPlane
  readonly events: PlaneEvent[]
  readonly port: number
  /** Past the proxy. */
  readonly serverPort: number
  readonly asked: Asked[]
  /** Sockets of the server's, WebSockets as it sees them. */
  readonly sockets: WebSocket[]
  /** What those got, and how those that have ended did: `1006`, `1001 going away`; and the codes of their errors. */
  readonly received: string[]
  readonly ended: string[]
  readonly refused: string[]
  /** Undici's over one kept-alive connection, unless `agent` is another. */
  fetch(path: string, options?: Partial<Dispatcher.RequestOptions> & { readonly dispatcher?: Dispatcher }): Promise<Answer>
  /** Open, or rejected as ws rejects. Messages are gathered in `got`. */
  socket(path?: string, options?: ClientOptions): Promise<Client>
  /** Bare bytes through the proxy. */
  raw(): Promise<Seen>
}

/** A client, with what it got and how it ended: `1006`, `1001 going away`. */
export interface Client extends WebSocket { readonly got: string[]; readonly over: Promise<string>; readonly errors: Error[] }

interface Options { readonly serve?: RequestListener; readonly websocket?: ServerOptions; readonly seed?: number; readonly spec?: Partial<TargetSpec> }

/** `WS_ERR_INVALID_UTF8`; of an error without a code its message. */
export const codeOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message

export async function bodyOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** `/json` an object, `/big?N` N bytes in chunks, `/slow` nothing until the test ends, `/close` an answer that ends with the connection; all else what was asked, as text. */
const serveAll: RequestListener = (request, response) => {
  const url = request.url ?? '/'
  if (url.startsWith('/json')) return void response.setHeader('content-type', 'application/json').end('{"ok":true}')
  if (url.startsWith('/big')) {
    const bytes = Number(url.split('?')[1] ?? 100_000)
    for (let sent = 0; sent < bytes; sent += 10_000) response.write(Buffer.alloc(Math.min(10_000, bytes - sent), 'x'))
    return void response.end()
  }
  if (url.startsWith('/slow')) return
  if (url.startsWith('/close')) {
    response.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end')
    return
  }
  void bodyOf(request).then((body) => response.end(`${request.method} ${url} ${body}`), () => undefined)
}

export async function webStage({ serve = serveAll, websocket = {}, seed = 1, spec: more = {} }: Options = {}): Promise<WebStage> {
  const asked: Asked[] = []
  const sockets: WebSocket[] = []
  const [received, ended, refused]: [string[], string[], string[]] = [[], [], []]
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => asked.push({ method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders, body: Buffer.concat(chunks).toString('latin1') }))
    serve(request, response)
  })
  const echo = new WebSocketServer({ server, ...websocket })
  echo.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('error', (error) => refused.push(codeOf(error)))
    socket.on('close', (code, reason) => ended.push(`${code} ${reason.toString()}`.trim()))
    socket.on('message', (data, binary) => { received.push(String(data)); socket.send(data, { binary }) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => { for (const socket of sockets) socket.terminate(); server.closeAllConnections(); server.close() })
  const { port: serverPort } = server.address() as AddressInfo

  const plane = planeFor(registry, seed)
  const events: PlaneEvent[] = []
  plane.on((event) => events.push(event))
  const spec: TargetSpec = { name: 'cache', protocol: 'http', upstream: { host: '127.0.0.1', port: serverPort }, listen: [{ address: LOCAL }], tls: PLAIN, dialTimeout: ms(2000), ...more }
  const [opened] = await plane.open([spec])
  later(() => plane.close())
  const address = opened?.listen[0]?.address ?? LOCAL
  const port = 'port' in address ? address.port : 0
  const agent = new Agent({ connections: 1, pipelining: 1, headersTimeout: 5000, bodyTimeout: 5000 })
  later(() => agent.destroy())
  return {
    plane, events, port, serverPort, asked, sockets, received, ended, refused,
    async fetch(path, options = {}) {
      const { statusCode, headers, body } = await request(`http://127.0.0.1:${port}${path}`, { dispatcher: agent, ...options } as Parameters<typeof request>[1])
      return { status: statusCode, headers, text: await body.text() }
    },
    async socket(path = '/live', options = {}) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false, ...options })
      const [got, errors]: [string[], Error[]] = [[], []]
      later(() => socket.terminate())
      const over = new Promise<string>((resolve) => { socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`.trim())) })
      socket.on('error', (error) => errors.push(error))
      socket.on('message', (data) => got.push(String(data)))
      await once(socket, 'open')
      return Object.assign(socket, { got, over, errors })
    },
    raw: () => rawTo(port),
    ...struck(plane, events, 'cache'),
  }
}
