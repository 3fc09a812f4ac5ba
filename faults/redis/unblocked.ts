import { choice, duration } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS, type Verdict } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { waitingAtMost } from '../../src/protocols/redis/blocking.ts'
import { errorReply, isNil } from '../../src/protocols/redis/reply.ts'
import { commandOf, waits } from '../../src/protocols/redis/words.ts'

/** As the server says it when it becomes a replica, and when somebody else asks for it. */
const TEXTS = {
  failover: 'force unblock from blocking operation, instance state changed (master -> replica?)',
  client: 'client unblocked via CLIENT UNBLOCK',
} as const

/** The command is sent with a shorter time, so that the server has stopped waiting when the client is told. What there is to be had is had. */
export const unblocked = defineFault({
  name: 'redis.unblocked',
  summary: 'Wake clients that wait for data with the error UNBLOCKED.',
  tests: 'Whether the loop of a worker goes on after an error that is neither data nor a timeout.',
  correct: 'Takes UNBLOCKED for a reason to connect anew and wait again, after a short pause.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    by: choice('What wakes them. failover: the server becomes a replica, says so and closes; client: CLIENT UNBLOCK of somebody else, and the connection stays.', ['failover', 'client'], 'failover'),
    wait: duration('How long they have waited then; those who would have given up before are left alone.', '500ms', { min: '1ms', max: '1h' }),
  },
  example: '{ step: woken, at: 0s, fault: redis.unblocked, on: cache, params: { by: failover, wait: 100ms }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { wait }) =>
    protocol === 'redis' && exchange !== null && !conversation.transaction && waits(commandOf(message), message.raw) && waitingAtMost(message, wait) !== undefined,
  begin: () => new Set<ExchangeId>(),
  decide: (unit, { by, wait }, _scene, shortened): Verdict => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.exchange === null) return PASS
    const { message, exchange } = unit
    if (unit.direction === 'to-server') {
      const shorter = waitingAtMost(message, wait)
      if (!shorter) return PASS
      shortened.add(exchange)
      return inPlace(shorter)
    }
    if (!shortened.delete(exchange) || !isNil(message)) return PASS
    const raw = errorReply('UNBLOCKED', TEXTS[by])
    return by === 'client' ? inPlace(raw) : { kind: 'close', how: 'end', last: { 'to-client': raw } }
  },
})
