import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { keysOf } from '../../src/protocols/redis/keys.ts'
import { begins, type RedisMessage } from '../../src/protocols/redis/message.ts'
import { integer, nilReply } from '../../src/protocols/redis/reply.ts'
import { commandOf, upper, wordsOf } from '../../src/protocols/redis/words.ts'

const RENEWS: ReadonlySet<string> = new Set(['EXPIRE', 'PEXPIRE', 'EVAL', 'EVALSHA', 'FCALL'])

const isAcquisition = (message: RedisMessage): boolean => {
  const { name } = commandOf(message)
  return name === 'SETNX' || (name === 'SET' && message.part === 'whole' && wordsOf(message.raw).slice(3).some((word) => upper(word) === 'NX'))
}
/** A script is one where it is about a single key: what else it does nobody can tell. */
const isRenewal = (message: RedisMessage): boolean => RENEWS.has(commandOf(message).name) && keysOf(message).length === 1

/** Nothing is sent, so nothing is locked or prolonged: what the server has runs out by itself. */
export const lockLost = defineFault({
  name: 'redis.lock_lost',
  summary: 'Let locks be taken by somebody else: SET NX answers null, and renewing answers 0.',
  tests: 'Whether work goes on after its lock is lost, and whether whoever does not get one waits or gives up.',
  correct: 'Stops when a renewal fails, tries to get a lock a bounded number of times with jitter, and has the store refuse what bears an old fencing token.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-server',
  params: {
    moment: choice('Which moment. acquire: SET with NX, and SETNX; renew: EXPIRE, PEXPIRE and scripts about one key, so name the locks by `where: { key }`.', ['acquire', 'renew'], 'acquire'),
  },
  example: '{ step: stolen, at: 0s, fault: redis.lock_lost, on: cache, params: { moment: acquire }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { moment }) =>
    protocol === 'redis' && exchange !== null && conversation.ordinary && (moment === 'acquire' ? isAcquisition(message) : isRenewal(message)),
  decide: (unit) => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.direction !== 'to-server' || !begins(unit.message)) return PASS
    return { kind: 'answer', raw: commandOf(unit.message).name === 'SET' ? nilReply(unit.conversation.resp) : integer(0) }
  },
})
