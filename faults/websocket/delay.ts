import { choice, duration } from '../../src/core/params.ts'
import { deviation, DISTRIBUTIONS } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { isData, opensData } from '../../src/protocols/websocket/spoken.ts'

/** Order is kept: what comes behind a late message waits for it, pings and the close too. */
export const delay = defineFault({
  name: 'websocket.delay',
  summary: 'Let messages come late.',
  tests: 'Whether what is shown or decided bears that news are old, and whether many that come at once are stood.',
  correct: 'Judges by the time that a message bears and not by when it came, throws away what is too old, and shows how old it is.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    delay: duration('Time to hold a message back, from when it comes.', undefined, { max: '1h' }),
    jitter: duration('How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others.', '0ms', { max: '1h' }),
    distribution: choice('How the jitter is drawn.', DISTRIBUTIONS, 'uniform'),
  },
  example: '{ step: late, at: 0s, fault: websocket.delay, on: cache, params: { delay: 500ms, jitter: 200ms }, for: 10s }',
  concerns: isData,
  decide: (unit, { delay, jitter, distribution }, { random }) =>
    unit.kind === 'message' && opensData(unit) ? { kind: 'delay', by: ms(Math.max(0, delay + deviation(random, distribution, jitter))) } : PASS,
})
