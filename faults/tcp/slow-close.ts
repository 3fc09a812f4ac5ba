import { duration } from '../../src/core/params.ts'
import { defineFault } from '../../src/fault.ts'

/** Bytes are not touched; the FIN behind them is late. */
export const slowClose = defineFault({
  name: 'slow_close',
  summary: 'Delay the end of connections, not their bytes.',
  tests: 'Whether connections that linger after their last byte fill a pool or hold up a shutdown.',
  correct: 'Knows from the protocol when an answer is whole, does not wait for the end of the stream, and bounds how long it waits to close.',
  on: ['end'],
  protocols: [],
  direction: 'to-client',
  params: { delay: duration('How long the end of the stream is held back.', undefined, { max: '1h' }) },
  example: '{ step: linger, at: 0s, fault: slow_close, on: cache, params: { delay: 2s }, for: 10s }',
  decide: (_unit, { delay }) => ({ kind: 'delay', by: delay }),
})
