import assert from 'node:assert/strict'
import { partition } from '../../faults/tcp/partition.ts'
import { Stage } from './scene.ts'

const PASS = { kind: 'pass' }

describe('partition', () => {
  it('stalls bytes, ends and dials, and tells nobody', () => {
    const stage = new Stage(partition)
    assert.deepEqual([stage.connect(), stage.bytes('x'), stage.end()], Array(3).fill({ kind: 'stall' }))
    assert.deepEqual([stage.tick('armed'), stage.tick('disarm')], [PASS, PASS])
  })

  it('discard: loses bytes and ends, lets no dial through, and resets at heal what lost something', () => {
    const stage = new Stage(partition, { how: 'discard' })
    assert.deepEqual(stage.tick('armed'), PASS)
    assert.deepEqual([stage.connect(), stage.bytes('x'), stage.end()], [{ kind: 'stall' }, { kind: 'drop' }, { kind: 'drop' }])
    assert.deepEqual(stage.tick('disarm'), { kind: 'close', how: 'reset' })
  })

  it('discard: leaves a connection alone that lost nothing', () => {
    const stage = new Stage(partition, { how: 'discard' })
    stage.bytes('x')
    stage.nextSession()
    assert.deepEqual([stage.tick('armed'), stage.tick('disarm')], [PASS, PASS])
  })

  it('reject: resets live connections as it is armed and new ones as they come', () => {
    const stage = new Stage(partition, { how: 'reject' })
    assert.deepEqual(stage.tick('armed'), { kind: 'close', how: 'reset' })
    assert.deepEqual(stage.connect(), { kind: 'refuse', how: 'reset' })
    assert.deepEqual(stage.bytes('x'), { kind: 'close', how: 'reset' })
    assert.deepEqual(stage.tick('disarm'), PASS)
  })
})
