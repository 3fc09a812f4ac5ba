/** What a verdict makes of one message, where that shows in nothing that is sent. */

import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS, type AnyFault, type Verdict } from '../../src/fault.ts'
import { ArmedRule, Grip } from '../../src/proxy/armed.ts'
import { judge, type Judgement } from '../../src/proxy/judge.ts'
import { spokenIn } from '../faults/spoken.ts'

const faultOf = (verdict: (raw: Buffer) => Verdict): AnyFault => defineFault({
  name: 'it', summary: 'S.', tests: 'T.', correct: 'C.', on: ['message'], protocols: ['http'], direction: 'both', params: {}, example: '',
  decide: (unit) => (unit.kind === 'message' ? verdict(unit.raw) : PASS),
})

/** Of the answer `hello` in the talk: its head, then its body, which ends the exchange. */
function judged(verdict: (raw: Buffer) => Verdict): readonly (Judgement | undefined)[] {
  const armed = new ArmedRule(faultOf(verdict), { id: 'it', fault: 'it', on: 'cache', params: {}, standing: true }, { seed: 1, now: () => ms(0), connections: () => 1 })
  const units = spokenIn('http')
  const grip = new Grip(armed, 1, { client: '127.0.0.1' }, units[0]?.conversation)
  const at = units.findIndex(({ raw, direction }) => direction === 'to-client' && raw.toString() === 'hello')
  return units.slice(at - 1, at + 1).map((unit) => judge([grip], unit, 'to-client'))
}
const lasts = (judgement: Judgement | undefined): unknown[] => judgement?.pieces.map(({ carries }) => carries?.last) ?? []

describe('the fold of verdicts', () => {
  it('of the parts that one message becomes only the last ends its exchange', () => {
    const [head, body] = judged((raw) => ({ kind: 'replace', parts: raw.length > 5 ? [{ raw, gap: ms(0) }] : [...raw].map((byte) => ({ raw: Buffer.of(byte), gap: ms(1) })) }))
    assert.deepEqual(lasts(head), [false])
    assert.deepEqual(lasts(body), [false, false, false, false, true])
    assert.deepEqual(body?.pieces.map(({ holds }) => holds.map(({ time }) => time)), [[1], [2], [3], [4], [5]])
  })

  it('an answer that goes out whole before a close is one; what is cut off is bytes', () => {
    const close = (last: (raw: Buffer) => Buffer) => judged((raw) => ({ kind: 'close', how: 'end', last: { 'to-client': last(raw) } }))[1]
    assert.deepEqual(lasts(close((raw) => raw)), [true])
    assert.deepEqual(lasts(close((raw) => raw.subarray(0, 3))), [undefined])
    assert.deepEqual(lasts(close(() => Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))), [undefined])
  })

  it('what a narrow verdict holds is marked so, and nothing else', () => {
    for (const narrow of [true, undefined] as const) {
      const verdicts: readonly ((raw: Buffer) => Verdict)[] = [
        () => ({ kind: 'stall', ...(narrow ? { narrow } : {}) }), () => ({ kind: 'delay', by: ms(1), ...(narrow ? { narrow } : {}) }),
        (raw) => ({ kind: 'replace', parts: [{ raw, gap: ms(1) }], ...(narrow ? { narrow } : {}) }),
      ]
      for (const verdict of verdicts) assert.deepEqual(judged(verdict)[1]?.pieces.flatMap(({ holds }) => holds.map((hold) => hold.narrow)), [narrow])
    }
  })
})
