import { choice } from '../../src/core/params.ts'
import { defineFault, PASS, STALL, type Verdict } from '../../src/fault.ts'
import { refusal } from '../../src/protocols/postgres/fatal.ts'
import { startupParameters } from '../../src/protocols/postgres/fields.ts'
import { errorResponse } from '../../src/protocols/postgres/reply.ts'
import type { SpokenPostgres } from '../../src/protocols/spoken.ts'

const HOW = ['hang', 'hang_login', 'invalid_password', 'unknown_role', 'unknown_database', 'too_many_connections', 'starting_up', 'shutting_down', 'in_recovery', 'ssl_hang', 'ssl_refused', 'ssl_error', 'ssl_broken'] as const
type How = (typeof HOW)[number]

const aboutEncryption = (how: How): boolean => how.startsWith('ssl_')
const NO = Buffer.from('N')
const YES = Buffer.from('S')
/** As a server said that knew nothing of the request. */
const UNKNOWN_REQUEST = errorResponse({ severity: 'FATAL', code: '0A000', message: 'unsupported frontend protocol 1234.5679: server supports 3.0 to 3.2', file: 'postmaster.c', routine: 'ProcessStartupPacket' })

/** Where the proxy ends TLS itself (`tls: { client: terminate }`) the SSLRequest is its own affair, and the ssl_ ones hit nobody. */
export const startup = defineFault({
  name: 'postgres.startup',
  summary: 'Refuse logins, or leave them without an answer.',
  tests: 'Whether an application that cannot get a connection waits for a bounded time, tells a wrong password from a server that starts, and does not storm.',
  correct: 'Has a connect timeout, retries 57P03 and 53300 with backoff and jitter through a bounded queue, reads its credentials anew on 28P01, and never speaks plain text where TLS was asked for.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    how: choice('What becomes of a login. hang: it is never answered; hang_login: the password is taken, then nothing; invalid_password: 28P01; unknown_role: 28000; unknown_database: 3D000; too_many_connections: 53300; starting_up: 57P03; shutting_down: 57P03; in_recovery: 57P03; ssl_hang: the request for TLS is never answered; ssl_refused: it is answered N; ssl_error: it is answered by an error; ssl_broken: it is granted, and the connection closed.', HOW, 'too_many_connections'),
  },
  example: '{ step: full, at: 0s, fault: postgres.startup, on: cache, params: { how: too_many_connections }, for: 10s }',
  concerns: (message, { how }) => message.protocol === 'postgres' && (aboutEncryption(how) ? ENCRYPTION : LOGIN).has(message.message.type),
  decide: (unit, { how }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres') return PASS
    return unit.direction === 'to-server' ? onRequest(unit, how) : how === 'hang_login' && unit.message.type !== 'Authentication' ? STALL : PASS
  },
})

const LOGIN: ReadonlySet<string> = new Set(['StartupMessage'])
const ENCRYPTION: ReadonlySet<string> = new Set(['SSLRequest', 'GSSENCRequest'])

function onRequest({ message: { type, raw } }: SpokenPostgres, how: How): Verdict {
  const refused = (words: Buffer): Verdict => ({ kind: 'close', how: 'end', last: { 'to-client': words } })
  switch (how) {
    case 'hang': case 'ssl_hang': return STALL
    case 'hang_login': return PASS
    case 'ssl_refused': return { kind: 'answer', raw: NO }
    case 'ssl_error': return refused(UNKNOWN_REQUEST)
    case 'ssl_broken': return refused(YES)
    default: {
      if (type !== 'StartupMessage') return PASS
      const asked = startupParameters(raw)
      const user = asked.get('user') ?? ''
      return refused(refusal(how, { user, database: asked.get('database') ?? user }))
    }
  }
}
