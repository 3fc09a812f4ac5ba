import { choice, integer } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, PASS, STALL } from '../../src/fault.ts'

/** Counts what is live when a client comes; those who wait count too, and get their turn only at heal. */
export const connectionLimit = defineFault({
  name: 'connection_limit',
  summary: 'Turn away connections beyond a number.',
  tests: 'Whether the sum of all pools fits what the dependency can take, also during a deployment or a reconnect storm.',
  correct: 'Bounds its pools, queues for a connection with a deadline, and backs off when it is turned away.',
  on: ['connect'],
  protocols: [],
  direction: 'to-server',
  params: {
    limit: integer('How many connections may be live on the target at once.', undefined, { min: '0', max: '1000000' }),
    beyond: choice('What those beyond get. refuse: accepted, then RST; hang: connected, never served; close: accepted, then closed.', ['refuse', 'hang', 'close'], 'refuse'),
  },
  example: '{ step: full, at: 0s, fault: connection_limit, on: cache, params: { limit: 0, beyond: close }, for: 10s }',
  decide: (_unit, { limit, beyond }, { connections }) => {
    if (connections() <= limit) return PASS
    switch (beyond) {
      case 'refuse': return { kind: 'refuse', how: 'reset' }
      case 'hang': return STALL
      case 'close': return { kind: 'close', how: 'end' }
      default: return assertNever(beyond)
    }
  },
})
