import assert from 'node:assert/strict'
import { randomPoisson } from 'd3-random'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { detect, firstSince, perIntent, reconnectStorm, refill, retryAmplification, type Span, type Track } from '../../src/timing/traffic.ts'
import type { Times } from '../../src/timing/timing.ts'

const W = 250
const TIMES: Times = { baselineFrom: ms(0), baselineTo: ms(10_000), armed: ms(12_000), effect: ms(12_000), clear: ms(16_000), end: ms(30_000) }
const FAULT: Span = { from: ms(12_000), to: ms(16_000) }
const HOLD = ms(3000)

/** 120 buckets of `usual`, but for the stretches [from, to) in ms. */
function track(usual: number, ...stretches: readonly (readonly [number, number, number])[]): Track {
  const values = Array.from({ length: 120 }, (_, i) => stretches.findLast(([from, to]) => i * W >= from && i * W < to)?.[2] ?? usual)
  return { width: ms(W), start: ms(0), values }
}

describe('timing: retry amplification', () => {
  it('is attempts by intents, as a multiple of the baseline', () => {
    // Two queries an operation; three times as many while the fault is on.
    assert.deepEqual(retryAmplification(track(50, [12_000, 16_000, 150]), track(25), TIMES, FAULT), { value: 6, baseline: 2, factor: 3 })
  })

  it('is not moved by a load that grows: more intents are not retries', () => {
    assert.equal(retryAmplification(track(50, [12_000, 16_000, 100]), track(25, [12_000, 16_000, 50]), TIMES, FAULT)?.factor, 1)
  })

  it('is 0 where the application stopped asking, and undefined where there is nothing to divide by', () => {
    assert.equal(retryAmplification(track(50, [12_000, 16_000, 0]), track(25), TIMES, FAULT)?.factor, 0)
    assert.equal(retryAmplification(track(50), track(25, [12_000, 16_000, 0]), TIMES, FAULT), undefined)
    assert.equal(retryAmplification(track(0, [12_000, 16_000, 10]), track(25), TIMES, FAULT), undefined)
    assert.equal(retryAmplification(track(50), track(0), TIMES, FAULT), undefined)
  })
})

describe('timing: reconnect storm', () => {
  it('is the fullest second after the effect, beside the fullest of the baseline', () => {
    const attempts = track(1, [15_000, 15_500, 40], [17_000, 17_250, 60])
    assert.deepEqual(reconnectStorm(attempts, TIMES), { value: 82, baseline: 4, factor: 20.5 })
  })

  it('counts a baseline of less than one a second as one: a pool that opens nothing is no zero to divide by', () => {
    assert.deepEqual(reconnectStorm(track(0, [13_000, 13_250, 10]), TIMES), { value: 10, baseline: 0, factor: 10 })
    assert.deepEqual(reconnectStorm(track(0), TIMES), { value: 0, baseline: 0, factor: 0 })
  })

  it('looks at what came after the effect only', () => {
    assert.equal(reconnectStorm(track(0, [11_000, 11_250, 99]), TIMES)?.value, 0)
    assert.equal(reconnectStorm(track(0), { ...TIMES, effect: undefined }), undefined)
  })

  it('is a rate a second whatever the bucket', () => {
    const wide: Track = { width: ms(2000), start: ms(0), values: [2, 2, 2, 2, 2, 2, 20, 2, 2] }
    assert.deepEqual(reconnectStorm(wide, TIMES), { value: 10, baseline: 1, factor: 10 })
  })
})

