import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../src/core/units.ts'
import { slicer } from '../../faults/tcp/slicer.ts'
import { piecesOf, Stage } from './scene.ts'
import { closeAll, exchange, healthy, tookAbout, until, wire } from './wire.ts'

describe('slicer', () => {
  it('cuts a chunk into pieces of that size', () => {
    const pieces = piecesOf(new Stage(slicer, { average_size: '4B' }).bytes('*1\r\n$4\r\nPING\r\n'))
    assert.deepEqual(pieces.map(({ text }) => text), ['*1\r\n', '$4\r\n', 'PING', '\r\n'])
  })

  it('pauses between the pieces, the last of one chunk and the first of the next too', () => {
    const stage = new Stage(slicer, { average_size: '2B', delay: '10ms' })
    assert.deepEqual(piecesOf(stage.bytes('abcdef')).map(({ at }) => at), [0, 10, 20])
    stage.clock.advance(ms(25))
    assert.deepEqual(piecesOf(stage.bytes('gh')).map(({ at }) => at), [5])
    stage.clock.advance(ms(1000))
    assert.deepEqual(piecesOf(stage.bytes('ij')).map(({ at }) => at), [0])
  })

  it('varies the size within the variation', () => {
    const sizes = piecesOf(new Stage(slicer, { average_size: '100B', size_variation: '50B' }).bytes(Buffer.alloc(50_000))).map(({ length }) => length).slice(0, -1)
    assert.ok(Math.min(...sizes) >= 50 && Math.min(...sizes) < 55)
    assert.ok(Math.max(...sizes) <= 150 && Math.max(...sizes) > 145)
  })

  it('loses no byte and makes no empty piece, even where the variation exceeds the average', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 200 }), fc.integer(),
      (bytes, average, variation, seed) => {
        const pieces = piecesOf(new Stage(slicer, { average_size: `${average}B`, size_variation: `${variation}B` }, { seed }).bytes(Buffer.from(bytes)))
        assert.equal(pieces.map(({ text }) => text).join(''), Buffer.from(bytes).toString('latin1'))
        assert.ok(pieces.every(({ length }) => length > 0))
      }))
  })
})

describe('slicer on the wire', () => {
  afterEach(closeAll)

  it('brings every byte, in pieces, on a live and on a new connection', async () => {
    const stage = await wire(slicer)
    const live = await stage.live()
    await stage.strike({ average_size: '2B', delay: '10ms' })
    for (const client of [live, await stage.client()]) {
      const pieces: string[] = []
      client.socket.on('data', (chunk: Buffer) => pieces.push(chunk.toString()))
      tookAbout(await exchange(client, 'abcdefgh'), 30)
      assert.equal(pieces.join(''), 'abcdefgh')
      assert.ok(pieces.length > 1, 'more than one piece')
    }
    await stage.heal()
    await healthy(stage)
  })

  it('owes no pause to the old ones when it is changed in place', async () => {
    const stage = await wire(slicer)
    const live = await stage.live()
    await stage.strike({ average_size: '1B', delay: '10s' })
    live.socket.write('abcdefgh')
    await until(() => stage.did().length > 0, 'most of it is held for a minute')
    await stage.strike({ average_size: '1B', delay: '1ms' })
    await until(() => live.text() === 'helloabcdefgh', 'what was held')
    tookAbout(await exchange(live, 'ijkl'), 3)
  })
})
