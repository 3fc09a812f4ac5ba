import { choice, integer, size } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { dataOf, NOT_EXECUTED, requestOf, sendsBody } from '../../src/protocols/http/parts.ts'
import { ERROR_STATUS, response } from '../../src/protocols/http/reply.ts'

/** What of the body was read went on to the server, which sees the request broken off. */
export const earlyClose = defineFault({
  name: 'http.early_close',
  summary: 'Answer a request and break its connection while the client still sends the body.',
  tests: 'Whether an answer that comes before the request is through is read, or lost behind an error of writing.',
  correct: 'Looks for an answer when writing fails, does not repeat what was refused with 413, and sends large bodies with Expect: 100-continue.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: {
    code: integer('The status.', '413', { min: '400', max: '599' }, ERROR_STATUS),
    read: size('Bytes of the body that are read before.', '0B', { max: '1GiB' }),
    how: choice('How it ends. end: FIN, and what still comes is read and thrown away; reset: RST.', ['end', 'reset'], 'reset'),
  },
  example: '{ step: too_large, at: 0s, fault: http.early_close, on: cache, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && sendsBody(unit.message),
  begin: () => ({ read: 0 }),
  decide: (unit, { code, read, how }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || unit.direction === 'to-client') return PASS
    const { message } = unit
    const { head } = message
    const unsent = requestOf(message) !== undefined
    state.read = unsent ? 0 : state.read + dataOf(message).length
    if (!head || state.read < read) return PASS
    return { kind: 'close', how, ...(unsent ? { note: NOT_EXECUTED } : {}), last: { 'to-client': response(head, { status: code, close: true }) } }
  },
})
