import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { latency } from '../../faults/tcp/latency.ts'
import { heldBy, Stage } from './scene.ts'
import { closeAll, endOf, exchange, healthy, tookAbout, until, wire } from './wire.ts'

const draws = (stage: Stage, count = 2000): number[] => Array.from({ length: count }, () => heldBy(stage.bytes('x')))
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('latency', () => {
  it('holds each chunk back by the delay', () => {
    assert.deepEqual(new Stage(latency, { delay: '200ms' }).bytes('x'), { kind: 'delay', by: 200 })
  })

  it('holds the end back as well, so that it does not overtake', () => {
    assert.deepEqual(new Stage(latency, { delay: '200ms' }).end(), { kind: 'delay', by: 200 })
  })

  it('acts on what goes to the client, so that a round trip is delayed once', () => {
    assert.equal(latency.direction, 'to-client')
  })

  it('scatters uniform jitter over the whole range and never beyond', () => {
    const held = draws(new Stage(latency, { delay: '100ms', jitter: '40ms' }))
    assert.ok(Math.min(...held) >= 60 && Math.min(...held) < 62, `least ${Math.min(...held)}`)
    assert.ok(Math.max(...held) <= 140 && Math.max(...held) > 138, `most ${Math.max(...held)}`)
  })

  for (const distribution of ['uniform', 'normal', 'lognormal', 'pareto', 'exponential']) {
    it(`keeps the mean at the delay with ${distribution} jitter`, () => {
      const held = draws(new Stage(latency, { delay: '500ms', jitter: '50ms', distribution }), 10_000)
      assert.ok(Math.abs(mean(held) - 500) < 5, `mean ${mean(held)}`)
      assert.ok(new Set(held).size > 9_000)
    })
  }

  it('is never below nothing, however wide the jitter', () => {
    assert.equal(Math.min(...draws(new Stage(latency, { delay: '1ms', jitter: '50ms', distribution: 'normal' }))), 0)
  })

  it('repeats the jitter before in the share of chunks that `correlation` asks for', () => {
    const held = draws(new Stage(latency, { delay: '100ms', jitter: '40ms', correlation: '75%' }), 4000)
    const repeated = held.filter((value, i) => i > 0 && value === held[i - 1]).length / held.length
    assert.ok(Math.abs(repeated - 0.75) < 0.03, `repeated ${repeated}`)
  })

  it('correlates each direction with itself alone', () => {
    const stage = new Stage(latency, { delay: '100ms', jitter: '40ms', correlation: '100%' })
    const [toClient, toServer] = [heldBy(stage.bytes('x', 'to-client')), heldBy(stage.bytes('x', 'to-server'))]
    assert.notEqual(toClient, toServer)
    assert.equal(heldBy(stage.bytes('x', 'to-client')), toClient)
    assert.equal(heldBy(stage.bytes('x', 'to-server')), toServer)
  })

  const curves = [
    { shape: 'constant', heights: [100, 100, 100, 100, 100] },
    { shape: 'ramp', heights: [100, 150, 200, 250, 300, 300, 300] },
    { shape: 'sine', heights: [100, 200, 300, 200, 100, 200, 300] },
    { shape: 'square', heights: [300, 300, 100, 100, 300, 300, 100] },
    { shape: 'sawtooth', heights: [100, 150, 200, 250, 100, 150, 200] },
  ]
  for (const { shape, heights } of curves) {
    it(`draws a ${shape} from the arming on, a quarter of a period at a time`, () => {
      const stage = new Stage(latency, { delay: '100ms', amplitude: '200ms', period: '8s', shape })
      const seen = heights.map(() => {
        const held = heldBy(stage.bytes('x'))
        stage.clock.advance(ms(2000))
        return Math.round(held)
      })
      assert.deepEqual(seen, heights)
    })
  }

  it('draws the same jitter from the same seed, and other jitter from another', () => {
    const run = (seed: number): number[] => draws(new Stage(latency, { delay: '100ms', jitter: '40ms' }, { seed }), 20)
    assert.deepEqual(run(7), run(7))
    assert.notDeepEqual(run(7), run(8))
  })
})

describe('latency on the wire', () => {
  afterEach(closeAll)

  it('delays a live and a new connection once a round trip', async () => {
    const stage = await wire(latency)
    const live = await stage.live()
    await stage.strike({ delay: '80ms' })
    for (const client of [live, await stage.client()]) tookAbout(await exchange(client, 'ping'), 80)
    await stage.heal()
    await healthy(stage)
  })

  it('does not limit throughput: ten sends 10 ms apart arrive 10 ms apart', async () => {
    const stage = await wire(latency)
    const live = await stage.live()
    await stage.strike({ delay: '150ms' })
    const start = performance.now()
    for (let i = 0; i < 10; i++) {
      live.socket.write('0123456789')
      await new Promise((resolve) => { setTimeout(resolve, 10) })
    }
    await until(() => live.bytes() === 105, 'all ten')
    tookAbout(performance.now() - start, 240)
  })

  it('lets the end come as late as the bytes', async () => {
    const stage = await wire(latency)
    const live = await stage.live()
    await stage.strike({ delay: '80ms' })
    live.socket.end()
    const { how, took } = await endOf(live)
    assert.equal(how, 'end')
    tookAbout(took, 80)
  })

  it('lets go at heal of what it holds, in order', async () => {
    const stage = await wire(latency)
    const live = await stage.live()
    await stage.strike({ delay: '1m' })
    live.socket.write('one ')
    await until(() => stage.did().length > 0, 'the first is held')
    live.socket.write('two')
    await stage.heal()
    await until(() => live.text() === 'helloone two', 'both')
  })
})
