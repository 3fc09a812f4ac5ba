import { share } from '../../src/core/params.ts'
import { defineFault, DROP, PASS } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

/** What TCP never does: bytes are missing and the stream goes on, as through a proxy or middlebox with a defect. */
export const dropChunks = defineFault({
  name: 'drop_chunks',
  summary: 'Lose chunks of the stream for good, and go on behind them.',
  tests: 'Whether a stream with a hole in it is noticed, or read on as if nothing were missing.',
  correct: 'Finds by lengths, checksums or TLS that the stream makes no sense, and closes the connection without storing what it read.',
  corruption: true,
  on: ['bytes'],
  protocols: [],
  direction: 'to-client',
  params: {
    loss: share('Share of chunks that are lost.'),
    correlation: share('How much more likely a chunk is lost when the one before it was.', '0%'),
  },
  example: '{ step: holes, at: 0s, fault: drop_chunks, on: cache, params: { loss: 10% }, for: 5s }',
  begin: () => perDirection(() => ({ lost: false })),
  decide: (_unit, { loss, correlation }, { direction, random }, state) => {
    const before = state[direction]
    before.lost = random() < Math.min(1, before.lost ? loss + correlation : loss)
    return before.lost ? DROP : PASS
  },
})
