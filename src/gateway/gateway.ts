/**
 * Asks an upstream in the client's stead where the client's bytes cannot go there as they are: it speaks TLS, or wants another Host.
 * It stands behind the engine, so faults and figures are where they are for every target:
 *
 *   client ──▶ session ──▶ pair ──▶ HTTP server ──▶ http-proxy ──▶ a connection of its own to the upstream
 *                                    └───────────── Visit ───────────────┘
 *
 * A connection of a client's has one to the upstream, as it would have without us: what closes one closes the other, and nothing
 * of one client's is ever sent on the connection of another. So there is nothing to close but the sessions.
 */

import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { bytes } from '../core/units.ts'
import { withoutOffers } from './fields.ts'
import { socketPair } from './pair.ts'
import { Visit, type Way } from './visit.ts'

/** As much of a head as a codec holds. */
const HEAD_MAX = 65_536
/** What the gateway keeps of what a session does not read, and the other way round. */
const UNREAD = bytes(65_536)

/** `connect` gives the session's end of a connection; it stands at once. */
export interface Gateway { connect(): Socket }

export async function openGateway(way: Way): Promise<Gateway> {
  const { createProxyServer } = await import('http-proxy')
  const visits = new WeakMap<Socket, Visit>()
  // It listens nowhere: connections are handed to it. How long they may take is their own business.
  const server = createServer({
    keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, maxHeaderSize: HEAD_MAX, noDelay: true,
    // Of newer Nodes; those that do not know it hand us such a request below.
    shouldUpgradeCallback: isWebSocket,
  } as object)
  server.maxHeadersCount = 0
  for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) {
    server.on(event, (request: IncomingMessage, response) => visits.get(request.socket)?.request(request, response))
  }
  server.on('upgrade', (request, near: Socket, head) => {
    if (isWebSocket(request)) return visits.get(near)?.upgrade(request, head)
    near.unshift(Buffer.concat([Buffer.from(headOf(request), 'latin1'), head]))
    server.emit('connection', near)
  })
  server.on('connect', (_request, near) => refuse(near as Socket, '501 Not Implemented'))
  server.on('clientError', (error: NodeJS.ErrnoException, near) => {
    if (visits.get(near as Socket)?.busy !== false || error.code === 'ECONNRESET' || !near.writable) near.destroy()
    else refuse(near as Socket, error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request')
  })
  return {
    connect() {
      const [session, near] = socketPair(UNREAD)
      const visit = new Visit(near, way, createProxyServer())
      visits.set(near, visit)
      visit.begin()
      // What was said last is not waited for any more: nobody hears the answer.
      session.on('close', () => near.destroy())
      session.on('finish', () => visit.ended())
      server.emit('connection', near)
      return session
    },
  }
}

const isWebSocket = ({ method, headers }: IncomingMessage): boolean => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'

/** A request that offered what we do not pass on: as if it had not. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const fields = withoutOffers(rawHeaders)
  const lines = fields.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${fields[at + 1] ?? ''}`] : []))
  return [`${method} ${url} HTTP/${httpVersion}`, ...lines, '', ''].join('\r\n')
}

function refuse(near: Socket, status: string): void {
  near.write(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  near.destroySoon()
}
