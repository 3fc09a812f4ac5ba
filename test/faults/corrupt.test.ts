import assert from 'node:assert/strict'
import { corrupt } from '../../faults/tcp/corrupt.ts'
import type { Verdict } from '../../src/fault.ts'
import { Stage } from './scene.ts'
import { closeAll, exchange, healthy, wire } from './wire.ts'

const rawOf = (verdict: Verdict, otherwise: Buffer): Buffer => (verdict.kind === 'replace' ? Buffer.concat(verdict.parts.map(({ raw }) => raw)) : otherwise)
const bitsChanged = (a: number, b: number): number => (a ^ b).toString(2).replaceAll('0', '').length

describe('corrupt', () => {
  it('flips one bit in each byte that it hits, in the share of bytes asked for', () => {
    const whole = Buffer.alloc(200_000, 0x55)
    const broken = rawOf(new Stage(corrupt, { rate: '1%' }).bytes(whole), whole)
    const flips = [...broken].map((byte, i) => bitsChanged(byte, whole[i] ?? 0))
    assert.equal(broken.length, whole.length)
    assert.equal(Math.max(...new Set(flips)), 1)
    const share = flips.filter((flip) => flip === 1).length / whole.length
    assert.ok(Math.abs(share - 0.01) < 0.001, `share ${share}`)
  })

  it('hits every byte at 100% and none at 0%', () => {
    const hit = new Stage(corrupt, { rate: '100%' }).bytes('abcd')
    assert.ok([...rawOf(hit, Buffer.from('abcd'))].every((byte, i) => byte !== 'abcd'.charCodeAt(i)))
    assert.deepEqual(new Stage(corrupt, { rate: '0%' }).bytes(Buffer.alloc(100_000)), { kind: 'pass' })
  })

  it('spares the first bytes of each direction', () => {
    const stage = new Stage(corrupt, { rate: '100%', offset: '6B' })
    assert.deepEqual(stage.bytes('abcd'), { kind: 'pass' })
    const second = rawOf(stage.bytes('efgh'), Buffer.alloc(0)).toString('latin1')
    assert.equal(second.slice(0, 2), 'ef')
    assert.ok(second[2] !== 'g' && second[3] !== 'h')
    assert.deepEqual(stage.bytes('abcd', 'to-server'), { kind: 'pass' })
  })

  it('hits the same bytes however the stream is cut', () => {
    const whole = Buffer.alloc(5000, 0xaa)
    const atOnce = rawOf(new Stage(corrupt, { rate: '2%' }).bytes(whole), whole)
    const stage = new Stage(corrupt, { rate: '2%' })
    const cut = Array.from({ length: 50 }, (_, i) => whole.subarray(i * 100, (i + 1) * 100)).map((chunk) => rawOf(stage.bytes(chunk), chunk))
    assert.deepEqual(Buffer.concat(cut), atOnce)
  })

  it('writes into a copy: the chunk it was shown is not its own', () => {
    const chunk = Buffer.from('abcd')
    new Stage(corrupt, { rate: '100%' }).chunk(chunk)
    assert.equal(chunk.toString(), 'abcd')
  })

  it('needs to be allowed', () => {
    assert.equal(corrupt.corruption, true)
  })
})

describe('corrupt on the wire', () => {
  afterEach(closeAll)

  it('damages answers on a live and on a new connection, not requests, and no byte is missing', async () => {
    const stage = await wire(corrupt)
    const live = await stage.live()
    await stage.strike({ rate: '100%' })
    for (const client of [live, await stage.client()]) {
      const before = client.text()
      await exchange(client, 'abcd')
      assert.ok([...client.text().slice(before.length)].every((letter, i) => letter !== 'abcd'[i]), client.text())
    }
    assert.deepEqual(stage.served.map((seen) => seen.text()), ['helloabcd', 'abcd'])
    await stage.heal()
    await healthy(stage)
    const before = live.text()
    await exchange(live, ' whole')
    assert.equal(live.text(), `${before} whole`)
  })
})
