import { choice, duration } from '../../src/core/params.ts'
import { defineFault, DROP, PASS } from '../../src/fault.ts'

/** Swallows the bytes of its direction. The time runs from when the rule took hold: traffic does not put it off. */
export const timeout = defineFault({
  name: 'timeout',
  summary: 'Swallow all bytes, then close the connection after a time.',
  tests: 'Whether a call that is never answered ends by its own deadline or waits for the connection to close.',
  correct: 'Gives up at its own deadline, long before the connection does, and does not reuse that connection.',
  on: ['bytes', 'tick'],
  protocols: [],
  direction: 'to-client',
  params: {
    timeout: duration('When to close: from the arming, or from its start for a later connection; 0ms for never.', '0ms'),
    ending: choice('Which connections close when the fault ends. lossy: those that lost bytes; all: every one that it took hold of.', ['lossy', 'all'], 'lossy'),
  },
  example: '{ step: silent, at: 0s, fault: timeout, on: cache, params: { timeout: 2s }, for: 10s }',
  begin: () => ({ lost: false }),
  decide: (unit, params, _scene, state) => {
    if (unit.kind === 'bytes') {
      state.lost = true
      return DROP
    }
    if (unit.kind !== 'tick') return PASS
    if (unit.why === 'armed' && params.timeout > 0) return { kind: 'close', how: 'end', after: params.timeout }
    // A stream with a hole in it must not go on.
    return unit.why === 'disarm' && (state.lost || params.ending === 'all') ? { kind: 'close', how: 'end' } : PASS
  },
})
