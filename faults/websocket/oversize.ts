import { choice, size } from '../../src/core/params.ts'
import { defineFault, DROP, inPlace, PASS } from '../../src/fault.ts'
import { frameOf, maskKey } from '../../src/protocols/websocket/build.ts'
import { payloadOf } from '../../src/protocols/websocket/frame.ts'
import { isData, opensData } from '../../src/protocols/websocket/spoken.ts'

/** What was announced does not come: to a peer without a limit all that follows is part of it. */
export const oversize = defineFault({
  name: 'websocket.oversize',
  summary: 'Make a message larger than any that is expected, or have it announce that it is.',
  tests: 'Whether a receiver bounds what it takes, and makes no room for what is only announced.',
  correct: 'Sets a limit on the size of a message, fails the connection with 1009 past it, and takes memory as bytes come.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    how: choice('What is large. announced: the length that the frame states, behind which comes what would have come; sent: the message itself, filled up with spaces.', ['announced', 'sent'], 'announced'),
    announced: size('The length that is stated.', '1024GiB', { min: '64KiB' }),
    sent: size('The length of what is sent.', '2MiB', { min: '1KiB', max: '64MiB' }),
  },
  example: '{ step: huge, at: 0s, fault: websocket.oversize, on: cache, params: { how: announced }, for: 10s }',
  corruption: true,
  concerns: isData,
  decide: (unit, { how, announced, sent }, { random }) => {
    if (unit.kind !== 'message' || !isData(unit)) return PASS
    // The rest of a message that was replaced.
    if (!opensData(unit)) return DROP
    const { message } = unit
    const opcode = message.kind === 'binary' ? 'binary' : 'text'
    const key = message.masked ? maskKey(random) : undefined
    const payload = payloadOf(message)
    if (how === 'announced') return inPlace(frameOf({ opcode, payload, key, states: Math.max(announced, payload.length + 1) }))
    // Of what is compressed nothing can be filled up: it is spaces from the first on.
    const said = message.coding === 'none' ? payload : payload.subarray(0, 0)
    return inPlace(frameOf({ opcode, payload: Buffer.concat([said, Buffer.alloc(Math.max(0, sent - said.length), ' ')]), key }))
  },
})
