import assert from 'node:assert/strict'
import { acceptDelay } from '../../faults/tcp/accept-delay.ts'
import { Stage } from './scene.ts'

describe('accept_delay', () => {
  it('puts the dial off', () => {
    assert.deepEqual(new Stage(acceptDelay, { delay: '500ms' }).connect(), { kind: 'delay', by: 500 })
  })

  it('timeout: never dials, and closes after the delay', () => {
    const stage = new Stage(acceptDelay, { delay: '500ms', outcome: 'timeout' })
    assert.deepEqual([stage.connect(), stage.tick('armed')], [{ kind: 'stall' }, { kind: 'close', how: 'end', after: 500 }])
  })

  it('leaves connections alone that were there before', () => {
    assert.deepEqual(new Stage(acceptDelay, { delay: '500ms', outcome: 'timeout' }).tick('armed'), { kind: 'pass' })
  })
})
