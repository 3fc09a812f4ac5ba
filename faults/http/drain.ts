import { flag, integer } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, inPlace, PASS, type Scene } from '../../src/fault.ts'
import { ends } from '../../src/protocols/codec.ts'
import { setField } from '../../src/protocols/http/edit.ts'
import { answerOf, requestOf } from '../../src/protocols/http/parts.ts'

/** Requests were answered on it, and none is on its way. */
const rests = ({ conversation }: Scene): boolean => conversation?.protocol === 'http' && conversation.opaque === undefined && conversation.http.idle

/** As a server does that is being replaced: what still comes on a connection behind its last answer is not served. WebSockets are left alone. */
export const drain = defineFault({
  name: 'http.drain',
  summary: 'Let connections run out: answers say that they are the last, then comes the end, and connections that rest are closed.',
  tests: 'Whether a deployment of a dependency loses requests, and what it costs to connect anew each time.',
  correct: 'Sends nothing more on a connection that was announced to close, repeats what met the end of one and may be repeated, and bounds how many connections it opens at once.',
  on: ['tick', 'message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  scope: 'connection',
  params: {
    requests: integer('The so-manieth answer of a connection, counted from the arming, is its last.', '1', { min: '1', max: '1000000' }),
    idle: flag('Whether connections that rest are closed, without a word.', true),
  },
  example: '{ step: deploy, at: 0s, fault: http.drain, on: cache, for: 10s }',
  every: () => ms(50),
  attends: (conversation) => conversation?.protocol === 'http' && conversation.websocket === undefined,
  /** `last`: the answer in hand is the last. */
  begin: () => ({ answers: 0, last: false }),
  concerns: ({ protocol, message }) => protocol === 'http' && requestOf(message)?.switches === false,
  decide: (unit, { requests, idle }, scene, state) => {
    if (unit.kind === 'tick') return idle && unit.why !== 'disarm' && rests(scene) ? { kind: 'close', how: 'end' } : PASS
    if (unit.kind !== 'message' || unit.protocol !== 'http' || unit.direction === 'to-server' || unit.message.head?.interim) return PASS
    const { message, raw } = unit
    const answer = answerOf(message)
    // The server's own last answer needs none of ours.
    if (answer) state.last = ++state.answers >= requests && !answer.head.close
    if (!state.last) return PASS
    const said = answer ? setField(raw, 'Connection', 'close') : raw
    if (ends(message)) return { kind: 'close', how: 'end', ...(said.length > 0 ? { last: { 'to-client': said } } : {}) }
    return answer ? inPlace(said) : PASS
  },
})
