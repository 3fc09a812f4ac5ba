import { defineFault, inPlace, PASS } from '../../src/fault.ts'
import { withoutExtensions } from '../../src/protocols/websocket/handshake.ts'
import { asksForOne } from '../../src/protocols/websocket/spoken.ts'

/** Armed before the connection is made it lets other faults lose, double, edit and move what would be compressed with context. */
export const noExtensions = defineFault({
  name: 'websocket.no_extensions',
  summary: 'Take the offer of extensions, and with it compression, out of the requests for a WebSocket.',
  tests: 'Whether both sides do without compression, which no peer may count on.',
  correct: 'Works as before, with more bytes on the wire.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-server',
  params: {},
  example: '{ step: plain, at: 0s, fault: websocket.no_extensions, on: cache, for: 10s }',
  concerns: asksForOne,
  decide: (unit) => {
    if (unit.kind !== 'message' || !asksForOne(unit)) return PASS
    const stripped = withoutExtensions(unit.raw)
    return stripped === unit.raw ? PASS : inPlace(stripped)
  },
})
