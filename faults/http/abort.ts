import { choice } from '../../src/core/params.ts'
import { defineFault, PASS, type Verdict } from '../../src/fault.ts'
import { answerOf, dataOf, executed, NOT_EXECUTED, requestOf } from '../../src/protocols/http/parts.ts'

/** Unless the request itself is cut off, the server has executed it and only its answer is lost. */
export const abort = defineFault({
  name: 'http.abort',
  summary: 'Break the connection of a request: before it is sent on, before the answer, behind its head, or in its body.',
  tests: 'Whether an error that does not say if a request was executed is taken for one that does.',
  correct: 'Takes the outcome for unknown, repeats only what is idempotent or bears a key, on a fresh connection and with backoff, and reports the rest.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    when: choice('Where it breaks. request: the server never hears of it; before_headers: executed, nothing of the answer arrives; after_headers: of the answer the head arrives; in_body: the head and half of what comes first of the body.', ['request', 'before_headers', 'after_headers', 'in_body'], 'before_headers'),
    how: choice('How it ends. end: FIN; reset: RST.', ['end', 'reset'], 'reset'),
  },
  example: '{ step: broken, at: 0s, fault: http.abort, on: cache, params: { when: before_headers }, for: 10s }',
  concerns: ({ protocol, message }, { when }) => {
    if (protocol !== 'http') return false
    if (when === 'request') return requestOf(message) !== undefined
    return answerOf(message) !== undefined && (when === 'before_headers' || message.part === 'first')
  },
  decide: (unit, { when, how }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { message, raw } = unit
    const cut = (note: string, last?: Buffer): Verdict => ({ kind: 'close', how, note, ...(last ? { last: { 'to-client': last } } : {}) })
    if (when === 'request') return requestOf(message) ? cut(NOT_EXECUTED) : PASS
    const { head: { status = 0 } = {}, direction, dataAt } = message
    if (direction === 'to-server') return PASS
    if (answerOf(message)) return when === 'in_body' ? PASS : cut(executed(status), when === 'after_headers' ? raw : undefined)
    const data = dataOf(message)
    return when === 'in_body' && data.length > 0 ? cut(executed(status), raw.subarray(0, dataAt + Math.ceil(data.length / 2))) : PASS
  },
})
