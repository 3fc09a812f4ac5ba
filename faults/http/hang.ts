import { choice } from '../../src/core/params.ts'
import { defineFault, PASS, STALL } from '../../src/fault.ts'
import { answerOf, executed, isHttp, requestOf } from '../../src/protocols/http/parts.ts'

/** When it ends what waits goes on: a request is executed then, late, though its client may have gone long since. */
export const hang = defineFault({
  name: 'http.hang',
  summary: 'Take requests and never answer them.',
  tests: 'Whether a dependency that accepts and says nothing holds its callers for ever.',
  correct: 'Has a deadline for every request, short against the patience of its own callers, frees what waits, and stops asking for a while when many of them run out.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: { when: choice('Whether the server executes the request meanwhile.', ['before', 'after'], 'before') },
  example: '{ step: silence, at: 0s, fault: http.hang, on: cache, for: 10s }',
  concerns: isHttp,
  decide: (unit, { when }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    if (when === 'before') return requestOf(unit.message) ? STALL : PASS
    const answer = answerOf(unit.message)
    return answer ? { ...STALL, note: executed(answer.head.status) } : PASS
  },
})
