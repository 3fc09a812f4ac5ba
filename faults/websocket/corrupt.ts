import { choice } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS } from '../../src/fault.ts'
import { DAMAGES, damaged } from '../../src/protocols/websocket/damage.ts'
import { isData, opensData } from '../../src/protocols/websocket/spoken.ts'

/** Whoever keeps to the specification fails the connection and tells the other side why: 1007 for text, 1002 for all else. */
export const corrupt = defineFault({
  name: 'websocket.corrupt',
  summary: 'Put a frame in the place of a message that no peer may stand.',
  tests: 'Whether a broken frame costs one connection and not the process, as an error that nobody listens to does.',
  correct: 'Listens to errors of every connection, gives that one up, reconnects, and reads what it may have missed.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    what: choice('What is wrong. opcode: one that nobody knows; reserved_bits: set without an extension; utf8: a text that is none; mask: missing to the server, there to the client; fragments: a message amid another; control: a ping that is fragmented; close_code: a close with 1005, which only stands for the absence of one.', DAMAGES, 'opcode'),
  },
  example: '{ step: broken, at: 0s, fault: websocket.corrupt, on: cache, params: { what: utf8 }, for: 10s }',
  corruption: true,
  concerns: isData,
  decide: (unit, { what }, { random }) => {
    if (unit.kind !== 'message' || !isData(unit)) return PASS
    return opensData(unit) ? inPlace(damaged(unit.message, what, random)) : DROP
  },
})
