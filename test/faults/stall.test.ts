import assert from 'node:assert/strict'
import { stall } from '../../faults/tcp/stall.ts'
import { Stage } from './scene.ts'
import { closeAll, healthy, nothingHappens, until, wire } from './wire.ts'

describe('stall', () => {
  it('stops bytes and ends', () => {
    const stage = new Stage(stall)
    assert.deepEqual([stage.bytes('x'), stage.end()], [{ kind: 'stall' }, { kind: 'stall' }])
  })

  it('leaves dials to others: only what flows stops', () => {
    assert.deepEqual(stall.on, ['bytes', 'end'])
  })
})

describe('stall on the wire', () => {
  afterEach(closeAll)

  it('stops the flow, closes nothing, and resumes with every byte', async () => {
    const stage = await wire(stall)
    const live = await stage.live()
    await stage.strike()
    const later = await stage.client()
    live.socket.write(' one')
    live.socket.end(' two')
    later.socket.write('three')
    await Promise.all([nothingHappens(live), nothingHappens(later)])
    await stage.heal()
    await until(() => later.text() === 'three', 'the later one')
    assert.deepEqual([await live.ended, live.text()], ['end', 'hello one two'])
    await healthy(stage)
  })
})
