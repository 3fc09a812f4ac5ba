/** Addresses as text and back. */

import type { Server } from 'node:net'
import type { Address } from './plane.ts'

/** `127.0.0.1:6379`, `[::1]:6379`, `unix:/run/redis.sock`. */
export const formatAddress = (address: Address): string =>
  'path' in address ? `unix:${address.path}` : `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`

/** Where a server really listens: port 0 has become one. */
export function boundAddress(server: Server, asked: Address): Address {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? { host: 'host' in asked ? asked.host : bound.address, port: bound.port } : asked
}
