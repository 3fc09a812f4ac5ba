import { choice, size } from '../../src/core/params.ts'
import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { duplicateField } from '../../src/protocols/http/edit.ts'
import { answerOf, isHttp, requestOf } from '../../src/protocols/http/parts.ts'

const NAME = 'X-Padding'
const AROUND = Buffer.byteLength(`${NAME}: \r\n`)

/** Of a request it is for the server to refuse it, with 431 as a rule. */
export const oversize = defineFault({
  name: 'http.oversize',
  summary: 'Pad the head of requests or answers with a field that makes it very large.',
  tests: 'Whether the limits on headers along the way are known: cookies, tokens and traces grow until one of them is met.',
  correct: 'Keeps what it puts in headers small, tells 431 and an overflow of its parser from other errors, and does not repeat such a request.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    of: choice('Whose head.', ['request', 'answer'], 'answer'),
    size: size('Bytes that it then has.', '20KiB', { min: '1KiB', max: '60KiB' }),
  },
  example: '{ step: bloated, at: 0s, fault: http.oversize, on: cache, params: { size: 20KiB }, for: 10s }',
  concerns: isHttp,
  decide: (unit, { of, size }) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || !(of === 'request' ? requestOf : answerOf)(unit.message)) return PASS
    const room = size - unit.raw.length - AROUND
    return room > 0 ? inPlace(duplicateField(unit.raw, NAME, 'x'.repeat(room))) : PASS
  },
})
