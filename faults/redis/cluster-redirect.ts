import { choice, text } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS, type Scene, type Verdict } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { keysOf } from '../../src/protocols/redis/keys.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { answersInstead, insteadOf } from '../../src/protocols/redis/refusal.ts'
import { errorReply } from '../../src/protocols/redis/reply.ts'
import { slotOf } from '../../src/protocols/redis/slot.ts'

const NOWHERE = 'redis.cluster_redirect: the client came over a unix socket, which no redirect can name; give an `address`'

/** A redirect names a slot, and so a key; its error is that of a command which was not executed. */
export const clusterRedirect = defineFault({
  name: 'redis.cluster_redirect',
  summary: 'Redirect commands as a node of a cluster does whose slots move, again and again.',
  tests: 'Whether redirects are followed a bounded number of times, and whether a client asks for the topology too often or never.',
  correct: 'Follows a few redirects, learns from MOVED and not from ASK, fetches the topology anew at most now and then, and gives up with an error.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    redirect: choice('Which redirect. moved: MOVED, for good; ask: ASK, for the next command only.', ['moved', 'ask'], 'moved'),
    address: text('Where it leads, HOST:PORT; where the client has come to unless given. It must be a place where the application may go.', '', { pattern: /^(\S+:\d{1,5})?$/, says: 'HOST:PORT' }),
  },
  example: '{ step: moving, at: 0s, fault: redis.cluster_redirect, on: cache, params: { redirect: moved }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }) => protocol === 'redis' && exchange !== null && !conversation.silent && keysOf(message).length > 0,
  begin: () => new Map<ExchangeId, Buffer>(),
  decide: (unit, { redirect, address }, scene, refused): Verdict => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.exchange === null || !begins(unit.message)) return PASS
    const { message, conversation, exchange } = unit
    if (unit.direction === 'to-client') {
      const raw = refused.get(exchange)
      refused.delete(exchange)
      return raw && answersInstead(message) ? inPlace(raw) : PASS
    }
    const raw = errorReply(redirect === 'moved' ? 'MOVED' : 'ASK', `${slotOf(keysOf(message)[0] ?? '')} ${placeOf(address, scene)}`)
    const instead = insteadOf(message, conversation)
    if (!instead) return { kind: 'answer', raw }
    refused.set(exchange, raw)
    return inPlace(instead)
  },
})

/** Redis writes IPv6 without brackets. */
function placeOf(address: string, scene: Scene): string {
  const place = address || scene.address
  if (place === undefined) throw new Error(NOWHERE)
  return place.replace(/[[\]]/g, '')
}
