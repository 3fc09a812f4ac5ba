import assert from 'node:assert/strict'
import { resetPeer } from '../../faults/tcp/reset-peer.ts'
import { Stage } from './scene.ts'
import { closeAll, endOf, exchange, fateOf, healthy, tookAbout, wire } from './wire.ts'

describe('reset_peer', () => {
  it('resets both sides, the timeout after it took hold', () => {
    assert.deepEqual(new Stage(resetPeer, { timeout: '50ms' }).tick('armed'), { kind: 'close', how: 'reset', after: 50 })
  })

  it('does nothing more when it lets go', () => {
    assert.deepEqual(new Stage(resetPeer).tick('disarm'), { kind: 'pass' })
  })
})

describe('reset_peer on the wire', () => {
  afterEach(closeAll)

  it('resets idle, busy and new connections on both sides', async () => {
    const stage = await wire(resetPeer)
    const idle = await stage.live()
    await stage.strike()
    assert.deepEqual([await idle.ended, await stage.served[0]?.ended], ['ECONNRESET', 'ECONNRESET'])
    assert.equal(await fateOf(stage), 'ECONNRESET')
    await stage.heal()
    await healthy(stage)
  })

  it('waits for the timeout, in which the connection works', async () => {
    const stage = await wire(resetPeer)
    const live = await stage.live()
    await stage.strike({ timeout: '200ms' })
    await exchange(live, ' there')
    assert.deepEqual(stage.did(), [])
    const { how, took } = await endOf(live)
    assert.deepEqual([how, stage.did()], ['ECONNRESET', ['close']])
    tookAbout(took, 100)
  })

  it('spares at heal what it had not yet reset', async () => {
    const stage = await wire(resetPeer)
    const live = await stage.live()
    await stage.strike({ timeout: '1m' })
    await stage.heal()
    await exchange(live, ' there')
    assert.deepEqual(stage.did(), [], 'nothing was altered, and nothing else is told')
  })
})
