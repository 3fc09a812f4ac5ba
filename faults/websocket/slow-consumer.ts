import { throughput } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS, STALL } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

const newReaders = () => perDirection(() => ({ readyAt: 0, armedAt: 0 }))

/** What is sent waits here, up to what a link may hold; past it the sender is not read any more, and what it sends waits in its own memory. */
export const slowConsumer = defineFault({
  name: 'websocket.slow_consumer',
  summary: 'Let one side of a WebSocket read slowly, or not at all.',
  tests: 'Whether a sender notices that what it sends is not taken, or keeps all of it in memory until there is none.',
  correct: 'Looks at what is buffered before it sends, drops or joins what is superseded, and ends the connection of who stays behind for too long.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  scope: 'connection',
  params: { rate: throughput('Bytes a second that are read, each way; at 0B/s nothing is read until the fault ends.', '0B/s') },
  example: '{ step: lagging, at: 0s, fault: websocket.slow_consumer, on: cache, params: { rate: 1KiB/s }, for: 10s }',
  concerns: ({ protocol }) => protocol === 'websocket',
  begin: newReaders,
  decide: (unit, { rate }, { direction, now, armedAt }, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'websocket') return PASS
    if (rate === 0) return STALL
    const reader = state[direction]
    if (reader.armedAt !== armedAt) Object.assign(reader, { readyAt: 0, armedAt })
    const from = Math.max(now(), reader.readyAt)
    reader.readyAt = from + (unit.raw.length * 1000) / rate
    return { kind: 'delay', by: ms(reader.readyAt - now()) }
  },
})
