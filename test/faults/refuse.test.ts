import assert from 'node:assert/strict'
import { ratio } from '../../src/core/units.ts'
import { refuse } from '../../faults/tcp/refuse.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, fateOf, healthy, wire } from './wire.ts'

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

describe('refuse on the wire', () => {
  afterEach(closeAll)

  it('closed: new connections get ECONNREFUSED, live ones go on', async () => {
    const stage = await wire(refuse)
    const live = await stage.live()
    await stage.strike()
    await assert.rejects(stage.client(), { code: 'ECONNREFUSED' })
    await exchange(live, ' there')
    await stage.heal()
    await healthy(stage)
    await exchange(live, ' again')
  })

  it('reset: new connections are made and reset, live ones go on', async () => {
    const stage = await wire(refuse)
    const live = await stage.live()
    await stage.strike({ how: 'reset' })
    assert.equal(await fateOf(stage), 'ECONNRESET')
    await exchange(live, ' there')
    assert.equal(stage.served.length, 1)
    await stage.heal()
    await healthy(stage)
  })

  it('closed, for a share of connections: those are reset, for a listener cannot choose', async () => {
    const stage = await wire(refuse)
    await stage.strike({}, { chance: ratio(0.5) })
    const fates = await Promise.all(Array.from({ length: 20 }, () => fateOf(stage, 'bye')))
    assert.deepEqual([...new Set(fates)].sort(), ['ECONNRESET', 'end'])
  })
})
