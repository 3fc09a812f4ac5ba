import { choice, duration } from '../../src/core/params.ts'
import { deviation, DISTRIBUTIONS } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'
import { begins } from '../../src/protocols/redis/message.ts'
import { commandOf, waits } from '../../src/protocols/redis/words.ts'

/** By command, where `latency` is by chunk. Replies keep their order: what stands behind a late one in the pipeline is late too. */
export const latency = defineFault({
  name: 'redis.latency',
  summary: 'Delay the replies to some commands or keys, and with them what is behind in the same pipeline.',
  tests: 'Whether one slow command holds up everything else that shares its connection, and whether a deadline ends the wait.',
  correct: 'Puts a deadline on every command, keeps slow and blocking ones on connections of their own, and answers without the cache when it is late.',
  on: ['message'],
  protocols: ['redis'],
  direction: 'to-client',
  params: {
    delay: duration('Time to hold a reply back, from when it comes; commands that wait for data are left alone.', undefined, { max: '1h' }),
    jitter: duration('How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others.', '0ms', { max: '1h' }),
    distribution: choice('How the jitter is drawn.', DISTRIBUTIONS, 'uniform'),
  },
  example: '{ step: slow, at: 0s, fault: redis.latency, on: cache, params: { delay: 150ms, jitter: 50ms }, for: 10s }',
  concerns: ({ message, exchange, protocol }) => protocol === 'redis' && exchange !== null && !waits(commandOf(message), message.raw),
  decide: (unit, { delay, jitter, distribution }, { random }) => {
    if (unit.kind !== 'message' || !begins(unit.message)) return PASS
    return { kind: 'delay', by: ms(Math.max(0, delay + deviation(random, distribution, jitter))) }
  },
})
