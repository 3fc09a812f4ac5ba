import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { takesEffect } from '../../src/protocols/redis/effects.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { truthOf } from '../../src/protocols/truth.ts'

/** What the client sees is what it sees of `redis.executed_reply_lost`; what has happened is the opposite. */
export const notExecuted = defineFault({
  name: 'redis.not_executed',
  summary: 'Break the connection when a write comes, before it is sent on.',
  tests: 'Whether a write that never reached the server is taken for done, or lost without a word.',
  correct: 'Takes a write without an answer for unknown: tries again where that does no harm, else reads back or says that it failed.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-server',
  params: {
    how: choice('How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies.', ['end', 'reset'], 'reset'),
  },
  example: '{ step: unsent, at: 0s, fault: redis.not_executed, on: cache, params: { how: end }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }) => protocol === 'redis' && exchange !== null && takesEffect(message, conversation),
  decide: (unit, { how }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.direction !== 'to-server' || !begins(unit.message)) return PASS
    return { kind: 'close', how, note: truthOf(false, unit.conversation.unanswered) }
  },
})
