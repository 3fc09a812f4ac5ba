import { integer } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { errorReply } from '../../src/protocols/redis/reply.ts'

const FULL = errorReply('ERR', 'max number of clients reached')

/** The server is not dialled. */
export const maxClients = defineFault({
  name: 'redis.max_clients',
  summary: 'Turn new connections away as a server with too many clients does: it says so, and closes.',
  tests: 'Whether a storm of reconnects feeds itself, and whether what is said before the first command is understood.',
  correct: 'Backs off with jitter, bounds its pool over all instances together, and goes on with the connections that it has.',
  on: ['connect'],
  protocols: ['redis'],
  direction: 'to-server',
  params: { limit: integer('How many connections may be live on the target at once.', '0', { min: '0', max: '1000000' }) },
  example: '{ step: full, at: 0s, fault: redis.max_clients, on: cache, params: { limit: 0 }, for: 10s }',
  decide: (_unit, { limit }, { connections }) => (connections() <= limit ? PASS : { kind: 'close', how: 'end', last: { 'to-client': FULL } }),
})
