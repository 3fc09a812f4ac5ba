import { choice, duration, integer } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS, STALL } from '../../src/fault.ts'
import { setField } from '../../src/protocols/http/edit.ts'
import { response } from '../../src/protocols/http/reply.ts'
import { acceptOf } from '../../src/protocols/websocket/handshake.ts'
import { asksForOne, makesOne } from '../../src/protocols/websocket/spoken.ts'

const [UNAUTHORIZED, UPGRADE_REQUIRED] = [401, 426] as const

/** Requests that ask for no WebSocket are left alone. */
export const refuseUpgrade = defineFault({
  name: 'websocket.refuse_upgrade',
  summary: 'Refuse to make a WebSocket of a connection, or never answer who asks for one.',
  tests: 'Whether a client that is not let in comes again with backoff or storms, and whether it waits for an answer for ever.',
  correct: 'Sets a deadline on the handshake, backs off with jitter, honours Retry-After, and asks anew who it is after 401 and 403 in place of trying again.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    how: choice('What becomes of the request. status: it is answered with `status`, and the server never hears of it; hang: no answer comes until the fault ends; wrong_accept: the server agrees, and its Sec-WebSocket-Accept is that of another request.', ['status', 'hang', 'wrong_accept'], 'status'),
    status: integer('With which status; 401 and 426 bring the fields that belong to them.', '503', { min: '400', max: '599' }),
    retry_after: duration('What Retry-After says, in whole seconds; 0 leaves it out.', '0s', { max: '1h' }),
  },
  example: '{ step: no_entry, at: 0s, fault: websocket.refuse_upgrade, on: cache, params: { status: 503, retry_after: 2s }, for: 10s }',
  concerns: asksForOne,
  decide: (unit, { how, status, retry_after }, { random }) => {
    if (unit.kind !== 'message') return PASS
    switch (how) {
      case 'status': return asksForOne(unit) && unit.message.head ? { kind: 'answer', raw: response(unit.message.head, { status, fields: fieldsOf(status, retry_after) }) } : PASS
      case 'hang': return asksForOne(unit) ? STALL : PASS
      case 'wrong_accept': return makesOne(unit) ? inPlace(setField(unit.raw, 'Sec-WebSocket-Accept', acceptOf(String(random())))) : PASS
      default: return assertNever(how)
    }
  },
})

function fieldsOf(status: number, retryAfter: number): (readonly [name: string, value: string])[] {
  return [
    ...(status === UNAUTHORIZED ? [['WWW-Authenticate', 'Bearer'] as const] : []),
    ...(status === UPGRADE_REQUIRED ? [['Upgrade', 'websocket'] as const, ['Connection', 'Upgrade'] as const, ['Sec-WebSocket-Version', '13'] as const] : []),
    ...(retryAfter > 0 ? [['Retry-After', String(Math.ceil(retryAfter / 1000))] as const] : []),
  ]
}
