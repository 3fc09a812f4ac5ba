import assert from 'node:assert/strict'
import { slowClose } from '../../faults/tcp/slow-close.ts'
import { Stage } from './scene.ts'

describe('slow_close', () => {
  it('holds the end back by the delay', () => {
    assert.deepEqual(new Stage(slowClose, { delay: '2s' }).end(), { kind: 'delay', by: 2000 })
  })

  it('is not shown bytes', () => {
    assert.deepEqual(slowClose.on, ['end'])
  })
})
