import { text } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { ms } from '../../src/core/units.ts'
import { begins } from '../../src/protocols/redis/message.ts'

/** From there on nothing of the connection is read any more, by this rule or another. */
export const garbage = defineFault({
  name: 'redis.garbage',
  summary: 'Put something that is no reply in the place of one.',
  tests: 'Whether a client that meets bytes it cannot read fails at once and alone, or waits for ever.',
  correct: 'Fails every command of that connection, throws it away, and connects anew.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-client',
  params: { bytes: text('What comes in the place of the reply, as a line.', '?x') },
  example: '{ step: garbled, at: 0s, fault: redis.garbage, on: cache, params: { bytes: "?x" }, for: 10s }',
  corruption: true,
  concerns: ({ exchange, protocol }) => protocol === 'redis' && exchange !== null,
  decide: (unit, { bytes }) => (unit.kind === 'message' && begins(unit.message) ? { kind: 'replace', parts: [{ raw: Buffer.from(`${bytes}\r\n`), gap: ms(0) }] } : PASS),
})
