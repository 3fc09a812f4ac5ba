import { duration, integer } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { begins } from '../../src/protocols/codec.ts'
import { fragmented } from '../../src/protocols/websocket/build.ts'
import { isData } from '../../src/protocols/websocket/spoken.ts'

/** No byte of what is said changes, compressed or not; a message that comes in fragments has each of them cut. */
export const fragment = defineFault({
  name: 'websocket.fragment',
  summary: 'Cut messages into fragments, with pauses between them where that is asked for.',
  tests: 'Whether a peer puts messages together that come in many frames, and holds on to nothing for ever when they come slowly.',
  correct: 'Sees no difference but the time that it takes, and bounds both the size of a message and the time between its first frame and its last.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'both',
  params: {
    frames: integer('Frames that a frame becomes, empty ones where it has fewer bytes; each 64 KiB behind the first of a large one become one more.', '3', { min: '2', max: '1000' }),
    pause: duration('Time between one fragment and the next.', '0ms', { max: '1m' }),
  },
  example: '{ step: fragments, at: 0s, fault: websocket.fragment, on: cache, params: { frames: 5 }, for: 10s }',
  concerns: isData,
  decide: (unit, { frames, pause }) => {
    if (unit.kind !== 'message' || !isData(unit)) return PASS
    const pieces = fragmented(unit.message, begins(unit.message) ? frames : 1)
    return { kind: 'replace', parts: pieces.map((raw, n) => ({ raw, gap: n === 0 ? ms(0) : pause })) }
  },
})
