import { choice, duration, share } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** Every interval each live connection draws for itself whether it survives. */
export const churn = defineFault({
  name: 'churn',
  summary: 'Kill a share of the live connections at every interval.',
  tests: 'Whether the cost of reconnecting (handshakes, authentication, prepared statements, cold caches) stays bounded.',
  correct: 'Reconnects with jitter, keeps a floor of ready connections, and prepares again what a connection had prepared.',
  on: ['tick'],
  protocols: [],
  direction: 'both',
  params: {
    interval: duration('Time between one killing and the next.', '1s', { min: '10ms', max: '1h' }),
    share: share('Share of the live connections that dies each time.', '10%'),
    how: choice('How they die. reset: RST; end: an orderly FIN.', ['reset', 'end'], 'reset'),
  },
  example: '{ step: restless, at: 0s, fault: churn, on: cache, params: { interval: 500ms, share: 50% }, for: 10s }',
  every: ({ interval }) => interval,
  decide: (unit, params, { random }) =>
    unit.kind === 'tick' && unit.why === 'due' && random() < params.share ? { kind: 'close', how: params.how } : PASS,
})
