import { defineFault, inPlace, PASS, type Verdict } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { acknowledgementOf, type Acknowledgement } from '../../src/protocols/redis/acknowledge.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { errorOf } from '../../src/protocols/redis/reply.ts'

/** Where the acknowledgement depends on the data (the new value of a counter, the number of members added) a read is sent in the place of the write. */
export const writeLoss = defineFault({
  name: 'redis.write_loss',
  summary: 'Acknowledge writes and lose them, as a failover to a replica that was behind does.',
  tests: 'Whether something that was acknowledged is taken for kept for ever, and whether a lost session, counter or lock is noticed.',
  correct: 'Keeps in Redis only what it can bear to lose or can rebuild, and waits for replicas or uses another store for the rest.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {},
  example: '{ step: lost, at: 0s, fault: redis.write_loss, on: cache, for: 10s }',
  corruption: true,
  concerns: ({ message, conversation, exchange, protocol }) =>
    protocol === 'redis' && exchange !== null && conversation.ordinary && acknowledgementOf(message, conversation.resp) !== undefined,
  begin: () => new Map<ExchangeId, Acknowledgement>(),
  decide: (unit, _params, _scene, asked): Verdict => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.exchange === null || !begins(unit.message)) return PASS
    const { message, conversation, exchange } = unit
    if (unit.direction === 'to-server') {
      const acknowledgement = acknowledgementOf(message, conversation.resp)
      if (!acknowledgement) return PASS
      if (acknowledgement.read === undefined) return { kind: 'answer', raw: acknowledgement.raw, note: 'executed: no' }
      asked.set(exchange, acknowledgement)
      return { ...inPlace(acknowledgement.read), note: 'executed: no' }
    }
    const acknowledgement = asked.get(exchange)
    asked.delete(exchange)
    // An error is what the write would have met too.
    return acknowledgement?.read === undefined || errorOf(message) !== undefined ? PASS : inPlace(acknowledgement.said(message))
  },
})
