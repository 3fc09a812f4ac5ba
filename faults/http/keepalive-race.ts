import { choice } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { NOT_EXECUTED, requestOf } from '../../src/protocols/http/parts.ts'
import type { Spoken } from '../../src/protocols/spoken.ts'

/** A connection on which requests were answered, and that rested since. */
const isReused = ({ protocol, message, conversation, own }: Spoken): boolean => protocol === 'http' && !own && (requestOf(message)?.nth ?? 0) > 1 && conversation.unanswered === 0

/** The first request of a connection, and what comes in a pipeline behind another, is left alone. */
export const keepaliveRace = defineFault({
  name: 'http.keepalive_race',
  summary: 'Close a kept-alive connection just as the next request comes on it.',
  tests: 'Whether a request that meets a connection which the server is closing fails, though nothing is wrong.',
  correct: 'Keeps idle connections for less time than the server does, and repeats at once, on a fresh connection, what failed on a reused one before any answer and may be repeated.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: { how: choice('How it is closed. end: FIN; reset: RST.', ['end', 'reset'], 'end') },
  example: '{ step: race, at: 0s, fault: http.keepalive_race, on: cache, for: 10s }',
  concerns: isReused,
  decide: (unit, { how }) => (unit.kind === 'message' && isReused(unit) ? { kind: 'close', how, note: NOT_EXECUTED } : PASS),
})
