/** Does a target still answer as it did before? Asked before anything is armed and again when all is healed. */

import { PassThrough } from 'node:stream'
import { DatabaseError, parse, serialize } from 'pg-protocol'
import { assertNever, ms, type Ms } from '../core/units.ts'
import type { Protocol } from '../protocols/codec.ts'
import { exchange, type Exchange, type ProbeAddress, type ProbeTls } from './exchange.ts'

/** A connection that lives this long is open. */
const OPEN_AFTER: Ms = ms(50)
/** A line longer than this is no answer. */
const LINE_MAX = 4096

/**
 * One fresh connection, the smallest honest exchange, and the answer in a word that can be compared: redis `+PONG`, `-NOAUTH`;
 * postgres the name of the first message (`authenticationOk`, `authenticationSASL`) or an error's SQLSTATE; http and websocket the
 * class of the status (`2xx`); tcp `open`. Without an answer `refused`, `reset`, `closed`, `timeout` or a system error's code. Never rejects.
 * It changes nothing on the server and needs no password.
 */
export const alive = (protocol: Protocol, address: ProbeAddress, timeout: Ms, tls?: ProbeTls): Promise<string> =>
  exchange(address, question(protocol, 'host' in address ? address.host : 'localhost'), timeout, tls)

function question(protocol: Protocol, host: string): Exchange {
  switch (protocol) {
    case 'tcp': return { quiet: { after: OPEN_AFTER, outcome: 'open' }, hear: () => 'open' }
    case 'redis': return { hello: Buffer.from('*1\r\n$4\r\nPING\r\n'), hear: firstLine((line) => line.split(' ', 1)[0] ?? '') }
    case 'http': case 'websocket': {
      const hello = `HEAD / HTTP/1.1\r\nHost: ${host.includes(':') ? `[${host}]` : host}\r\nUser-Agent: brownout\r\nConnection: close\r\n\r\n`
      return { hello: Buffer.from(hello), hear: firstLine((line) => /^HTTP\/\d\.\d (\d)\d\d/.exec(line)?.[1]?.concat('xx') ?? 'not-http') }
    }
    case 'postgres': return { hello: serialize.startup({ user: 'brownout', database: 'postgres' }), hear: firstMessage(), goodbye: serialize.end() }
    default: return assertNever(protocol)
  }
}

/** The first line as `read` has it; undefined until it is whole. */
function firstLine(read: (line: string) => string): (chunk: Buffer) => string | undefined {
  let held = ''
  return (chunk) => {
    held += chunk.toString('latin1')
    const end = held.indexOf('\r\n')
    if (end >= 0) return read(held.slice(0, end))
    return held.length > LINE_MAX ? 'garbled' : undefined
  }
}

/** The name of the first Postgres message, or the SQLSTATE when it is an error. */
function firstMessage(): (chunk: Buffer) => string | undefined {
  let first: string | undefined
  const parser = new PassThrough()
  void parse(parser, (message) => { first ??= message instanceof DatabaseError ? (message.code ?? 'error') : message.name })
  return (chunk) => {
    try {
      // Emitted, not written: the parser hears it before this returns.
      parser.emit('data', chunk)
    } catch {
      return 'garbled'
    }
    return first
  }
}
