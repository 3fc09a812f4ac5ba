import { duration, share } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { cutIn, hasBody, KEEPS, newCut } from '../../src/protocols/http/cut.ts'

/** The rest follows, and the connection goes on. */
export const stallBody = defineFault({
  name: 'http.stall_body',
  summary: 'Send the head and a part of the body, then nothing for a while.',
  tests: 'Whether a body that stops half-way is bounded in time, though the headers came at once.',
  correct: 'Has a deadline for the whole answer or for each pause in it, gives the connection up then, and starts nothing on half a body.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    keep: share(KEEPS, '50%'),
    pause: duration('How long nothing comes, unless the fault ends before that.', '1h', { min: '1ms', max: '1h' }),
  },
  example: '{ step: stuck, at: 0s, fault: http.stall_body, on: cache, params: { keep: 50% }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && hasBody(unit.message),
  begin: newCut,
  decide: (unit, { keep, pause }, _scene, cut) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http') return PASS
    const { message, raw } = unit
    const left = cutIn(message, keep, cut)
    if (left === undefined) return PASS
    const at = left === 0 ? 0 : message.dataAt + left
    if (at === 0) return { kind: 'delay', by: pause }
    if (at === raw.length) return PASS
    return { kind: 'replace', parts: [{ raw: raw.subarray(0, at), gap: ms(0) }, { raw: raw.subarray(at), gap: pause }] }
  },
})
