import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { wasExecuted } from '../../src/protocols/redis/effects.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { isNil } from '../../src/protocols/redis/reply.ts'
import { commandOf, waits } from '../../src/protocols/redis/words.ts'

/** Whoever waits cannot tell a dead connection from an empty queue. When the fault ends the client's side is reset. */
export const blockedHalfOpen = defineFault({
  name: 'redis.blocked_half_open',
  summary: 'Let the connection of a client that waits for data die silently.',
  tests: 'Whether a worker that waits in BLPOP or XREAD for ever notices that nobody is there any more.',
  correct: 'Waits with a time limit, sets a deadline of its own somewhat above it, and connects anew when that passes; keeps what it takes from a queue in a second place until it is done.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    server: choice('What the server knows. gone: it has lost the client, and what is pushed stays where it is; unaware: it hands over what comes next, to nobody.', ['gone', 'unaware'], 'gone'),
  },
  example: '{ step: dead, at: 0s, fault: redis.blocked_half_open, on: cache, params: { server: gone }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }) => protocol === 'redis' && exchange !== null && !conversation.transaction && waits(commandOf(message), message.raw),
  decide: (unit, { server }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || !begins(unit.message)) return PASS
    const dies = unit.direction === (server === 'gone' ? 'to-server' : 'to-client')
    const executed = server === 'unaware' && wasExecuted(unit.message) && !isNil(unit.message)
    return dies ? { kind: 'close', how: 'reset', side: 'server', note: `executed: ${executed ? 'yes' : 'no'}` } : PASS
  },
})
