import { duration } from '../../src/core/params.ts'
import { defineFault, PASS } from '../../src/fault.ts'

/** A RST to both sides, some time after the rule took hold of the connection, whether or not it carries anything. */
export const resetPeer = defineFault({
  name: 'reset_peer',
  summary: 'Reset connections, the idle ones too, after a time.',
  tests: 'Whether a connection that breaks under a call, or in the pool, is replaced without anybody noticing.',
  correct: 'Drops the broken connection from its pool, retries idempotent work on another, and treats what was under way as unknown.',
  on: ['tick'],
  protocols: [],
  direction: 'both',
  params: { timeout: duration('How long each connection lives: from the arming, or from its start for a later one.', '0ms') },
  example: '{ step: resets, at: 0s, fault: reset_peer, on: cache, params: { timeout: 50ms }, for: 5s }',
  decide: (unit, { timeout }) =>
    unit.kind === 'tick' && unit.why === 'armed' ? { kind: 'close', how: 'reset', after: timeout } : PASS,
})
