import { duration, share } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** Losses in a row before one gets through: past six, TCP's own patience is what is tested. */
const LOSSES_MAX = 6

/** Over TCP a lost packet is never missing, it is late: by a retransmission timeout that doubles, with all behind it. */
export const packetLoss = defineFault({
  name: 'packet_loss',
  summary: 'Stall as TCP does when packets are lost; every byte still arrives.',
  tests: 'Whether the tail of latency, a few slow calls among many fast ones, is absorbed.',
  correct: 'Sets deadlines near the real tail, hedges or retries idempotent reads, and spreads work over several connections.',
  on: ['bytes', 'end'],
  protocols: [],
  direction: 'both',
  params: {
    loss: share('Share of chunks that are lost, each retransmission too.'),
    rto: duration('First retransmission timeout; it doubles with every loss in a row, six at most.', '200ms', { min: '1ms', max: '1m' }),
  },
  example: '{ step: lossy, at: 0s, fault: packet_loss, on: cache, params: { loss: 5% }, for: 20s }',
  decide: (_unit, { loss, rto }, { random }) => {
    let losses = 0
    while (losses < LOSSES_MAX && random() < loss) losses++
    return losses === 0 ? PASS : { kind: 'delay', by: ms(rto * (2 ** losses - 1)) }
  },
})
