import { defineFault } from '../../src/fault.ts'

/** A listener whose backlog is full: connects neither complete nor fail. Live connections go on. */
export const synBlackhole = defineFault({
  name: 'syn_blackhole',
  summary: 'Let new connections hang before they are made.',
  tests: 'Whether connecting has a deadline of its own, apart from that of the call.',
  correct: 'Bounds connecting by seconds, not by the two minutes of the operating system, and tries another address or degrades.',
  on: ['listen'],
  protocols: [],
  direction: 'to-server',
  params: {},
  example: '{ step: black_hole, at: 0s, fault: syn_blackhole, on: cache, for: 5s }',
  decide: () => ({ kind: 'refuse', how: 'backlog' }),
})
