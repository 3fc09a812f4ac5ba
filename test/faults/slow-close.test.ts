import assert from 'node:assert/strict'
import { slowClose } from '../../faults/tcp/slow-close.ts'
import { Stage } from './scene.ts'
import { closeAll, endOf, exchange, healthy, tookAbout, until, wire } from './wire.ts'

describe('slow_close', () => {
  it('holds the end back by the delay', () => {
    assert.deepEqual(new Stage(slowClose, { delay: '2s' }).end(), { kind: 'delay', by: 2000 })
  })

  it('is not shown bytes', () => {
    assert.deepEqual(slowClose.on, ['end'])
  })
})

describe('slow_close on the wire', () => {
  afterEach(closeAll)

  it('brings the answer at once and the end late', async () => {
    const stage = await wire(slowClose)
    const live = await stage.live()
    await stage.strike({ delay: '200ms' })
    assert.ok(await exchange(live, ' there') < 200)
    live.socket.end()
    const { how, took } = await endOf(live)
    assert.equal(how, 'end')
    tookAbout(took, 200)
    await stage.heal()
    await healthy(stage)
  })

  it('lets the end go at heal', async () => {
    const stage = await wire(slowClose)
    const live = await stage.live()
    await stage.strike({ delay: '1m' })
    live.socket.end()
    await until(() => stage.did().length > 0, 'the end is held')
    await stage.heal()
    assert.equal(await live.ended, 'end')
  })
})
