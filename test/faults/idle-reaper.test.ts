import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { idleReaper } from '../../faults/tcp/idle-reaper.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, healthy, nothingHappens, wire } from './wire.ts'

const PASS = { kind: 'pass' }

describe('idle_reaper', () => {
  it('resets whoever speaks first on a connection that rested too long, and only them', () => {
    for (const [direction, side] of [['to-server', 'client'], ['to-client', 'server']] as const) {
      const stage = new Stage(idleReaper, { idle: '1s' })
      stage.tick('armed')
      stage.clock.advance(ms(1001))
      assert.deepEqual(stage.bytes('x', direction), { kind: 'close', how: 'reset', side })
    }
  })

  it('says nothing while the connection rests', () => {
    const stage = new Stage(idleReaper, { idle: '1s' })
    stage.tick('armed')
    stage.clock.advance(ms(5000))
    assert.deepEqual(stage.tick('disarm'), PASS)
  })

  it('keeps a connection that either side uses often enough', () => {
    const stage = new Stage(idleReaper, { idle: '1s' })
    stage.tick('armed')
    for (const direction of ['to-server', 'to-client', 'to-server'] as const) {
      stage.clock.advance(ms(1000))
      assert.deepEqual(stage.bytes('x', direction), PASS)
    }
  })

  it('counts a FIN as a packet', () => {
    const stage = new Stage(idleReaper, { idle: '1s' })
    stage.tick('armed')
    stage.clock.advance(ms(2000))
    assert.deepEqual(stage.end('to-server'), { kind: 'close', how: 'reset', side: 'client' })
  })
})

describe('idle_reaper on the wire', () => {
  afterEach(closeAll)

  it('resets a client that speaks after a rest, while the server hears nothing of it until heal', async () => {
    const stage = await wire(idleReaper)
    const live = await stage.live()
    await stage.strike({ idle: '100ms' })
    await exchange(live, ' in time')
    await nothingHappens(live, 150)
    live.socket.write(' too late')
    assert.equal(await live.ended, 'ECONNRESET')
    const served = stage.served[0]
    assert.ok(served)
    await nothingHappens(served)
    assert.equal(served.text(), 'hello in time')
    await stage.heal()
    assert.equal(await served.ended, 'ECONNRESET')
    await healthy(stage)
  })
})
