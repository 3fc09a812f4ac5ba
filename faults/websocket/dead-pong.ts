import { choice } from '../../src/core/params.ts'
import { defineFault, DROP, PASS } from '../../src/fault.ts'

/** All else goes on: to who sends and receives the connection is as good as ever. */
export const deadPong = defineFault({
  name: 'websocket.dead_pong',
  summary: 'Lose pongs, so that pings stay unanswered on a connection that works.',
  tests: 'Whether a missing pong is noticed within a time, by the side that pings, and whether the timer fires at all.',
  correct: 'Pings at an interval, ends the connection when a pong does not come in time, and reconnects; stops its timers with the connection.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    what: choice('What is lost. pongs: the answers only; pings_and_pongs: the other side sees no ping either, and may miss those.', ['pongs', 'pings_and_pongs'], 'pongs'),
  },
  example: '{ step: unanswered, at: 0s, fault: websocket.dead_pong, on: cache, for: 10s }',
  concerns: ({ protocol, message: { type } }, { what }) => protocol === 'websocket' && (type === 'pong' || (type === 'ping' && what === 'pings_and_pongs')),
  decide: (unit) => (unit.kind === 'message' && unit.protocol === 'websocket' ? DROP : PASS),
})