describe('timing: refill', () => {
  it('takes from the clearing until the connections are back in their band and stay', () => {
    // The band is 20 +/- 4.
    const connections = track(20, [12_000, 17_000, 0], [17_000, 18_000, 15], [18_000, 18_500, 16])
    assert.deepEqual(refill(connections, TIMES, HOLD), { status: 'refilled', took: 2000 })
  })

  it('counts a relapse, and passes over a blip', () => {
    assert.deepEqual(refill(track(20, [12_000, 17_000, 0], [22_000, 23_000, 3]), TIMES, HOLD), { status: 'refilled', took: 7000 })
    assert.deepEqual(refill(track(20, [12_000, 17_000, 0], [22_000, 22_250, 3]), TIMES, HOLD), { status: 'refilled', took: 1000 })
  })

  it('does not take a pool that swells for one that is back', () => {
    assert.deepEqual(refill(track(20, [12_000, 17_000, 0], [17_000, 19_000, 45]), TIMES, HOLD), { status: 'refilled', took: 3000 })
  })

  it('says that it was kept, or not refilled, or nothing at all', () => {
    assert.deepEqual(refill(track(20, [12_000, 17_000, 19]), TIMES, HOLD), { status: 'kept', took: 0 })
    assert.deepEqual(refill(track(2, [12_000, 17_000, 1]), TIMES, HOLD), { status: 'kept', took: 0 })
    assert.deepEqual(refill(track(20, [12_000, 30_000, 0]), TIMES, HOLD), { status: 'not_refilled', observed: 14_000 })
    assert.deepEqual(refill(track(20, [12_000, 28_000, 0]), TIMES, HOLD), { status: 'not_refilled', observed: 14_000 })
    assert.equal(refill(track(20), { ...TIMES, clear: undefined }, HOLD), undefined)
    assert.equal(refill(track(20), { ...TIMES, baselineFrom: ms(5001) }, HOLD), undefined)
  })

  it('is 0 for a pool that was full again before the fault was cleared', () => {
    assert.deepEqual(refill(track(20, [12_000, 14_000, 0]), TIMES, HOLD), { status: 'refilled', took: 0 })
  })
})

describe('timing: first reaction and first success', () => {
  it('is the earliest of the signs, at its bucket', () => {
    const retry = perIntent(track(25, [13_000, 16_000, 50]), track(25))
    const signs = [{ reaction: 'reconnect', track: track(0, [13_500, 13_750, 1]) }, { reaction: 'retry', track: retry }] as const
    assert.deepEqual(detect(signs, TIMES), { at: 13_000, by: 'retry' })
    assert.deepEqual(detect(signs.slice(0, 1), TIMES), { at: 13_500, by: 'reconnect' })
  })

  it('is shedding when attempts fall below all that the baseline showed', () => {
    const shed = { reaction: 'shed', track: perIntent(track(25, [14_000, 16_000, 5]), track(25)) } as const
    assert.deepEqual(detect([shed], TIMES), { at: 14_000, by: 'shed' })
  })

  it('is nothing that the baseline showed already', () => {
    const sign = (...seen: readonly (readonly [number, number, number])[]) => [{ reaction: 'reconnect', track: track(25, ...seen, [13_000, 14_000, 50]) }] as const
    assert.equal(detect(sign(), TIMES)?.at, 13_000)
    assert.equal(detect(sign([5000, 5250, 60]), TIMES), undefined)
  })

  it('is no earlier than the effect, and needs one', () => {
    const reconnect = { reaction: 'reconnect', track: track(0, [12_000, 12_250, 5]) } as const
    assert.equal(detect([reconnect], { ...TIMES, effect: ms(12_100) })?.at, 12_100)
    assert.equal(detect([reconnect], { ...TIMES, effect: undefined }), undefined)
    assert.equal(detect([{ reaction: 'reconnect', track: track(0, [11_000, 11_250, 5]) }], TIMES), undefined)
  })

  it('seldom takes the scatter of a busy or of a sparse baseline for a reaction', () => {
    for (const mean of [25, 4, 1, 0.1]) {
      let alarms = 0
      for (let run = 0; run < 300; run++) {
        const draw = randomPoisson.source(randomStream(3, `${mean}/${run}`))(mean)
        const values = Array.from({ length: 120 }, () => draw())
        if (detect([{ reaction: 'reconnect', track: { width: ms(W), start: ms(0), values } }], TIMES)) alarms++
      }
      // At 0.1 one baseline in fifty has no attempt at all, and then a single one is news.
      assert.ok(alarms <= 15, `${alarms} of 300 at ${mean} a bucket`)
    }
  })

  it('sees nothing beyond a baseline that is not there', () => {
    assert.equal(detect([{ reaction: 'reconnect', track: track(3) }], { ...TIMES, baselineTo: ms(0) }), undefined)
  })

  it('gives the first bucket after the clearing that holds a success', () => {
    assert.equal(firstSince(track(25, [12_000, 17_100, 0]), ms(16_000)), 17_250)
    assert.equal(firstSince(track(25), ms(16_000)), 16_000)
    assert.equal(firstSince(track(25), ms(16_001)), 16_250)
    assert.equal(firstSince(track(25, [12_000, 30_000, 0]), ms(16_000)), undefined)
  })

  it('gives attempts for each intent, and 0 where nothing was meant', () => {
    assert.deepEqual(perIntent({ width: ms(W), start: ms(0), values: [4, 3, 2] }, { width: ms(W), start: ms(0), values: [2, 0] }).values, [2, 0, 0])
  })
})
