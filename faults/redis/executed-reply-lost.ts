import { choice, share } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { takesEffect, wasExecuted } from '../../src/protocols/redis/effects.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { truthOf } from '../../src/protocols/truth.ts'

/** Only an answer proves that a command was executed: until it comes nothing is cut. An error passes, for it proves the contrary. */
export const executedReplyLost = defineFault({
  name: 'redis.executed_reply_lost',
  summary: 'Let a write be executed, lose its reply and break the connection.',
  tests: 'Whether anything is done twice by a client that sends again what was not answered, as ioredis does by default.',
  correct: 'Makes writes that may be repeated without harm, or marks them with an id; sends others never again, and reads back what became of them.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    how: choice('How the connection breaks. end: FIN, as when a server is shut down; reset: RST, as when it dies.', ['end', 'reset'], 'reset'),
    unsent: share('Of those hit, the share that is never sent: the client cannot tell, the journal can.', '0%'),
  },
  example: '{ step: ambiguous, at: 0s, fault: redis.executed_reply_lost, on: cache, params: { unsent: 50% }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }) => protocol === 'redis' && exchange !== null && takesEffect(message, conversation),
  decide: (unit, { how, unsent }, { random }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || !begins(unit.message)) return PASS
    const { direction, message, conversation: { unanswered } } = unit
    if (direction === 'to-server') return random() < unsent ? { kind: 'close', how, note: truthOf(false, unanswered) } : PASS
    return wasExecuted(message) ? { kind: 'close', how, note: truthOf(true, unanswered) } : PASS
  },
})
