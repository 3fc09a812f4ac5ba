/** TLS on either side of a session: contexts are made once a target, sockets once a connection. */

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { BrownoutError } from '../core/errors.ts'
import { withoutChannelBinding } from '../protocols/postgres/channel-binding.ts'
import { Endpoint } from './endpoint.ts'
import type { TargetSpec } from './plane.ts'
import { ALPN, askServer, greetClient } from './postgres-tls.ts'

export interface TlsSides {
  /** `begin` gets the client's end once it is known how it speaks. */
  client(raw: Socket, begin: (end: Endpoint) => void): void
  server(raw: Socket): Endpoint
  /** Ends the connections of clients that have not begun. */
  close(): void
}

/** TLS_INVALID when a file cannot be read or used. */
export async function tlsSides({ name, protocol, tls, upstream }: TargetSpec, clock: Clock): Promise<TlsSides> {
  const context = tls.client === 'terminate' ? await serverContext(name, tls) : undefined
  const ca = tls.ca === undefined ? undefined : read(tls.ca)
  const servername = 'host' in upstream ? upstream.host : undefined
  const named = servername === undefined || /^[\d.]+$|:/.test(servername) ? {} : { servername }
  const terminate = context && ((raw: Socket): TLSSocket => new TLSSocket(raw, { isServer: true, secureContext: context, allowHalfOpen: true, ...(protocol === 'postgres' ? { ALPNProtocols: ALPN_OFFERED } : {}) } as object))
  const originate = (raw: Socket): TLSSocket => connectTls({ socket: raw, rejectUnauthorized: tls.verify, ...named, ...(ca ? { ca } : {}) })
  const greeted = new Set<Socket>()
  const greets = protocol === 'postgres' && (terminate !== undefined || tls.upstream !== 'off')
  return {
    client(raw, begin) {
      if (!greets) return begin(new Endpoint(raw, terminate?.(raw)))
      greeted.add(raw)
      raw.once('close', () => greeted.delete(raw))
      greetClient(raw, clock, terminate, (secure) => {
        greeted.delete(raw)
        begin(new Endpoint(raw, secure))
      })
    },
    server(raw) {
      const { upstream: asked } = tls
      if (asked === 'off') return new Endpoint(raw)
      if (protocol !== 'postgres') return new Endpoint(raw, originate(raw))
      return new Endpoint(raw, undefined, (settled) => askServer(raw, asked, () => originate(raw), settled), withoutChannelBinding())
    },
    close() { for (const raw of greeted) raw.destroy() },
  }
}

/** As OpenSSL takes it: each name behind its length. */
const ALPN_OFFERED = Buffer.from(`${String.fromCharCode(ALPN.length)}${ALPN}`)

async function serverContext(name: string, { cert, key }: { cert?: string; key?: string }): Promise<SecureContext> {
  try {
    if (cert !== undefined && key !== undefined) return createSecureContext({ cert: read(cert), key: read(key) })
    const { generate } = await import('selfsigned')
    const made = await generate([{ name: 'commonName', value: 'localhost' }], {
      keyType: 'ec', algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }] }],
    })
    return createSecureContext({ cert: made.cert, key: made.private })
  } catch (cause) {
    if (cause instanceof BrownoutError) throw cause
    throw new BrownoutError('TLS_INVALID', { message: `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new BrownoutError('TLS_INVALID', { message: `cannot read ${file}`, cause })
  }
}
