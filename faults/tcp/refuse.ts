import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** Nobody listens. Live connections go on. */
export const refuse = defineFault({
  name: 'refuse',
  summary: 'Refuse new connections.',
  tests: 'Whether the application comes up, reconnects and backs off when the dependency is not there.',
  correct: 'Retries with jittered backoff and a budget, fails fast in between, and connects again soon after the dependency is back.',
  on: ['listen', 'connect'],
  protocols: [],
  direction: 'to-server',
  params: {
    how: choice('How clients are refused. closed: the listener is closed, so that a client sees ECONNREFUSED; reset: accepted, then RST.', ['closed', 'reset'], 'closed'),
  },
  example: '{ step: down, at: 0s, fault: refuse, on: cache, params: { how: closed }, for: 5s }',
  decide: (unit, { how }) => {
    if (unit.kind === 'listen') return how === 'closed' ? { kind: 'refuse', how: 'closed' } : PASS
    // Under `closed` too: a client may have been accepted by the kernel just before the listener went.
    return { kind: 'refuse', how: 'reset' }
  },
})
