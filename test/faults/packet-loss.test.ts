import assert from 'node:assert/strict'
import { packetLoss } from '../../faults/tcp/packet-loss.ts'
import { heldBy, Stage } from './scene.ts'
import { closeAll, exchange, healthy, tookAbout, wire } from './wire.ts'

describe('packet_loss', () => {
  it('stalls by 200 ms, 600 ms, 1.4 s …: a timeout that doubles', () => {
    const stage = new Stage(packetLoss, { loss: '50%' })
    const seen = new Set(Array.from({ length: 5000 }, () => heldBy(stage.bytes('x'))))
    assert.deepEqual([...seen].sort((a, b) => a - b), [0, 200, 600, 1400, 3000, 6200, 12_600])
  })

  it('hits the share of chunks that it was told to', () => {
    const stage = new Stage(packetLoss, { loss: '5%' })
    const lost = Array.from({ length: 20_000 }, () => heldBy(stage.bytes('x'))).filter((held) => held > 0).length / 20_000
    assert.ok(Math.abs(lost - 0.05) < 0.005, `lost ${lost}`)
  })

  it('never loses for good: at 100% a chunk comes after six timeouts', () => {
    assert.equal(heldBy(new Stage(packetLoss, { loss: '100%', rto: '10ms' }).bytes('x')), 630)
  })

  it('passes everything at 0%, ends included', () => {
    const stage = new Stage(packetLoss, { loss: '0%' })
    assert.deepEqual([stage.bytes('x'), stage.end()], [{ kind: 'pass' }, { kind: 'pass' }])
  })

  it('may lose a FIN as well', () => {
    assert.equal(heldBy(new Stage(packetLoss, { loss: '100%' }).end()), 12_600)
  })
})

describe('packet_loss on the wire', () => {
  afterEach(closeAll)

  it('stalls a live and a new connection by the timeouts, and loses nothing', async () => {
    const stage = await wire(packetLoss)
    const live = await stage.live()
    await stage.strike({ loss: '100%', rto: '2ms' })
    for (const client of [live, await stage.client()]) tookAbout(await exchange(client, 'ping'), 252)
    assert.equal(live.text(), 'helloping')
    await stage.heal()
    await healthy(stage)
  })
})
