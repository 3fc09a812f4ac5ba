import { defineFault, DROP, PASS } from '../../src/fault.ts'
import { isWebSocket } from '../../src/protocols/websocket/spoken.ts'

/** Both peers' bytes are acknowledged and nobody reads them, as by a far end that has gone; what lost something is reset when the fault ends. */
export const freeze = defineFault({
  name: 'websocket.freeze',
  summary: 'Let WebSockets die silently: they stay open, and nothing comes through any more, not even a pong or a close.',
  tests: 'Whether either side finds out that a connection which looks open is dead, and how long that takes.',
  correct: 'Pings at an interval, gives up without an answer, reconnects, and resumes from the last message that it has.',
  on: ['message', 'end', 'tick'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  scope: 'connection',
  params: {},
  example: '{ step: frozen, at: 0s, fault: websocket.freeze, on: cache, for: 10s }',
  attends: isWebSocket,
  concerns: ({ protocol }) => protocol === 'websocket',
  begin: () => ({ lost: false }),
  decide: (unit, _params, { conversation }, state) => {
    if (unit.kind === 'tick') return unit.why === 'disarm' && state.lost ? { kind: 'close', how: 'reset' } : PASS
    if (!isWebSocket(conversation)) return PASS
    state.lost = true
    return DROP
  },
})
