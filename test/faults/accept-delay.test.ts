import assert from 'node:assert/strict'
import { acceptDelay } from '../../faults/tcp/accept-delay.ts'
import { Stage } from './scene.ts'
import { closeAll, endOf, exchange, healthy, tookAbout, wire } from './wire.ts'

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

describe('accept_delay on the wire', () => {
  afterEach(closeAll)

  it('connects the client at once and the server late; live connections are as ever', async () => {
    const stage = await wire(acceptDelay)
    const live = await stage.live()
    await stage.strike({ delay: '150ms' })
    const later = await stage.client()
    tookAbout(await exchange(later, 'ping'), 140)
    assert.ok(await exchange(live, ' there') < 150)
    await stage.heal()
    await healthy(stage)
  })

  it('timeout: the server is never dialled and the client is closed after the delay', async () => {
    const stage = await wire(acceptDelay)
    const live = await stage.live()
    await stage.strike({ delay: '150ms', outcome: 'timeout' })
    const later = await stage.client()
    later.socket.write('ping')
    const { how, took } = await endOf(later)
    assert.equal(how, 'end')
    tookAbout(took, 140)
    assert.deepEqual([later.text(), stage.served.length], ['', 1])
    await exchange(live, ' there')
    await stage.heal()
    await healthy(stage)
  })
})
