import assert from 'node:assert/strict'
import { timeout } from '../../faults/tcp/timeout.ts'
import { Stage } from './scene.ts'

describe('timeout', () => {
  it('swallows bytes and closes the timeout after it took hold', () => {
    const stage = new Stage(timeout, { timeout: '2s' })
    assert.deepEqual([stage.tick('armed'), stage.bytes('x')], [{ kind: 'close', how: 'end', after: 2000 }, { kind: 'drop' }])
  })

  it('never closes at 0ms', () => {
    const stage = new Stage(timeout)
    assert.deepEqual([stage.tick('armed'), stage.bytes('x')], [{ kind: 'pass' }, { kind: 'drop' }])
  })

  it('closes a connection that lost bytes when it lets go, and no other', () => {
    const stage = new Stage(timeout)
    stage.bytes('x')
    assert.deepEqual(stage.tick('disarm'), { kind: 'close', how: 'end' })
    stage.nextSession()
    assert.deepEqual(stage.tick('disarm'), { kind: 'pass' })
  })
})
