import { defineFault, STALL } from '../../src/fault.ts'

/** The cable is out: nothing moves, nothing closes, and all of it arrives once the cable is back. */
export const stall = defineFault({
  name: 'stall',
  summary: 'Stop the flow on live connections without closing them.',
  tests: 'Whether a read that never returns is noticed: no error, no end, no bytes.',
  correct: 'Bounds every read by a deadline, closes the connection then and works on another.',
  on: ['bytes', 'end'],
  protocols: [],
  direction: 'both',
  params: {},
  example: '{ step: unplugged, at: 0s, fault: stall, on: cache, for: 5s }',
  decide: () => STALL,
})
