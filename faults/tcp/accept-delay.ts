import { choice, duration } from '../../src/core/params.ts'
import { defineFault, PASS, STALL } from '../../src/fault.ts'

/** The client is connected at once, as by a kernel's backlog; the server behind comes late, or not at all. */
export const acceptDelay = defineFault({
  name: 'accept_delay',
  summary: 'Be slow to take new connections, or give up on them.',
  tests: 'Whether a slow first answer on a new connection is bounded, and whether a cold pool is warmed before it is needed.',
  correct: 'Bounds connecting with its handshake by one deadline, keeps connections warm, and does not open more of them because some are slow.',
  on: ['connect', 'tick'],
  protocols: [],
  direction: 'to-server',
  params: {
    delay: duration('How long the server is not dialled.', undefined, { max: '1h' }),
    outcome: choice('What comes then. connect: the dial goes through; timeout: the connection is closed, as when the server cannot be reached.', ['connect', 'timeout'], 'connect'),
  },
  example: '{ step: slow_accept, at: 0s, fault: accept_delay, on: cache, params: { delay: 500ms }, for: 10s }',
  begin: () => ({ waits: false }),
  decide: (unit, { delay, outcome }, _scene, state) => {
    if (unit.kind === 'connect') {
      if (outcome === 'connect') return { kind: 'delay', by: delay }
      state.waits = true
      return STALL
    }
    const armed = unit.kind === 'tick' && unit.why === 'armed'
    return armed && state.waits ? { kind: 'close', how: 'end', after: delay } : PASS
  },
})
