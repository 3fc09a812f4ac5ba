import { size } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

/** Counts from when the rule took hold of the connection, each direction for itself. */
export const limitData = defineFault({
  name: 'limit_data',
  summary: 'Close each connection after exactly that many bytes.',
  tests: 'Whether an answer that is cut short is told from one that is whole.',
  correct: 'Checks the length or the terminator that the protocol gives, throws the part away, and retries idempotent work on a new connection.',
  on: ['bytes'],
  protocols: [],
  direction: 'to-client',
  params: { bytes: size('How many bytes pass, each way; the last of them is the last of the connection.') },
  example: '{ step: cut_short, at: 0s, fault: limit_data, on: cache, params: { bytes: 64B }, for: 10s }',
  begin: () => perDirection(() => ({ passed: 0 })),
  decide: (unit, { bytes }, { direction }, state) => {
    if (unit.kind !== 'bytes') return PASS
    const left = Math.max(0, bytes - state[direction].passed)
    state[direction].passed += unit.raw.length
    return unit.raw.length < left ? PASS : { kind: 'close', how: 'end', last: { [direction]: unit.raw.subarray(0, left) } }
  },
})
