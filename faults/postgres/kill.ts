import { choice, duration, share } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import type { PostgresConversation } from '../../src/protocols/postgres/conversation.ts'
import { lastWords } from '../../src/protocols/postgres/fatal.ts'

const WHO = ['any', 'idle', 'in_transaction', 'in_flight', 'listening'] as const
type Who = (typeof WHO)[number]
const ERRORS = ['admin_shutdown', 'crash_shutdown', 'idle_in_transaction', 'idle_session', 'none', 'half_open'] as const
type KillError = (typeof ERRORS)[number]

function isOne(who: Who, { status, unanswered, listening }: PostgresConversation): boolean {
  switch (who) {
    case 'any': return true
    case 'idle': return unanswered === 0 && status === 'I'
    case 'in_transaction': return unanswered === 0 && status !== 'I'
    case 'in_flight': return unanswered > 0
    case 'listening': return listening
  }
}

/** Some errors are said to those only whom they are about. */
function fits(error: KillError, talk: PostgresConversation): boolean {
  return error === 'idle_in_transaction' ? isOne('in_transaction', talk) : error === 'idle_session' ? isOne('idle', talk) : true
}

/** At once, and again at every interval. A server that cannot finish a message any more says nothing: nor does this. */
export const kill = defineFault({
  name: 'postgres.kill',
  summary: 'End live sessions as a server does: it says why, and closes.',
  tests: 'Whether a pool survives connections that die in its hands, idle ones above all, and whether what was under way is repeated only where that is safe.',
  correct: 'Listens to errors of idle connections, throws away what is dead, reconnects with jitter, repeats reads, asks before it repeats writes, and listens again and reads anew where it had listened.',
  on: ['tick'],
  protocols: ['postgres'],
  direction: 'both',
  params: {
    error: choice('What is said. admin_shutdown: 57P01, by an administrator; crash_shutdown: the warning 57P02, another process has crashed; idle_in_transaction: 25P03, only to who rests within a transaction; idle_session: 57P05, only to who rests outside of one; none: nothing, as when a pooler ends what is old; half_open: nothing, and the client is not even told that it is closed.', ERRORS, 'admin_shutdown'),
    who: choice('Whom it hits. any: all that are logged in; idle: those that rest outside of a transaction; in_transaction: those that rest within one; in_flight: those that wait for an answer; listening: those that LISTEN.', WHO, 'any'),
    share: share('Share of them that dies each time.', '100%'),
    interval: duration('Time between one killing and the next.', '1s', { min: '10ms', max: '1h' }),
  },
  example: '{ step: shutdown, at: 0s, fault: postgres.kill, on: cache, params: { who: idle, share: 50% }, for: 10s }',
  every: ({ interval }) => interval,
  decide: (unit, { error, who, share }, { conversation, random }) => {
    if (unit.kind !== 'tick' || unit.why === 'disarm' || conversation?.protocol !== 'postgres') return PASS
    const dies = random() < share
    const { loggedIn, opaque, toClient } = conversation
    if (!dies || !loggedIn || opaque !== undefined || !isOne(who, conversation) || !fits(error, conversation)) return PASS
    if (error === 'half_open') return { kind: 'close', how: 'end', side: 'server' }
    const flying = conversation.unanswered > 0 ? { note: 'in flight', cancel: true } as const : {}
    return { kind: 'close', how: 'end', ...(error !== 'none' && toClient.between ? { last: { 'to-client': lastWords(error) } } : {}), ...flying }
  },
})
