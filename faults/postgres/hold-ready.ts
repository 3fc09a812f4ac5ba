import { duration } from '../../src/core/params.ts'
import { defineFault, PASS, STALL } from '../../src/fault.ts'
import { runs } from '../../src/protocols/postgres/message.ts'

/** What comes behind it is held too: a server says nothing more before it is ready. */
export const holdReady = defineFault({
  name: 'postgres.hold_ready',
  summary: 'Answer statements in full but for the last word, that the server is ready for the next.',
  tests: 'Whether a result is taken for the end of a query, and a connection is given back that will never answer again.',
  correct: 'Gives a connection back when it is ready and not before, waits for that with a deadline, and then throws it away.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: {
    hold: duration('How long it is held; 0ms: until the fault ends.', '0ms', { max: '1h' }),
  },
  example: '{ step: unready, at: 0s, fault: postgres.hold_ready, on: cache, params: { hold: 5s }, for: 10s }',
  concerns: (unit) => unit.protocol === 'postgres' && runs(unit.message),
  decide: (unit, { hold }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'ReadyForQuery') return PASS
    return hold > 0 ? { kind: 'delay', by: hold } : STALL
  },
})
