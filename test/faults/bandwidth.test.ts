import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { ms } from '../../src/core/units.ts'
import { bandwidth } from '../../faults/tcp/bandwidth.ts'
import { piecesOf, Stage } from './scene.ts'
import { closeAll, healthy, nothingHappens, tookAbout, until, wire } from './wire.ts'

const kb = (count: number): Buffer => Buffer.alloc(count * 1000, 'x')
const lastOf = (pieces: readonly { at: number }[]): number => pieces.at(-1)?.at ?? Number.NaN

describe('bandwidth', () => {
  it('lets 480 kB through in 480 ms at 1 MB/s, evenly', () => {
    const pieces = piecesOf(new Stage(bandwidth, { rate: '1MB/s' }).bytes(kb(480)))
    assert.equal(Math.round(lastOf(pieces)), 480)
    assert.deepEqual(pieces.map(({ length }) => length), Array(24).fill(20_000))
    assert.deepEqual(pieces.map(({ at }) => Math.round(at)), Array.from({ length: 24 }, (_, i) => 20 * (i + 1)))
  })

  it('counts the chunks ahead: the next one waits for them to drain', () => {
    const stage = new Stage(bandwidth, { rate: '1MB/s' })
    stage.bytes(kb(100))
    stage.clock.advance(ms(30))
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10))))), 80)
  })

  it('gives no credit for a quiet time', () => {
    const stage = new Stage(bandwidth, { rate: '1MB/s' })
    stage.clock.advance(ms(10_000))
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10))))), 10)
  })

  it('lets a burst through at once, and only what exceeds it waits', () => {
    const stage = new Stage(bandwidth, { rate: '1MB/s', burst: '50kB' })
    assert.deepEqual(stage.bytes(kb(50)), { kind: 'pass' })
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10))))), 10)
    stage.clock.advance(ms(60_000))
    const [first, ...rest] = piecesOf(stage.bytes(kb(70)))
    assert.deepEqual([first?.length, first?.at], [50_000, 0])
    assert.equal(Math.round(lastOf(rest)), 20)
  })

  it('holds everything at 0B/s', () => {
    assert.deepEqual(new Stage(bandwidth, { rate: '0B/s' }).bytes('x'), { kind: 'stall' })
  })

  it('limits each direction and each connection by itself', () => {
    const stage = new Stage(bandwidth, { rate: '1MB/s' })
    stage.bytes(kb(100), 'to-client')
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10), 'to-server')))), 10)
    stage.nextSession()
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10), 'to-client')))), 10)
  })

  it('shares one rate among the connections of the target when told to', () => {
    const stage = new Stage(bandwidth, { rate: '1MB/s', per: 'target' })
    stage.bytes(kb(100))
    stage.nextSession()
    assert.equal(Math.round(lastOf(piecesOf(stage.bytes(kb(10))))), 110)
  })

  it('keeps every byte in order and the pieces few, at any rate and size', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 1, max: 65_536 }), (rate, length) => {
      const chunk = Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff))
      const pieces = piecesOf(new Stage(bandwidth, { rate: `${rate}B/s` }).bytes(chunk))
      assert.equal(pieces.map(({ text }) => text).join(''), chunk.toString('latin1'))
      assert.ok(pieces.length <= 1024)
      assert.ok(Math.abs(lastOf(pieces) - (length * 1000) / rate) < 0.01)
    }), { numRuns: 50 })
  })
})

describe('bandwidth on the wire', () => {
  afterEach(closeAll)
  const pour = (socket: Socket): void => { socket.on('data', () => socket.write(kb(300))) }

  it('takes 300 ms for 300 kB at 1 MB/s, on a live and on a new connection', async () => {
    const stage = await wire(bandwidth, pour)
    const live = await stage.client()
    await stage.strike({ rate: '1MB/s' })
    for (const client of [live, await stage.client()]) {
      const start = performance.now()
      client.socket.write('go')
      await until(() => client.bytes() === 300_000, '300 kB')
      tookAbout(performance.now() - start, 300)
    }
  })

  it('is shared by the target when told to: two take twice as long', async () => {
    const stage = await wire(bandwidth, pour)
    await stage.strike({ rate: '1MB/s', per: 'target' })
    const clients = [await stage.client(), await stage.client()]
    const start = performance.now()
    for (const { socket } of clients) socket.write('go')
    await until(() => clients.every((client) => client.bytes() === 300_000), '600 kB')
    tookAbout(performance.now() - start, 600)
  })

  it('owes nothing to the old rate when it is changed in place', async () => {
    const stage = await wire(bandwidth, pour)
    const live = await stage.client()
    await stage.strike({ rate: '1KB/s' })
    live.socket.write('go')
    await until(() => stage.did().length > 0, 'most of it is held for minutes')
    await stage.strike({ rate: '1MB/s' })
    await until(() => live.bytes() === 300_000, 'what was held, at once')
    const start = performance.now()
    live.socket.write('go')
    await until(() => live.bytes() === 600_000, 'the next, at the new rate')
    tookAbout(performance.now() - start, 300)
  })

  it('holds everything at 0B/s until heal', async () => {
    const stage = await wire(bandwidth)
    const live = await stage.live()
    await stage.strike({ rate: '0B/s' })
    live.socket.write(' there')
    await nothingHappens(live)
    await stage.heal()
    await until(() => live.text() === 'hello there', 'what was held')
    await healthy(stage)
  })
})
