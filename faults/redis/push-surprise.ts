import { choice } from '../../src/core/params.ts'
import { assertNever } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS, type Scene } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { keysOf } from '../../src/protocols/redis/keys.ts'
import { invalidation, maintenance, unheardOf } from '../../src/protocols/redis/pushes.ts'
import type { SpokenRedis } from '../../src/protocols/spoken.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'

const PUSHES = ['invalidate', 'flush', 'moving', 'migrating', 'failing_over', 'unknown'] as const
type Push = (typeof PUSHES)[number]

/** Whom a server would send such a thing, and behind what. */
function fits(push: Push, { message, conversation }: SpokenRedis): boolean {
  switch (push) {
    case 'invalidate': return conversation.tracking && commandOf(message).does === 'read' && keysOf(message).length > 0
    case 'flush': return conversation.tracking
    case 'moving': case 'migrating': case 'failing_over': return conversation.maintenance
    case 'unknown': return true
    default: return assertNever(push)
  }
}

/** Ahead of a reply, which is a place where a server may say what it likes. */
export const pushSurprise = defineFault({
  name: 'redis.push_surprise',
  summary: 'Send clients of RESP3 what they have not asked for at that moment: keys that are no longer valid, maintenance, or a push that nobody knows.',
  tests: 'Whether a cache inside the client forgets what it is told to forget, and whether the unexpected is passed over.',
  correct: 'Takes pushes between any two replies, drops the keys that it is told of, moves when it is told to, and passes over kinds that it does not know.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    push: choice('What is sent. invalidate: that the key just read has changed, where CLIENT TRACKING is on; flush: that all keys have, likewise; moving: that the server moves within a second, to where the client is already, to those who asked by CLIENT MAINT_NOTIFICATIONS, whatever they were answered; migrating: that it is slow for a while, likewise; failing_over: the same of a failover; unknown: a kind that does not exist, to everybody.', PUSHES, 'unknown'),
  },
  example: '{ step: surprised, at: 0s, fault: redis.push_surprise, on: cache, params: { push: unknown }, for: 10s }',
  concerns: (unit, { push }) => unit.protocol === 'redis' && unit.exchange !== null && unit.conversation.resp === 3 && commandOf(unit.message).answer === 'one' && fits(push, unit),
  begin: () => new Map<ExchangeId, string | undefined>(),
  decide: (unit, { push }, scene, keys) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.exchange === null) return PASS
    const { direction, raw, message, exchange, conversation } = unit
    if (direction === 'to-server') {
      keys.set(exchange, keysOf(message)[0])
      return PASS
    }
    const key = keys.get(exchange)
    keys.delete(exchange)
    return message.part === 'whole' && conversation.confirmedResp === 3 ? inPlace(Buffer.concat([saying(push, key, scene), raw])) : PASS
  },
})

function saying(push: Push, key: string | undefined, { address }: Scene): Buffer {
  switch (push) {
    case 'invalidate': return invalidation(key ?? '')
    case 'flush': return invalidation(undefined)
    case 'moving': return maintenance('MOVING', 1, 1, address)
    case 'migrating': return maintenance('MIGRATING', 1, 1)
    case 'failing_over': return maintenance('FAILING_OVER', 1, 1)
    case 'unknown': return unheardOf()
    default: return assertNever(push)
  }
}
