/** Servers of the admin API: their limits, and how they come to listen. */

import type { Server, ServerOptions } from 'node:http'
import { BrownoutError } from '../core/errors.ts'

/** A header must be whole within 5 s, a request within 15; looked at once a second. */
export const SERVER_LIMITS: ServerOptions = { headersTimeout: 5000, requestTimeout: 15_000, keepAliveTimeout: 60_000, connectionsCheckingInterval: 1000 }
const CONNECTIONS_MAX = 128

/** The port, once it listens. PORT_IN_USE, LISTEN_FAILED. */
export function listening(server: Server, host: string, port: number): Promise<number> {
  server.maxConnections = CONNECTIONS_MAX
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      reject(new BrownoutError(taken ? 'PORT_IN_USE' : 'LISTEN_FAILED', {
        message: taken ? `the admin port ${host}:${port} is in use` : `the admin API cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`, cause,
        hint: taken ? 'another server runs there; give another with `--port`' : undefined,
      }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
