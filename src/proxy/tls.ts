/** TLS on either side of a session: contexts are made once a target, sockets once a connection. */

import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import { BrownoutError } from '../core/errors.ts'
import { Endpoint } from './endpoint.ts'
import type { TargetSpec } from './plane.ts'

export interface TlsSides { client(raw: Socket): Endpoint; server(raw: Socket): Endpoint }

/** TLS_INVALID when a file cannot be read or used. */
export async function tlsSides({ name, tls, upstream }: TargetSpec): Promise<TlsSides> {
  const context = tls.client === 'terminate' ? await serverContext(name, tls) : undefined
  const ca = tls.ca === undefined ? undefined : read(tls.ca)
  const servername = 'host' in upstream ? upstream.host : undefined
  return {
    client: (raw) => (context ? new Endpoint(raw, new TLSSocket(raw, { isServer: true, secureContext: context, allowHalfOpen: true } as object)) : new Endpoint(raw)),
    server(raw) {
      if (tls.upstream === 'off') return new Endpoint(raw)
      const named = servername === undefined || /^[\d.]+$|:/.test(servername) ? {} : { servername }
      return new Endpoint(raw, connectTls({ socket: raw, rejectUnauthorized: tls.verify, ...named, ...(ca ? { ca } : {}) }))
    },
  }
}

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
