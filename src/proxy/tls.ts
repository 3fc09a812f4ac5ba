/** TLS on either side of a session: contexts are made once a target, sockets once a connection. */

import { readFileSync } from 'node:fs'
import { isIP, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { withoutChannelBinding } from '../protocols/postgres/channel-binding.ts'
import { Endpoint } from './endpoint.ts'
import type { RewriterOptions } from '../protocols/redis/rewriter.ts'
import type { Address, TargetSpec, TlsOptions } from './plane.ts'
import { ALPN, askServer, greetClient } from './postgres-tls.ts'

export interface TlsSides {
  /** `begin` gets the client's end once it is known how it speaks. */
  client(raw: Socket, begin: (end: Endpoint) => void): void
  /** `upstream` is who answers; `nodes`: it names others, which are rewritten. */
  server(raw: Socket, upstream: Address, nodes?: RewriterOptions): Endpoint
  /** Ends the connections of clients that have not begun. */
  close(): void
}

/** TLS_INVALID when a file cannot be read or used. */
export async function tlsSides({ name, protocol, tls, host: asked }: TargetSpec, clock: Clock): Promise<TlsSides> {
  const context = tls.client === 'terminate' ? await serverContext(name, tls) : undefined
  const ca = tls.ca === undefined ? undefined : read(tls.ca)
  const terminate = context && ((raw: Socket): TLSSocket => new TLSSocket(raw, { isServer: true, secureContext: context, allowHalfOpen: true, ...(protocol === 'postgres' ? { ALPNProtocols: ALPN_OFFERED } : {}) } as object))
  const originate = (raw: Socket, upstream: Address): TLSSocket => connectTls({ socket: raw, rejectUnauthorized: tls.verify, ...namedBy(upstream), ...(ca ? { ca } : {}), ...(asked === undefined ? {} : { ALPNProtocols: ['http/1.1'] }) })
  const greeted = new Set<Socket>()
  const greets = protocol === 'postgres' && (terminate !== undefined || tls.upstream !== 'off')
  return {
    client(raw, begin) {
      if (!greets) return begin(new Endpoint(raw, { tls: terminate?.(raw) }))
      greeted.add(raw)
      raw.once('close', () => greeted.delete(raw))
      greetClient(raw, clock, terminate, (secure) => {
        greeted.delete(raw)
        begin(new Endpoint(raw, { tls: secure }))
      })
    },
    server(raw, upstream, nodes) {
      const { upstream: wanted } = tls
      if (wanted === 'off') return new Endpoint(raw, { nodes })
      if (protocol !== 'postgres') return new Endpoint(raw, { tls: originate(raw, upstream), nodes })
      return new Endpoint(raw, { negotiate: (settled) => askServer(raw, wanted, () => originate(raw, upstream), settled), edit: withoutChannelBinding() })
    },
    close() { for (const raw of greeted) raw.destroy() },
  }
}

/** What its certificate must be for. An address is no name that a server is asked for. */
function namedBy(upstream: Address): { host?: string; servername?: string } {
  if ('path' in upstream) return {}
  const { host } = upstream
  return isIP(host) ? { host } : { host, servername: host }
}

/** As OpenSSL takes it: each name behind its length. */
const ALPN_OFFERED = Buffer.from(`${String.fromCharCode(ALPN.length)}${ALPN}`)

async function serverContext(name: string, { cert, key, made }: Pick<TlsOptions, 'cert' | 'key' | 'made'>): Promise<SecureContext> {
  try {
    if (cert !== undefined && key !== undefined) return createSecureContext({ cert: read(cert), key: read(key) })
    return createSecureContext(made ?? await throwAway())
  } catch (cause) {
    if (cause instanceof BrownoutError) throw cause
    throw new BrownoutError('TLS_INVALID', { message: `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}

/** A certificate for this machine's own names, and its key; PEM. */
export async function throwAway(): Promise<{ readonly cert: string; readonly key: string }> {
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec', algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }] }],
  })
  return { cert: made.cert, key: made.private }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new BrownoutError('TLS_INVALID', { message: `cannot read ${file}`, cause })
  }
}
