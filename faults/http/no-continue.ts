import { choice } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, DROP, PASS } from '../../src/fault.ts'
import { answerOf } from '../../src/protocols/http/parts.ts'
import { response } from '../../src/protocols/http/reply.ts'

const CONTINUE = 100
const AT_ONCE = ms(0)

/** never: the server waits for the body as the client waits for its leave, until one of them loses patience. */
export const noContinue = defineFault({
  name: 'http.no_continue',
  summary: 'Lose the 100 Continue that a client waits for, or send interim answers that nobody asked for.',
  tests: 'Whether a client that waits for leave to send its body waits for ever, and whether one that did not ask survives an interim answer.',
  correct: 'Sends the body after a second without leave, as it may, and reads over any 1xx that it does not know.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    how: choice('What goes wrong. never: the 100 is lost; unsolicited_100: one comes before an answer though the request did not ask for it; unsolicited_103: the same with early hints.', ['never', 'unsolicited_100', 'unsolicited_103'], 'never'),
  },
  example: '{ step: no_leave, at: 0s, fault: http.no_continue, on: cache, for: 10s }',
  concerns: ({ protocol, message }, { how }) => protocol === 'http' && message.type === 'ResponseHead'
    && (how === 'never' ? message.head?.status === CONTINUE : answerOf(message)?.request.switches === false),
  decide: (unit, { how }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || unit.message.type !== 'ResponseHead') return PASS
    if (how === 'never') return unit.message.head?.status === CONTINUE ? DROP : PASS
    const answer = answerOf(unit.message)
    if (!answer) return PASS
    const interim = how === 'unsolicited_100' ? { status: CONTINUE } : { status: 103, fields: [['Link', '</style.css>; rel=preload']] as const }
    return { kind: 'replace', parts: [{ raw: response(answer.request, interim), gap: AT_ONCE }, { raw: unit.raw, gap: AT_ONCE }] }
  },
})
