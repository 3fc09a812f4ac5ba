import assert from 'node:assert/strict'
import { ms, ratio } from '../../src/core/units.ts'
import { churn } from '../../faults/tcp/churn.ts'
import { Stage } from './scene.ts'
import { closeAll, endOf, fateOf, healthy, tookAbout, wire } from './wire.ts'

describe('churn', () => {
  it('kills its share at each interval', () => {
    const stage = new Stage(churn, { share: '20%' })
    const killed = Array.from({ length: 5000 }, () => stage.tick('due')).filter(({ kind }) => kind === 'close').length / 5000
    assert.ok(Math.abs(killed - 0.2) < 0.02, `killed ${killed}`)
  })

  it('asks to be shown each connection every interval', () => {
    assert.equal(churn.every?.({ interval: ms(250), share: ratio(0.1), how: 'reset' }), 250)
  })

  it('kills with a RST, or with a FIN when told to', () => {
    assert.deepEqual(new Stage(churn, { share: '100%' }).tick('due'), { kind: 'close', how: 'reset' })
    assert.deepEqual(new Stage(churn, { share: '100%', how: 'end' }).tick('due'), { kind: 'close', how: 'end' })
  })

  it('spares everybody at the arming and at the end', () => {
    const stage = new Stage(churn, { share: '100%' })
    assert.deepEqual([stage.tick('armed'), stage.tick('disarm')], [{ kind: 'pass' }, { kind: 'pass' }])
  })
})

describe('churn on the wire', () => {
  afterEach(closeAll)

  it('kills live and new connections at each interval, idle ones too', async () => {
    const stage = await wire(churn)
    const live = await stage.live()
    await stage.strike({ interval: '100ms', share: '100%' })
    const { how, took } = await endOf(live)
    assert.equal(how, 'ECONNRESET')
    tookAbout(took, 95)
    assert.equal(await fateOf(stage), 'ECONNRESET')
    await stage.heal()
    await healthy(stage)
  })

  it('kills its share and spares the rest', async () => {
    const stage = await wire(churn)
    const clients = await Promise.all(Array.from({ length: 40 }, () => stage.live()))
    await stage.strike({ interval: '1s', share: '50%', how: 'end' })
    const ends = clients.map(({ ended }) => ended)
    await Promise.race(ends)
    await stage.heal()
    const left = await stage.connections()
    assert.ok(left > 8 && left < 32, `${left} of 40 are left`)
  })
})
