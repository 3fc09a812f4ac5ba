import { size, throughput } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { hasBody } from '../../src/protocols/http/cut.ts'
import { drip, newDrip } from '../../src/protocols/http/drip.ts'
import { isBody } from '../../src/protocols/http/parts.ts'

/** The head comes at once. Past 64 KiB that wait here the server is not read any more, and waits itself. */
export const slowBody = defineFault({
  name: 'http.slow_body',
  summary: 'Let the body of answers arrive in drips, at a rate.',
  tests: 'Whether an answer that never pauses for long and never ends is bounded in time and in memory.',
  correct: 'Bounds the whole exchange and not only the pause between two pieces, streams or limits what is large, and lets nothing else wait for that connection.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    rate: throughput('Bytes of body a second, on each connection.', '1KiB/s', { min: '1B/s' }),
    piece: size('Bytes that come at a time.', '64B', { min: '1B', max: '64KiB' }),
  },
  example: '{ step: drip, at: 0s, fault: http.slow_body, on: cache, params: { rate: 2KiB/s }, for: 10s }',
  concerns: (unit) => unit.protocol === 'http' && hasBody(unit.message),
  begin: newDrip,
  decide: (unit, { rate, piece }, { now }, stream) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || !isBody(unit.message)) return PASS
    return { kind: 'replace', parts: drip(unit.raw, rate, piece, now(), stream), narrow: true }
  },
})
