import assert from 'node:assert/strict'
import { limitData } from '../../faults/tcp/limit-data.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, healthy, wire } from './wire.ts'

const last = (text: string) => ({ kind: 'close', how: 'end', last: { 'to-client': Buffer.from(text) } })

describe('limit_data', () => {
  it('lets exactly so many bytes through, cuts inside a chunk and closes', () => {
    const stage = new Stage(limitData, { bytes: '6B' })
    assert.deepEqual([stage.bytes('abcd'), stage.bytes('efgh')], [{ kind: 'pass' }, last('ef')])
  })

  it('closes as the limit is reached, not with the byte behind it', () => {
    assert.deepEqual(new Stage(limitData, { bytes: '4B' }).bytes('abcd'), last('abcd'))
  })

  it('lets nothing through past the limit, even what came before the close', () => {
    const stage = new Stage(limitData, { bytes: '2B' })
    stage.bytes('abcd')
    assert.deepEqual(stage.bytes('efgh'), last(''))
  })

  it('closes on the first byte at 0B, not on connect', () => {
    assert.deepEqual(new Stage(limitData, { bytes: '0B' }).bytes('a'), last(''))
    assert.ok(!limitData.on.some((kind: string) => kind === 'connect'))
  })

  it('counts each direction and each connection for itself', () => {
    const stage = new Stage(limitData, { bytes: '3B' })
    assert.deepEqual([stage.bytes('ab', 'to-client'), stage.bytes('ab', 'to-server')], [{ kind: 'pass' }, { kind: 'pass' }])
    stage.nextSession()
    assert.deepEqual(stage.bytes('ab'), { kind: 'pass' })
  })
})

describe('limit_data on the wire', () => {
  afterEach(closeAll)

  it('closes both sides after exactly so many bytes, counted from the arming', async () => {
    const stage = await wire(limitData)
    const live = await stage.live()
    await stage.strike({ bytes: '10B' })
    await exchange(live, '1234')
    const later = await stage.client()
    for (const client of [live, later]) client.socket.write('567890abcd')
    assert.deepEqual([await live.ended, live.text()], ['end', 'hello1234567890'])
    assert.deepEqual([await later.ended, later.text()], ['end', '567890abcd'])
    assert.equal(await stage.served[0]?.ended, 'end')
    await stage.heal()
    await healthy(stage)
  })
})
