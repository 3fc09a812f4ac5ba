import assert from 'node:assert/strict'
import { stall } from '../../faults/tcp/stall.ts'
import { Stage } from './scene.ts'

describe('stall', () => {
  it('stops bytes and ends', () => {
    const stage = new Stage(stall)
    assert.deepEqual([stage.bytes('x'), stage.end()], [{ kind: 'stall' }, { kind: 'stall' }])
  })

  it('leaves dials to others: only what flows stops', () => {
    assert.deepEqual(stall.on, ['bytes', 'end'])
  })
})
