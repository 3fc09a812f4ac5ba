import { choice, text } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS, type Verdict } from '../../src/fault.ts'
import type { ExchangeId } from '../../src/protocols/codec.ts'
import { loadingInfo } from '../../src/protocols/redis/info.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { answersInstead, insteadOf } from '../../src/protocols/redis/refusal.ts'
import { errorReply } from '../../src/protocols/redis/reply.ts'
import { refuses, TROUBLES, wordingOf } from '../../src/protocols/redis/troubles.ts'
import { commandOf } from '../../src/protocols/redis/words.ts'

/** Within a transaction the server must not execute what the client was told had failed: what is answered to its stand-in is rewritten. */
export const error = defineFault({
  name: 'redis.error',
  summary: 'Answer commands with an error, as a server in trouble does.',
  tests: 'Whether each error leads to what it calls for: a retry, another node, a reconnect, or an answer without the cache.',
  correct: 'Takes READONLY, LOADING, MASTERDOWN and CLUSTERDOWN for trouble with the server and not with the command, backs off, reconnects where that helps, and keeps the request alive without the cache.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'both',
  params: {
    error: choice('Which error; it hits the commands that a server in that trouble refuses: READONLY writes, OOM what needs memory, NOSCRIPT calls by hash, LOADING all that touches data, while INFO says so.', TROUBLES, 'READONLY'),
    text: text('What stands behind the code, in place of what Redis says.', ''),
  },
  example: '{ step: read_only, at: 0s, fault: redis.error, on: cache, params: { error: READONLY }, for: 10s }',
  concerns: ({ message, conversation, exchange, protocol }, { error }) => {
    if (protocol !== 'redis' || exchange === null || conversation.silent) return false
    const command = commandOf(message)
    return refuses(error, command) || (error === 'LOADING' && command.name === 'INFO')
  },
  begin: () => new Map<ExchangeId, Buffer>(),
  decide: (unit, { error, text }, _scene, refused): Verdict => {
    if (unit.kind !== 'message' || unit.protocol !== 'redis' || unit.exchange === null || !begins(unit.message)) return PASS
    const { direction, message, conversation, exchange } = unit
    if (direction === 'to-client') {
      const raw = refused.get(exchange)
      refused.delete(exchange)
      const told = raw && answersInstead(message) ? raw : message.command?.name === 'INFO' ? loadingInfo(message) : undefined
      return told ? inPlace(told) : PASS
    }
    if (!refuses(error, commandOf(message))) return PASS
    const raw = errorReply(...wordingOf(error, message, text))
    const instead = insteadOf(message, conversation)
    if (!instead) return { kind: 'answer', raw }
    refused.set(exchange, raw)
    return inPlace(instead)
  },
})
