import assert from 'node:assert/strict'
import { halfOpen } from '../../faults/tcp/half-open.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, fateOf, healthy, nothingHappens, until, wire } from './wire.ts'

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

describe('half_open on the wire', () => {
  afterEach(closeAll)

  it('takes the server away; the client is not told, and what it sends goes nowhere', async () => {
    const stage = await wire(halfOpen)
    const live = await stage.live()
    await stage.strike()
    assert.equal(await stage.served[0]?.ended, 'ECONNRESET')
    live.socket.write(' anybody?')
    await nothingHappens(live)
    const later = await stage.client()
    later.socket.write('hello?')
    await nothingHappens(later)
    await stage.heal()
    assert.deepEqual([await live.ended, await later.ended], ['ECONNRESET', 'ECONNRESET'])
    await healthy(stage)
  })

  it('is over for a client that leaves by itself', async () => {
    const stage = await wire(halfOpen)
    const live = await stage.live()
    await stage.strike()
    live.socket.end()
    await until(async () => await stage.connections() === 0, 'nothing is left')
  })

  it('live: later connections work', async () => {
    const stage = await wire(halfOpen)
    const live = await stage.live()
    await stage.strike({ which: 'live' })
    assert.equal(await stage.served[0]?.ended, 'ECONNRESET')
    assert.equal(await fateOf(stage, 'bye'), 'end')
    await exchange(await stage.client(), 'ping')
    await nothingHappens(live)
  })
})
