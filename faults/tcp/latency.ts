import { choice, duration, share } from '../../src/core/params.ts'
import { deviation, DISTRIBUTIONS } from '../../src/core/random.ts'
import { assertNever, ms } from '../../src/core/units.ts'
import { defineFault } from '../../src/fault.ts'
import { perDirection } from '../../src/protocols/codec.ts'

const SHAPES = ['constant', 'ramp', 'sine', 'square', 'sawtooth'] as const

/** Holds every unit back, from its arrival. Order is kept, so throughput is not limited; the end comes as late as the bytes. */
export const latency = defineFault({
  name: 'latency',
  summary: 'Delay everything by a time that may scatter and swing.',
  tests: 'Whether deadlines, pools and queues hold when a dependency is slow but not down.',
  correct: 'Puts a deadline on every call, bounds what waits for the dependency, and sheds or degrades past that.',
  on: ['bytes', 'end'],
  protocols: [],
  direction: 'to-client',
  params: {
    delay: duration('Time to hold each chunk back, from its arrival.', undefined, { max: '1h' }),
    jitter: duration('How far the delay scatters: the largest change either way for uniform, the standard deviation for normal, the scale of the tail for the others.', '0ms', { max: '1h' }),
    distribution: choice('How the jitter is drawn.', DISTRIBUTIONS, 'uniform'),
    correlation: share('Share of chunks that repeat the jitter of the one before.', '0%'),
    shape: choice('How the delay moves over time, from the arming on.', SHAPES, 'constant'),
    period: duration('Length of one swing of the shape; of the whole rise for a ramp.', '10s', { min: '1ms' }),
    amplitude: duration('What the shape adds to the delay at its height.', '0ms', { max: '1h' }),
  },
  example: '{ step: slow, at: 0s, fault: latency, on: cache, params: { delay: 200ms, jitter: 50ms }, for: 10s }',
  begin: () => perDirection((): { last: number | undefined } => ({ last: undefined })),
  decide: (_unit, { delay, jitter, distribution, correlation, shape, period, amplitude }, { direction, random, now, armedAt }, state) => {
    const before = state[direction]
    const repeats = correlation > 0 && random() < correlation
    const scatter = repeats && before.last !== undefined ? before.last : deviation(random, distribution, jitter)
    before.last = scatter
    const held = delay + scatter + amplitude * height(shape, (now() - armedAt) / period)
    return { kind: 'delay', by: ms(Math.max(0, held)) }
  },
})

/** From 0 to 1; `turns` counts periods since the arming. */
function height(shape: (typeof SHAPES)[number], turns: number): number {
  switch (shape) {
    case 'constant': return 0
    case 'ramp': return Math.min(1, turns)
    case 'sine': return (1 - Math.cos(2 * Math.PI * turns)) / 2
    case 'square': return turns % 1 < 0.5 ? 1 : 0
    case 'sawtooth': return turns % 1
    default: return assertNever(shape)
  }
}
