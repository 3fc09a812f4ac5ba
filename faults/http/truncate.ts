import { choice, share } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS, type Verdict } from '../../src/fault.ts'
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
    keep: share('Share of the body that arrives, less than all of it; where its length is not declared, of its first piece. With 100% chunks lack nothing but their end.', '50%'),
    framing: choice('Whether a client can tell. as_sent: the answer says how long it is, if the server did; until_close: it ends with its connection, and half looks like all.', ['as_sent', 'until_close'], 'as_sent'),
    how: choice('How the connection ends. end: FIN; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: cut, at: 0s, fault: http.truncate, on: cache, params: { keep: 30% }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && unit.message.part === 'first' && answerOf(unit.message) !== undefined,
  /** Bytes of the body that still arrive; undefined where nothing says yet how many. */
  begin: (): { left: number | undefined } => ({ left: undefined }),
  decide: (unit, { keep, framing, how }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { message, raw } = unit
    const answer = answerOf(message)
    if (answer) {
      const { length } = answer.head
      state.left = length >= 0 ? Math.floor(Math.min(length - 1, length * keep)) : keep < 1 ? undefined : Number.POSITIVE_INFINITY
      return framing === 'until_close' && length !== UNSAID ? inPlace(untilClose(raw)) : PASS
    }
    const data = dataOf(message)
    if (data.length > 0) state.left ??= Math.floor(data.length * keep)
    const left = state.left ?? 1
    const bare = framing === 'until_close' && message.head?.length !== UNSAID
    if (data.length < left && message.type === 'BodyData') {
      state.left = state.left === undefined ? undefined : left - data.length
      return !bare ? PASS : data.length > 0 ? inPlace(data) : DROP
    }
    return cut(bare ? data.subarray(0, left) : raw.subarray(0, message.type === 'BodyData' ? message.dataAt + left : 0), how, message.head?.status)
  },
})

const cut = (last: Buffer, how: 'end' | 'reset', status = 0): Verdict => ({ kind: 'close', how, note: executed(status), ...(last.length > 0 ? { last: { 'to-client': last } } : {}) })
