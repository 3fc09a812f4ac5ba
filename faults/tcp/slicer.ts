import { duration, size } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS, type Part } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

/** Cuts chunks into small pieces, so that the reader meets the ends of its buffers everywhere. */
export const slicer = defineFault({
  name: 'slicer',
  summary: 'Cut the stream into small pieces, with a pause after each.',
  tests: 'Whether the client library reads a stream: a message may come in any number of pieces.',
  correct: 'Collects bytes until a message is whole, whatever the cuts, and bounds the whole message by one deadline, not each piece.',
  on: ['bytes'],
  protocols: [],
  direction: 'to-client',
  params: {
    average_size: size('Bytes of a piece, on average.', '64B', { min: '1B', max: '1GiB' }),
    size_variation: size('How far a piece may be from that, either way; no piece is below one byte.', '0B', { max: '1GiB' }),
    delay: duration('Pause after each piece.', '0ms', { max: '1m' }),
  },
  example: '{ step: crumbs, at: 0s, fault: slicer, on: cache, params: { average_size: 16B, size_variation: 8B, delay: 1ms }, for: 10s }',
  begin: () => perDirection(() => ({ freeAt: 0, armedAt: ms(0) })),
  decide: (unit, params, { direction, random, now, armedAt }, state) => {
    if (unit.kind !== 'bytes') return PASS
    const line = state[direction]
    // Changed in place: what was spaced out before has gone by now.
    if (line.armedAt !== armedAt) Object.assign(line, { freeAt: 0, armedAt })
    const parts: Part[] = []
    // The pause after the last piece of the chunk before is still to be kept.
    let gap = ms(Math.max(0, line.freeAt - now()))
    line.freeAt = Math.max(line.freeAt, now())
    for (let at = 0; at < unit.raw.length; gap = params.delay) {
      const length = Math.max(1, Math.round(params.average_size + params.size_variation * (2 * random() - 1)))
      parts.push({ raw: unit.raw.subarray(at, at + length), gap })
      line.freeAt += params.delay
      at += length
    }
    return { kind: 'replace', parts }
  },
})
