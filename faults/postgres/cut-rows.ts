import { choice, integer } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import type { OperationId } from '../../src/protocols/codec.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'

/** Counts the rows of each statement that it hits. */
export const cutRows = defineFault({
  name: 'postgres.cut_rows',
  summary: 'Break the connection in the middle of a result, after so many rows.',
  tests: 'Whether a part of a result is ever taken for the whole.',
  correct: 'Throws away what it has read so far when a statement fails, above all where it streams rows, and reads it again on another connection.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: {
    rows: integer('Rows of a result that arrive whole.', '1', { min: '0', max: '1000000000' }),
    cut: choice('Where it breaks. between: behind the last whole row; within: in the middle of the next one.', ['between', 'within'], 'between'),
    how: choice('How it ends. end: FIN, as when a server process dies; reset: RST.', ['end', 'reset'], 'end'),
  },
  example: '{ step: cut, at: 0s, fault: postgres.cut_rows, on: cache, params: { rows: 10, cut: within }, for: 10s }',
  concerns: executes,
  begin: (): { of: OperationId | null; rows: number } => ({ of: null, rows: 0 }),
  decide: (unit, { rows, cut, how }, _scene, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'DataRow') return PASS
    const { raw, operation, message: { part } } = unit
    if (part === 'middle' || part === 'last') return PASS
    if (state.of !== operation) {
      state.of = operation
      state.rows = 0
    }
    if (state.rows++ < rows) return PASS
    return { kind: 'close', how, ...(cut === 'within' ? { last: { 'to-client': raw.subarray(0, Math.ceil(raw.length / 2)) } } : {}) }
  },
})
