import { choice } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS } from '../../src/fault.ts'
import { begins } from '../../src/protocols/redis/message.ts'

/** A client counts replies: one too few or too many, and each of the following is that to another command. With `times: 1` it happens once. */
export const replyShift = defineFault({
  name: 'redis.reply_shift',
  summary: 'Lose or double a reply and keep the connection: every later reply on it goes to the wrong command.',
  tests: 'Whether the data of one user can end up with another when a client loses count, as has happened with cancelled requests.',
  correct: 'Throws a connection away whenever a reply may be missing, and keeps in each value what it is, so that a wrong one is found out.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-client',
  params: { how: choice('What becomes of the reply. lost: it does not come; doubled: it comes twice.', ['lost', 'doubled'], 'lost') },
  example: '{ step: crossed, at: 0s, fault: redis.reply_shift, on: cache, params: { how: lost }, for: 10s }',
  corruption: true,
  concerns: ({ exchange, protocol }) => protocol === 'redis' && exchange !== null,
  decide: (unit, { how }) => {
    if (unit.kind !== 'message') return PASS
    if (how === 'lost') return begins(unit.message) ? DROP : PASS
    return unit.message.part === 'whole' ? inPlace(Buffer.concat([unit.raw, unit.raw])) : PASS
  },
})
