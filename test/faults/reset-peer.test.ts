import assert from 'node:assert/strict'
import { resetPeer } from '../../faults/tcp/reset-peer.ts'
import { Stage } from './scene.ts'

describe('reset_peer', () => {
  it('resets both sides, the timeout after it took hold', () => {
    assert.deepEqual(new Stage(resetPeer, { timeout: '50ms' }).tick('armed'), { kind: 'close', how: 'reset', after: 50 })
  })

  it('does nothing more when it lets go', () => {
    assert.deepEqual(new Stage(resetPeer).tick('disarm'), { kind: 'pass' })
  })
})
