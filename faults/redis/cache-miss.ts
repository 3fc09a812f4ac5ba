import { share } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { keysOf } from '../../src/protocols/redis/keys.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { missReply } from '../../src/protocols/redis/reply.ts'
import { shareOf } from '../../src/protocols/redis/slot.ts'
import { commandOf, waits } from '../../src/protocols/redis/words.ts'

/** The read is not sent, so nothing has to be agreed upon; queued in a transaction it would be, and passes. */
export const cacheMiss = defineFault({
  name: 'redis.cache_miss',
  summary: 'Answer reads as if the key were not there, in the shape that each command has for that.',
  tests: 'What a cold or shrunken cache does to the database behind it, and whether one missing key makes many loaders.',
  correct: 'Loads a missing value once for all who wait for it, bounds the load on the database, scatters lifetimes, and takes no null for an empty value.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-server',
  params: {
    keys: share('Share of the keys that are gone: the same ones at each read, as after an eviction. A share of the reads is what `chance` is for.', '100%'),
  },
  example: '{ step: cold, at: 0s, fault: redis.cache_miss, on: cache, params: { keys: 30% }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { keys }) => {
    if (protocol !== 'redis' || exchange === null) return false
    const command = commandOf(message)
    return command.does === 'read' && command.keys.at !== 'none' && conversation.ordinary && !waits(command, message.raw) &&
      missReply(message, conversation.resp) !== undefined && shareOf(keysOf(message)[0] ?? '') < keys
  },
  decide: (unit) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.direction !== 'to-server' || !begins(unit.message)) return PASS
    const raw = missReply(unit.message, unit.conversation.resp)
    return raw ? { kind: 'answer', raw } : PASS
  },
})
