import { choice, duration } from '../../src/core/params.ts'
import { deviation, DISTRIBUTIONS } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { begins, perDirection } from '../../src/protocols/codec.ts'
import { isHttp } from '../../src/protocols/http/parts.ts'

/** By request, where `latency` is by chunk. Answers keep their order: what stands behind a late one in a pipeline is late too. */
export const latency = defineFault({
  name: 'http.latency',
  summary: 'Delay the answers to some requests: their first byte, or every piece of them.',
  tests: 'Whether one slow route uses up the connections and workers that the others need, and whether a deadline ends the wait.',
  correct: 'Puts a deadline on the whole request and not only on connecting, bounds what waits for each dependency, and sheds or degrades past that.',
  on: ['message'],
  protocols: ['http', 'websocket'],
  direction: 'to-client',
  params: {
    delay: duration('Time to hold an answer back, from when it comes; with `direction: to-server` the request.', undefined, { max: '1h' }),
    jitter: duration('How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others.', '0ms', { max: '1h' }),
    distribution: choice('How the jitter is drawn.', DISTRIBUTIONS, 'uniform'),
    phase: choice('What is late. first_byte: the head, and all of the body that has come by then with it; each_piece: the head and every piece of the body as it comes, each so long after the one before.', ['first_byte', 'each_piece'], 'first_byte'),
  },
  example: '{ step: slow, at: 0s, fault: http.latency, on: cache, params: { delay: 150ms, jitter: 50ms }, for: 10s }',
  concerns: isHttp,
  /** When what was held last goes. */
  begin: () => perDirection(() => ({ until: 0 })),
  decide: (unit, { delay, jitter, distribution, phase }, { direction, random, now }, state) => {
    if (unit.kind !== 'message' || unit.protocol !== 'http' || unit.message.head?.interim) return PASS
    const first = begins(unit.message)
    if (!first && phase === 'first_byte') return PASS
    const held = state[direction]
    held.until = Math.max(now(), first ? 0 : held.until) + Math.max(0, delay + deviation(random, distribution, jitter))
    return { kind: 'delay', by: ms(held.until - now()) }
  },
})
