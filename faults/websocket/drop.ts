import { PASS, DROP, defineFault } from '../../src/fault.ts'
import { isControl } from '../../src/protocols/websocket/frame.ts'
import { refusal } from '../../src/protocols/websocket/refusal.ts'

/** Control frames stay: without its close a connection would end otherwise than it does. */
export const drop = defineFault({
  name: 'websocket.drop',
  summary: 'Lose messages on the way.',
  tests: 'Whether a gap in what is pushed is noticed, and what it leads to.',
  correct: 'Numbers its messages, notices the gap, and asks again from the last one that it has.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {},
  example: '{ step: loss, at: 0s, fault: websocket.drop, on: cache, for: 10s }',
  concerns: (unit) => unit.protocol === 'websocket' && !isControl(unit.message.type),
  decide: (unit) => (unit.kind === 'message' && unit.protocol === 'websocket' ? refusal(unit) ?? DROP : PASS),
})
