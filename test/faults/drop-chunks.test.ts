import assert from 'node:assert/strict'
import { dropChunks } from '../../faults/tcp/drop-chunks.ts'
import { Stage } from './scene.ts'
import { closeAll, healthy, until, wire } from './wire.ts'

const lostOf = (stage: Stage, count: number): readonly boolean[] => Array.from({ length: count }, () => stage.bytes('x').kind === 'drop')

describe('drop_chunks', () => {
  it('loses the share of chunks that it was told to', () => {
    const lost = lostOf(new Stage(dropChunks, { loss: '5%' }), 20_000).filter(Boolean).length / 20_000
    assert.ok(Math.abs(lost - 0.05) < 0.005, `lost ${lost}`)
  })

  it('loses a chunk behind a lost one more often, by the correlation', () => {
    const lost = lostOf(new Stage(dropChunks, { loss: '10%', correlation: '60%' }), 20_000)
    const behind = lost.slice(1).filter((_, index) => lost[index])
    assert.ok(Math.abs(behind.filter(Boolean).length / behind.length - 0.7) < 0.03)
  })

  it('loses all behind the first at loss and correlation of 100% together, and nothing at 0%', () => {
    assert.deepEqual(new Set(lostOf(new Stage(dropChunks, { loss: '100%', correlation: '100%' }), 50)), new Set([true]))
    assert.deepEqual(new Set(lostOf(new Stage(dropChunks, { loss: '0%', correlation: '100%' }), 50)), new Set([false]))
  })

  it('keeps each direction and each session for itself', () => {
    const stage = new Stage(dropChunks, { loss: '50%', correlation: '50%' })
    const both = Array.from({ length: 2000 }, () => [stage.bytes('x', 'to-server').kind, stage.bytes('x', 'to-client').kind] as const)
    assert.ok(both.some(([up, down]) => up !== down))
  })
})

describe('drop_chunks on the wire', () => {
  afterEach(closeAll)

  it('takes the answer away and lets the connection live, then lets go', async () => {
    const stage = await wire(dropChunks)
    const live = await stage.live()
    await stage.strike({ loss: '100%' })
    live.socket.write(' lost')
    await until(() => stage.did().includes('drop'), 'the loss')
    await stage.heal()
    live.socket.write(' there')
    await until(() => live.text().endsWith(' there'), 'the answer')
    assert.equal(live.text(), 'hello there')
    await healthy(stage)
  })
})
