import { choice } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { insteadOf } from '../../src/protocols/redis/refusal.ts'
import { errorOf, errorReply, nilArrayReply } from '../../src/protocols/redis/reply.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'

/** DISCARD is sent in the place of EXEC: nothing is executed, and nothing is watched any more, as after a real one. */
export const txnAbort = defineFault({
  name: 'redis.txn_abort',
  summary: 'Give transactions up at EXEC, as when a watched key has changed.',
  tests: 'Whether an optimistic transaction is tried again, and whether its null for a result is noticed at all.',
  correct: 'Looks at what EXEC answers, reads the watched keys anew and tries again, a bounded number of times.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    answer: choice('What EXEC answers. nil: null, as when a key has changed, and only to transactions that watch any; execabort: EXECABORT, as after an error in a queued command.', ['nil', 'execabort'], 'nil'),
  },
  example: '{ step: conflict, at: 0s, fault: redis.txn_abort, on: cache, params: { answer: nil }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { answer }) =>
    protocol === 'redis' && exchange !== null && conversation.transaction && commandOf(message).answer === 'exec' && (answer === 'execabort' || conversation.watching),
  decide: (unit, { answer }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis') return PASS
    const { message, conversation } = unit
    if (unit.direction === 'to-server') return inPlace(insteadOf(message, conversation) ?? unit.raw)
    if (errorOf(message) !== undefined) return PASS
    return inPlace(answer === 'execabort' ? errorReply('EXECABORT', 'Transaction discarded because of previous errors.') : nilArrayReply(conversation.confirmedResp))
  },
})
