/** Clients that connect, talk, and are cut or go: one visit each, over in a second whatever a fault does to it. */

import { connect, createServer, type AddressInfo } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import type { Random } from '../../src/core/random.ts'

const VISIT_MS = 1000

/** How it ends when nothing has ended it before. */
const WAYS = ['end', 'destroy', 'resetAndDestroy'] as const

/** Says each of `lines` once something has come for the one before. */
function talk(port: number, lines: readonly string[], random: Random): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const way = WAYS[Math.floor(random() * WAYS.length)] ?? 'end'
    let said = 0
    const next = (): void => {
      const line = lines[said++]
      if (line === undefined) socket[way]()
      else socket.write(line)
    }
    const late = setTimeout(() => socket.destroy(), VISIT_MS)
    socket.on('connect', next).on('data', next).on('error', () => undefined)
    socket.once('close', () => { clearTimeout(late); resolve() })
  })
}

const command = (...words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`
const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: soak\r\n\r\n`

/** An upgrade, two echoes, and a close or a cut. */
function stream(port: number, random: Random): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
    const cut = random() < 0.5
    let heard = 0
    const late = setTimeout(() => socket.terminate(), VISIT_MS)
    socket.on('open', () => socket.send('one')).on('error', () => undefined)
    socket.on('message', () => { if (++heard < 3) socket.send('more'); else if (cut) socket.terminate(); else socket.close() })
    socket.once('close', () => { clearTimeout(late); resolve() })
  })
}

/** One visit a protocol. */
export const VISITS: Readonly<Record<'tcp' | 'redis' | 'http', readonly ((port: number, random: Random) => Promise<void>)[]>> = {
  tcp: [(port, random) => talk(port, ['ping', 'x'.repeat(5000), 'pong'], random)],
  redis: [(port, random) => talk(port, [command('SET', 'soak', 'x'.repeat(300)), command('GET', 'soak'), command('MULTI') + command('INCR', 'soak:n') + command('EXEC'), command('GET', 'none')], random)],
  http: [(port, random) => talk(port, ['/', '/orders/7', '/orders/8'].map(request), random), stream],
}

export interface Servers { readonly tcp: number; readonly http: number; close(): void }

/** An echo, and HTTP that echoes WebSockets. */
export async function startServers(): Promise<Servers> {
  const echo = createServer((socket) => { socket.on('error', () => undefined); socket.pipe(socket) })
  const http = createHttpServer((_request, response) => { response.end('x'.repeat(300)) })
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
  sockets.on('connection', (socket) => { socket.on('error', () => undefined).on('message', (message) => socket.send(String(message))) })
  for (const server of [echo, http]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const portOf = (server: typeof echo | typeof http): number => (server.address() as AddressInfo).port
  return { tcp: portOf(echo), http: portOf(http), close() { echo.close(); http.close(); http.closeAllConnections() } }
}
