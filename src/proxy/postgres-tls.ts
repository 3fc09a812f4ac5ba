/**
 * TLS inside Postgres' negotiation, on both sides of a session. (PostgreSQL 18, 54.2.10)
 *
 *   client ── SSLRequest ─▶ S, then TLS; N where we have none for it       we ── SSLRequest ─▶ server
 *          ── GSSENCRequest ─▶ N                                              ◀── S, then TLS
 *          ── TLS at once, with ALPN                                          ◀── N: plain text, if it may be
 *          ── anything else: plain text
 *
 * Nothing may stand in plain text behind a request or its answer: it would be taken for what was said under TLS. (CVE-2021-23214, CVE-2021-23222)
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { ms, type Ms } from '../core/units.ts'

/** What whoever begins with TLS must name. */
export const ALPN = 'postgresql'
/** How long a client may take to say how it begins: as long as a server's authentication_timeout. */
const GREETING_MAX: Ms = ms(60_000)
const SSL_REQUEST = Buffer.from('0000000804d2162f', 'hex')
const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex')
const TLS_HANDSHAKE = 0x16
const NOTHING = Buffer.alloc(0)

/**
 * Hears how a client begins and answers it. `begin` gets its TLS, or undefined of one that goes on in plain text; what that has said
 * is still to be read. A client that breaks the rules, leaves or says nothing is destroyed. `secure`: undefined where we have no TLS for it.
 */
export function greetClient(raw: Socket, clock: Clock, secure: ((raw: Socket) => TLSSocket) | undefined, begin: (tls: TLSSocket | undefined) => void): void {
  const refused = new Set<string>()
  let held = NOTHING
  const [listen, leave] = listener(raw, (chunk) => {
    held = Buffer.concat([held, chunk])
    const begins = greeting(held)
    if (begins === undefined) return
    if (begins === 'broken' || refused.has(begins) || (begins === 'tls' && (!secure || refused.size > 0))) return void raw.destroy()
    if (begins === 'gssenc' || (begins === 'ssl' && !secure)) {
      refused.add(begins)
      held = NOTHING
      return void raw.write('N')
    }
    leave()
    deadline.cancel()
    if (begins === 'ssl') raw.write('S')
    else raw.unshift(held)
    begin(begins === 'plain' ? undefined : begins === 'tls' ? named(secure?.(raw)) : secure?.(raw))
  }, () => { raw.destroy() })
  const deadline = clock.at(ms(clock.now() + GREETING_MAX), () => { raw.destroy() })
  raw.once('close', () => { deadline.cancel() })
  listen()
}

/** Undefined while that cannot be told. */
function greeting(held: Buffer): 'tls' | 'ssl' | 'gssenc' | 'plain' | 'broken' | undefined {
  if (held[0] === TLS_HANDSHAKE) return 'tls'
  for (const [name, request] of [['ssl', SSL_REQUEST], ['gssenc', GSSENC_REQUEST]] as const) {
    if (held.length < request.length && request.subarray(0, held.length).equals(held)) return undefined
    if (held.subarray(0, request.length).equals(request)) return held.length > request.length ? 'broken' : name
  }
  return 'plain'
}

/** Without a name it may be anything that speaks TLS: a server would not take it either. */
function named(tls: TLSSocket | undefined): TLSSocket | undefined {
  return tls?.once('secure', () => { if (tls.alpnProtocol !== ALPN) tls.destroy() })
}

/** Asks a server for TLS. `settled` gets it, or undefined of a server that has none, where `prefer` lets that be; all else destroys `raw` with an error. */
export function askServer(raw: Socket, upstream: 'require' | 'prefer', secure: () => TLSSocket, settled: (tls: TLSSocket | undefined) => void): void {
  const fail = (why: string): void => { raw.destroy(new Error(why)) }
  const [listen, leave] = listener(raw, (chunk) => {
    leave()
    const answer = chunk.toString('latin1')
    if (answer === 'S') settled(secure())
    else if (answer === 'N' && upstream === 'prefer') settled(undefined)
    else fail(answer === 'N' ? 'the server has no TLS' : 'the server did not answer the request for TLS as Postgres does')
  }, () => { fail('the server closed the connection instead of answering the request for TLS') })
  raw.write(SSL_REQUEST)
  listen()
}

/** Chunks as they come and the end, from `listen` until `leave`: a socket that is left can be read by somebody else, or wrapped. */
function listener(raw: Socket, onChunk: (chunk: Buffer) => void, onEnd: () => void): readonly [listen: () => void, leave: () => void] {
  const onReadable = (): void => {
    const chunk: Buffer | null = raw.read()
    if (chunk) onChunk(chunk)
  }
  return [
    () => { raw.on('readable', onReadable).on('end', onEnd).on('error', onEnd) },
    () => { raw.off('readable', onReadable).off('end', onEnd).off('error', onEnd) },
  ]
}
