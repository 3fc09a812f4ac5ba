import { choice, share } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS } from '../../src/fault.ts'
import { cutIn, hasBody, KEEPS, newCut } from '../../src/protocols/http/cut.ts'
import { UNSAID } from '../../src/protocols/http/head.ts'
import { answerOf, dataOf, executed, untilClose } from '../../src/protocols/http/parts.ts'

/** The length that was declared stays, and the chunks have no end. */
export const truncate = defineFault({
  name: 'http.truncate',
  summary: 'Break the connection in the middle of an answer\'s body.',
  tests: 'Whether half a body is ever taken for the whole: stored, cached, parsed or passed on.',
  correct: 'Takes a body only when its client says that it is complete, checks what it has parsed where nothing says so, and fetches again what is safe to fetch again.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    keep: share(KEEPS, '50%'),
    framing: choice('Whether a client can tell. as_sent: the answer says how long it is, if the server did; until_close: it ends with its connection, and half looks like all.', ['as_sent', 'until_close'], 'as_sent'),
    how: choice('How the connection ends. end: FIN; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: cut, at: 0s, fault: http.truncate, on: cache, params: { keep: 30% }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && hasBody(unit.message),
  begin: newCut,
  decide: (unit, { keep, framing, how }, _scene, cut) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { message, raw } = unit
    const { head: { length = UNSAID, status = 0 } = {}, dataAt } = message
    const bare = framing === 'until_close' && length !== UNSAID
    const left = cutIn(message, keep, cut)
    const data = dataOf(message)
    if (left === undefined) return !bare ? PASS : answerOf(message) ? inPlace(untilClose(raw)) : data.length > 0 ? inPlace(data) : DROP
    const last = bare ? data.subarray(0, left) : raw.subarray(0, message.type === 'BodyData' ? dataAt + left : 0)
    return { kind: 'close', how, note: executed(status), ...(last.length > 0 ? { last: { 'to-client': last } } : {}) }
  },
})
