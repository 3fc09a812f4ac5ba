import assert from 'node:assert/strict'
import { partition } from '../../faults/tcp/partition.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, fateOf, healthy, nothingHappens, until, wire } from './wire.ts'

const PASS = { kind: 'pass' }

describe('partition', () => {
  it('stalls bytes, ends and dials, and tells nobody', () => {
    const stage = new Stage(partition)
    assert.deepEqual([stage.connect(), stage.bytes('x'), stage.end()], Array(3).fill({ kind: 'stall' }))
    assert.deepEqual([stage.tick('armed'), stage.tick('disarm')], [PASS, PASS])
  })

  it('discard: loses bytes and ends, lets no dial through, and resets at heal what lost something', () => {
    const stage = new Stage(partition, { how: 'discard' })
    assert.deepEqual(stage.tick('armed'), PASS)
    assert.deepEqual([stage.connect(), stage.bytes('x'), stage.end()], [{ kind: 'stall' }, { kind: 'drop' }, { kind: 'drop' }])
    assert.deepEqual(stage.tick('disarm'), { kind: 'close', how: 'reset' })
  })

  it('discard: leaves a connection alone that lost nothing', () => {
    const stage = new Stage(partition, { how: 'discard' })
    stage.bytes('x')
    stage.nextSession()
    assert.deepEqual([stage.tick('armed'), stage.tick('disarm')], [PASS, PASS])
  })

  it('reject: resets live connections as it is armed and new ones as they come', () => {
    const stage = new Stage(partition, { how: 'reject' })
    assert.deepEqual(stage.tick('armed'), { kind: 'close', how: 'reset' })
    assert.deepEqual(stage.connect(), { kind: 'refuse', how: 'reset' })
    assert.deepEqual(stage.bytes('x'), { kind: 'close', how: 'reset' })
    assert.deepEqual(stage.tick('disarm'), PASS)
  })
})

describe('partition on the wire', () => {
  afterEach(closeAll)

  it('stall: nothing passes and nothing closes; at heal all of it arrives', async () => {
    const stage = await wire(partition)
    const live = await stage.live()
    await stage.strike()
    const later = await stage.client()
    live.socket.write(' one')
    later.socket.write('two')
    await Promise.all([nothingHappens(live), nothingHappens(later)])
    assert.deepEqual([stage.served.length, stage.served[0]?.text()], [1, 'hello'])
    await stage.heal()
    await until(() => live.text() === 'hello one' && later.text() === 'two', 'what was held')
    await healthy(stage)
  })

  it('stall: an end waits as well', async () => {
    const stage = await wire(partition)
    const live = await stage.live()
    await stage.strike()
    live.socket.end()
    const served = stage.served[0]
    assert.ok(served)
    await nothingHappens(served)
    await stage.heal()
    assert.deepEqual([await served.ended, await live.ended], ['end', 'end'])
  })

  it('one way: with to-client cut, the request arrives and its answer does not', async () => {
    const stage = await wire(partition)
    const live = await stage.live()
    await stage.strike({}, { direction: 'to-client' })
    live.socket.write(' ping')
    await until(() => stage.served[0]?.text() === 'hello ping', 'the request')
    await nothingHappens(live)
    await stage.heal()
    await until(() => live.text() === 'hello ping', 'the answer')
  })

  it('discard: bytes are lost, and at heal what lost some is reset, the rest lives on', async () => {
    const stage = await wire(partition)
    const [hurt, spared] = [await stage.live(), await stage.live()]
    await stage.strike({ how: 'discard' })
    const later = await stage.client()
    hurt.socket.write(' lost')
    await nothingHappens(hurt)
    await stage.heal()
    assert.deepEqual([await hurt.ended, await later.ended], ['ECONNRESET', 'ECONNRESET'])
    assert.deepEqual([await stage.served[0]?.ended, stage.served[0]?.text()], ['ECONNRESET', 'hello'])
    await exchange(spared, ' there')
    await healthy(stage)
  })

  it('reject: resets what is there and what comes', async () => {
    const stage = await wire(partition)
    const live = await stage.live()
    await stage.strike({ how: 'reject' })
    assert.equal(await live.ended, 'ECONNRESET')
    assert.equal(await fateOf(stage), 'ECONNRESET')
    await stage.heal()
    await healthy(stage)
  })
})
