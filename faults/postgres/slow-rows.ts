import { rate } from '../../src/core/params.ts'
import { ms, type Ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { executes } from '../../src/protocols/postgres/execution.ts'

/** Rows wait here, up to what a link may hold; past it the server is not read any more, and waits itself. */
export const slowRows = defineFault({
  name: 'postgres.slow_rows',
  summary: 'Let rows arrive one by one, at a rate.',
  tests: 'Whether a result that comes in drips is bounded in time and in memory, though each byte comes in time.',
  correct: 'Bounds the whole query and not the pause between two packets, fetches large results by cursor, and lets nothing else wait on the same connection.',
  on: ['message'],
  protocols: ['postgres'],
  direction: 'to-client',
  params: { rate: rate('Rows a second, on each connection.', '10/s', { min: '0.01/s', max: '100000/s' }) },
  example: '{ step: drip, at: 0s, fault: postgres.slow_rows, on: cache, params: { rate: 5/s }, for: 10s }',
  concerns: executes,
  begin: (): { latest: Ms } => ({ latest: ms(0) }),
  decide: (unit, { rate }, { now }, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'postgres' || unit.message.type !== 'DataRow') return PASS
    const { part } = unit.message
    if (part === 'middle' || part === 'last') return PASS
    state.latest = ms(Math.max(now(), state.latest) + 1000 / rate)
    return { kind: 'delay', by: ms(state.latest - now()) }
  },
})
