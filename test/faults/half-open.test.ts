import assert from 'node:assert/strict'
import { halfOpen } from '../../faults/tcp/half-open.ts'
import { Stage } from './scene.ts'

const GONE = { kind: 'close', how: 'reset', side: 'server' }

describe('half_open', () => {
  it('takes the server away from a live connection and does not tell the client', () => {
    assert.deepEqual(new Stage(halfOpen).tick('armed'), GONE)
  })

  it('all: later connections are dead as well', () => {
    const stage = new Stage(halfOpen)
    assert.deepEqual([stage.connect(), stage.tick('armed')], [{ kind: 'pass' }, GONE])
  })

  it('live: later connections work', () => {
    const stage = new Stage(halfOpen, { which: 'live' })
    assert.deepEqual([stage.connect(), stage.tick('armed')], [{ kind: 'pass' }, { kind: 'pass' }])
    stage.nextSession()
    assert.deepEqual(stage.tick('armed'), GONE)
  })
})
