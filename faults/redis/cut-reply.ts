import { choice, integer } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { truthOf, wasExecuted } from '../../src/protocols/redis/effects.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'

/** What the client has read of the stream makes sense up to the cut, and nothing behind it. */
export const cutReply = defineFault({
  name: 'redis.cut_reply',
  summary: 'Break the connection in the middle of a reply, of a pipeline or of a transaction.',
  tests: 'Whether half a reply, half a pipeline or half a transaction is ever taken for the whole.',
  correct: 'Takes each command of a broken pipeline for itself: answered, or unknown; and a transaction without an answer to EXEC for unknown as a whole.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    cut: choice('Where it breaks. inside: in the middle of a reply; between: behind so many replies of a pipeline; transaction: between MULTI and EXEC, which is never sent.', ['inside', 'between', 'transaction'], 'inside'),
    replies: integer('Of a pipeline: how many of its replies arrive.', '1', { min: '0', max: '1000000' }),
    how: choice('How it ends. end: FIN; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: cut, at: 0s, fault: redis.cut_reply, on: cache, params: { cut: between, replies: 2 }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { cut }) =>
    protocol === 'redis' && exchange !== null && (cut !== 'transaction' || (conversation.transaction && commandOf(message).answer === 'exec')),
  begin: () => ({ replies: 0 }),
  decide: (unit, { cut, replies, how }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || !begins(unit.message)) return PASS
    const { direction, raw, message, conversation: { unanswered } } = unit
    if (direction === 'to-server') {
      // Nothing is under way: with this command a pipeline begins.
      if (unanswered === 0) state.replies = 0
      return cut === 'transaction' ? { kind: 'close', how, note: truthOf(false, unanswered) } : PASS
    }
    if (cut === 'transaction' || (cut === 'between' && state.replies++ < replies)) return PASS
    const does = message.command?.does === 'write' || message.command?.answer === 'exec'
    return {
      kind: 'close', how,
      ...(does ? { note: truthOf(wasExecuted(message), unanswered) } : {}),
      ...(cut === 'inside' ? { last: { 'to-client': raw.subarray(0, Math.ceil(raw.length / 2)) } } : {}),
    }
  },
})
