import assert from 'node:assert/strict'
import { refuse } from '../../faults/tcp/refuse.ts'
import { Stage } from './scene.ts'

describe('refuse', () => {
  it('closed: asks for the listener to be closed', () => {
    assert.deepEqual(new Stage(refuse).listen(), { kind: 'refuse', how: 'closed' })
  })

  it('closed: resets a client that the kernel had accepted just before', () => {
    assert.deepEqual(new Stage(refuse).connect(), { kind: 'refuse', how: 'reset' })
  })

  it('reset: keeps the listener and resets whoever comes', () => {
    const stage = new Stage(refuse, { how: 'reset' })
    assert.deepEqual([stage.listen(), stage.connect()], [{ kind: 'pass' }, { kind: 'refuse', how: 'reset' }])
  })
})
