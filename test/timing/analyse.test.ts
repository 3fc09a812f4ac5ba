import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { analyse } from '../../src/timing/analyse.ts'
import { bucketAt } from '../../src/timing/judge.ts'
import type { Series } from '../../src/timing/series.ts'
import type { Measure, Options, Times, Timing } from '../../src/timing/timing.ts'
import { type Fate, type Operation, seriesOf, type Simple, simpleSeries, steady } from './trace.ts'

const W = 250
const SUCCESS: Measure = { kind: 'success' }
const P95: Measure = { kind: 'latency', q: 0.95 }
/** 10 s of baseline, a fault from 12 s to 16 s, watched until 40 s. */
const TIMES: Times = { baselineFrom: ms(0), baselineTo: ms(10_000), armed: ms(12_000), effect: ms(12_000), clear: ms(16_000), end: ms(40_000) }

const timing = (series: Series, measure: Measure, options: Partial<Options> = {}): Timing =>
  analyse(series, { measure, times: TIMES, hold: ms(3000), minSamples: 200, ...options })

interface Operations { readonly rate?: number; readonly end?: number; readonly start?: number; readonly width?: number }
/** A load of 100/s that answers in 5 ms, but for what `during` says of operations begun in [from, to). */
function outage(from: number, to: number, during: (at: number) => { took: number; fate: Fate }, { rate = 100, end = 40_000, start = 0, width = W }: Operations = {}): Series {
  const fateAt = (at: number): { took: number; fate: Fate } => (at >= from && at < to ? during(at) : { took: 5, fate: 'ok' })
  return seriesOf(steady(rate, start, end, fateAt), { start, end, width })
}
const failing = (): { took: number; fate: Fate } => ({ took: 2, fate: 'error' })

/** 160 buckets of 25 operations, changed from bucket `at` on by `change`, one entry a bucket. */
function buckets(at: number, change: readonly Partial<Simple>[]): Series {
  const all: Simple[] = Array.from({ length: 160 }, () => ({ offered: 25 }))
  change.forEach((one, i) => { all[at + i] = { offered: 25, ...one } })
  return simpleSeries(all, W)
}
const BAD = { bad: 25 }
const GOOD = {}
const times = (count: number, one: Partial<Simple>): readonly Partial<Simple>[] => new Array<Partial<Simple>>(count).fill(one)

describe('timing: onset and recovery', () => {
  for (const measure of [SUCCESS, P95]) {
    it(`finds a step down and up again at its exact times, by ${measure.kind}`, () => {
      const found = timing(outage(12_000, 17_100, measure.kind === 'success' ? failing : () => ({ took: 300, fate: 'ok' })), measure)
      assert.equal(found.status, 'recovered')
      assert.ok(Math.abs((found.onset ?? 0) - 12_000) <= W, `onset ${found.onset}`)
      const end = measure.kind === 'success' ? 17_100 : 17_400
      assert.ok(Math.abs((found.recovered ?? 0) - end) <= W, `recovered ${found.recovered}`)
      assert.equal(found.recovery, (found.recovered ?? 0) - 16_000)
      assert.equal(found.sinceFault, (found.recovered ?? 0) - 12_000)
      assert.equal(found.flaps, 0)
      assert.equal(found.width, W)
      assert.equal(found.widened, false)
    })
  }

  it('says not_degraded of a blip of one bucket, and counts it', () => {
    const found = timing(buckets(50, [BAD]), SUCCESS)
    assert.equal(found.status, 'not_degraded')
    assert.equal(found.blips, 1)
    assert.deepEqual(found.episodes, [])
    assert.equal(found.onset, undefined)
    assert.equal(found.recovery, undefined)
    assert.equal(found.degraded, W)
  })

  it('does not let a blip of one bucket put a recovery off', () => {
    const found = timing(buckets(48, [...times(20, BAD), ...times(4, GOOD), BAD]), SUCCESS)
    assert.equal(found.recovered, 68 * W)
    assert.equal(found.recovery, 68 * W - 16_000)
    assert.equal(found.blips, 1)
    assert.equal(found.flaps, 0)
  })

  it('takes two bad buckets within the hold for the same episode', () => {
    const found = timing(buckets(48, [...times(20, BAD), ...times(4, GOOD), BAD, BAD]), SUCCESS)
    assert.equal(found.recovered, 74 * W)
    assert.equal(found.flaps, 0)
  })

  it('moves the recovery to the end of a second episode after a good stretch, and counts a flap', () => {
    const found = timing(buckets(48, [...times(20, BAD), ...times(20, GOOD), BAD, BAD, BAD]), SUCCESS)
    assert.equal(found.status, 'recovered')
    assert.equal(found.recovered, 91 * W)
    assert.equal(found.flaps, 1)
    assert.deepEqual(found.episodes, [{ from: 48 * W, to: 68 * W }, { from: 88 * W, to: 91 * W }])
  })

  it('sees a total stall before it ends: onset within the timeout and two buckets', () => {
    const timeout = 2000
    const stalled = timing(outage(12_000, 17_000, () => ({ took: timeout, fate: 'timeout' })), SUCCESS)
    assert.ok((stalled.onset ?? Number.NaN) <= 12_000 + timeout + 2 * W)
    // None completed while operations were offered: that is known long before the first timeout.
    assert.ok((stalled.onset ?? Number.NaN) <= 12_000 + 2 * W, `onset ${stalled.onset}`)
    assert.ok((stalled.recovered ?? 0) >= 19_000 - W, 'the last timeouts end at 19 s')
  })

  it('says late_onset of what becomes bad only after the fault was cleared', () => {
    const found = timing(outage(20_000, 23_000, failing), SUCCESS)
    assert.equal(found.lateOnset, true)
    assert.equal(found.onset, 20_000)
    assert.equal(found.status, 'recovered')
    assert.equal(timing(outage(16_000, 23_000, failing), SUCCESS).lateOnset, true)
    assert.equal(timing(outage(15_000, 23_000, failing), SUCCESS).lateOnset, false)
  })

  it('backdates the onset of a slow ramp to the first of the bad buckets, not to when it was sure', () => {
    // One failure more a bucket: 0, 1, 2, 3 … of 25. Two of 25 are improbable where the baseline had none in 1000.
    const found = timing(buckets(52, Array.from({ length: 30 }, (_, i) => ({ bad: Math.min(25, i) }))), SUCCESS)
    assert.equal(found.onset, 54 * W)
    assert.equal(found.recovered, 82 * W)
  })

  it('gives 0 and its own status to a recovery before the fault was cleared', () => {
    const found = timing(outage(12_000, 13_500, failing), SUCCESS)
    assert.equal(found.status, 'recovered_during_fault')
    assert.equal(found.recovery, 0)
    assert.equal(found.sinceFault, 1500)
  })

  it('does not take an outage that ends with its fault for a recovery during it', () => {
    // Cleared 2 ms into a bucket: that one is good, and ends the episode 2 ms before t_clear.
    const found = timing(outage(12_000, 16_002, failing), SUCCESS, { times: { ...TIMES, clear: ms(16_002) } })
    assert.equal(found.status, 'recovered')
    assert.equal(found.recovery, 0)
  })

  it('has nothing to do with bad buckets before the fault took effect', () => {
    const found = timing(outage(10_500, 11_500, failing), SUCCESS)
    assert.equal(found.status, 'not_degraded')
    assert.equal(found.degraded, 0)
  })

  it('begins no episode before t_effect, in whatever bucket that falls', () => {
    const found = timing(outage(12_130, 16_000, failing), SUCCESS, { times: { ...TIMES, effect: ms(12_130) } })
    assert.equal(found.onset, 12_130)
    assert.equal(found.episodes[0]?.from, 12_130)
  })
})

describe('timing: what cannot be said is not made up', () => {
  it('gives no recovery time to what never heals: more than was observed', () => {
    // The callers gave up: a tenth of them still ask.
    const found = timing(buckets(48, times(112, { offered: 3, bad: 3 })), SUCCESS)
    assert.equal(found.status, 'not_recovered')
    assert.equal(found.recovery, undefined)
    assert.equal(found.recovered, undefined)
    assert.equal(found.sinceFault, undefined)
    assert.equal(found.observed, 24_000)
    assert.deepEqual(found.episodes, [{ from: 12_000, to: 40_000 }])
  })

  it('calls it metastable when it stays down although the fault is gone and the offered load is back', () => {
    // A retry storm that persists: everything times out, the load is what it was.
    const found = timing(outage(12_000, 40_000, () => ({ took: 2000, fate: 'timeout' })), SUCCESS)
    assert.equal(found.status, 'metastable')
    assert.equal(found.recovery, undefined)
    assert.equal(found.observed, 24_000)
  })

  it('does not call it metastable while the fault is still armed, or just gone', () => {
    const series = outage(12_000, 40_000, failing)
    assert.equal(timing(series, SUCCESS, { times: { ...TIMES, clear: undefined } }).status, 'not_recovered')
    assert.equal(timing(series, SUCCESS, { times: { ...TIMES, clear: ms(38_000) } }).status, 'not_recovered')
  })

  it('does not believe in a recovery without a whole hold after it', () => {
    const found = timing(outage(12_000, 38_000, failing), SUCCESS)
    assert.equal(found.status, 'not_recovered', 'good for 2 s of a hold of 3 s, so neither recovered nor stuck')
    assert.equal(found.observed, 24_000)
  })

  it('does not believe in a recovery that is mostly unknown', () => {
    const found = timing(buckets(48, [...times(20, BAD), ...times(92, { offered: 0 })]), SUCCESS)
    assert.equal(found.status, 'not_recovered')
  })

  it('says not_exercised when no operation was altered, whatever the signal did', () => {
    const found = timing(outage(12_000, 17_000, failing), SUCCESS, { times: { ...TIMES, effect: undefined } })
    assert.equal(found.status, 'not_exercised')
    assert.deepEqual(found.episodes, [])
    assert.equal(found.degraded, 0)
  })

  it('says insufficient_data of an idle system', () => {
    for (const measure of [SUCCESS, P95, { kind: 'rate' } as const]) {
      const found = timing(simpleSeries(new Array<Simple>(160).fill({ offered: 0 })), measure)
      assert.equal(found.status, 'insufficient_data')
      assert.equal(found.baseline, undefined)
    }
  })

  it('says insufficient_data of a baseline in which everything failed: nothing could be worse', () => {
    assert.equal(timing(simpleSeries(new Array<Simple>(160).fill({ offered: 25, bad: 25 })), SUCCESS).status, 'insufficient_data')
  })

  it('says insufficient_data when a signal fell silent with the fault', () => {
    assert.equal(timing(buckets(48, times(112, { offered: 0 })), SUCCESS).status, 'insufficient_data')
  })

  it('refuses a baseline of fewer than 20 buckets, or of fewer operations than asked for', () => {
    const series = outage(12_000, 17_000, failing)
    const from = (baselineFrom: number): Partial<Options> => ({ times: { ...TIMES, baselineFrom: ms(baselineFrom) } })
    assert.equal(timing(series, SUCCESS, from(5000)).baseline?.buckets, 20)
    assert.equal(timing(series, SUCCESS, from(5001)).status, 'insufficient_data')
    assert.equal(timing(series, SUCCESS, { minSamples: 1000 }).baseline?.samples, 1000)
    assert.equal(timing(series, SUCCESS, { minSamples: 1001 }).status, 'insufficient_data')
  })

  it('answers from the part of a run that there is', () => {
    // The journal ends in the fault: nothing is known of its clearing.
    const found = timing(outage(12_000, 17_000, failing, { end: 14_000 }), SUCCESS, { times: { ...TIMES, clear: undefined, end: ms(14_000) } })
    assert.equal(found.status, 'not_recovered')
    assert.equal(found.onset, 12_000)
    assert.equal(found.observed, undefined)
  })

  it('leaves out a last bucket that was cut short', () => {
    const found = timing(outage(39_600, 40_000, failing, { end: 39_700 }), SUCCESS, { times: { ...TIMES, end: ms(39_700) } })
    assert.equal(found.buckets.length, 158)
  })
})

describe('timing: what a bucket is worth', () => {
  it('does not let instant errors improve latency', () => {
    const found = timing(outage(12_000, 16_000, (at) => (at % 20 === 0 ? { took: 1, fate: 'ok' } : { took: 1, fate: 'error' })), P95)
    assert.equal(found.status, 'recovered')
    assert.equal(found.onset, 12_000)
    assert.ok(found.depth >= 0.4 && found.depth <= 0.6, `half was served, depth ${found.depth}`)
  })

  it('does not let an application gain by requests that hang for ever', () => {
    const hanging = outage(12_000, 16_000, () => ({ took: 2000, fate: 'timeout' }))
    const timingOut = outage(12_000, 16_000, () => ({ took: 500, fate: 'error' }))
    for (const measure of [SUCCESS, P95]) {
      const [stuck, quick] = [timing(hanging, measure), timing(timingOut, measure)]
      assert.ok(stuck.degraded >= quick.degraded, `${stuck.degraded} < ${quick.degraded}`)
      assert.ok((stuck.recovery ?? 0) >= (quick.recovery ?? 0))
      assert.ok(stuck.area >= quick.area && stuck.depth >= quick.depth)
    }
  })

  it('widens the buckets by doubling where the rate cannot give the quantile, and says so', () => {
    const found = timing(outage(12_000, 17_000, () => ({ took: 400, fate: 'ok' }), { rate: 50 }), P95)
    assert.equal(found.widened, true)
    assert.equal(found.width, 500)
    assert.equal(found.baseline?.buckets, 20)
    assert.ok(Math.abs((found.onset ?? 0) - 12_000) <= 500)
    assert.ok(Math.abs((found.recovered ?? 0) - 17_400) <= 500)
    assert.equal(timing(outage(0, 0, failing, { rate: 50 }), SUCCESS).widened, false)
  })

  it('says insufficient_data where even wide buckets cannot give the quantile', () => {
    assert.equal(timing(outage(0, 0, failing, { rate: 100 }), { kind: 'latency', q: 0.99 }).status, 'insufficient_data')
  })

  it('bears with a fifth of the baseline below what the quantile needs, and widens beyond it', () => {
    // 40 buckets, every so many of which hold 19 operations instead of 25.
    const thinned = (sparse: (i: number) => boolean): Timing => timing(simpleSeries(Array.from({ length: 160 }, (_, i) => ({ offered: sparse(i) ? 19 : 25 }))), P95)
    assert.equal(thinned((i) => i % 5 === 0).width, W)
    assert.equal(thinned((i) => i % 5 === 0).buckets[0], 'unknown')
    assert.equal(thinned((i) => i % 5 === 0 || i === 1).width, 2 * W)
  })

  it('counts the known buckets of a baseline, not the unknown ones', () => {
    const of = (length: number): Timing => timing(simpleSeries(Array.from({ length: 160 }, (_, i) => ({ offered: i < 4 ? 10 : 25 }))), P95, { times: { ...TIMES, baselineTo: ms(length * W) } })
    assert.equal(of(24).baseline?.buckets, 24)
    assert.equal(of(23).status, 'insufficient_data')
  })

  it('counts timeouts among the operations that a latency is judged by', () => {
    const series = outage(0, 0, failing)
    const timeouts: Series = { ...series, counts: series.counts.map((counts) => ({ ...counts, ok: counts.ok - 8, timeout: 8 })) }
    assert.equal(timing(timeouts, P95).width, W)
  })

  it('holds an absolute objective whatever the baseline was', () => {
    // One error in 25 throughout: normal here, and yet below 99 %.
    const series = simpleSeries(new Array<Simple>(160).fill({ offered: 25, bad: 1 }))
    assert.equal(timing(series, SUCCESS).status, 'not_degraded')
    assert.equal(timing(series, SUCCESS, { successAtLeast: 0.99 }).status, 'metastable')
    assert.equal(timing(series, SUCCESS, { successAtLeast: 0.99 }).baseline?.badBelow, 0.99)
  })

  it('keeps to the absolute tolerance where the relative one is next to nothing', () => {
    const slower = (latency: number): Timing => timing(buckets(48, times(20, { latency })), P95)
    assert.equal(slower(25).status, 'not_degraded')
    assert.equal(slower(25.1).status, 'recovered')
    assert.equal(slower(25.1).baseline?.badAbove, 25)
    assert.equal(timing(buckets(48, times(20, { latency: 25.1 })), P95, { tolerance: { abs: ms(6), rel: 0.2 } }).status, 'not_degraded')
  })

  it('finds a rate that falls or overshoots, by what was offered', () => {
    const found = timing(buckets(48, times(20, { bad: 6 })), { kind: 'rate' })
    assert.equal(found.onset, 12_000)
    assert.equal(found.recovered, 68 * W)
    // Half the load, all of it served, is no loss of rate.
    assert.equal(timing(buckets(48, times(20, { offered: 22 })), { kind: 'rate' }).status, 'not_degraded')
    // Twice as many answers as questions, out of nothing, are not normal either.
    const doubled = outage(0, 0, failing)
    const counts = doubled.counts.map((one, i) => (i >= 48 && i < 60 ? { ...one, ok: 2 * one.ok } : one))
    assert.equal(timing({ ...doubled, counts }, { kind: 'rate' }).recovered, 60 * W)
  })

  it('does not count the burst that ends a pause as a second bad bucket of the rate', () => {
    // Nothing is answered in [from, to), everything at once after it.
    const pause = (from: number, to: number): Series => outage(from, to, (at) => ({ took: to - at + 1, fate: 'ok' }))
    const brief = timing(pause(12_650, 12_800), { kind: 'rate' })
    assert.deepEqual([brief.status, brief.blips], ['not_degraded', 1])
    const long = timing(pause(12_000, 14_100), { kind: 'rate' })
    assert.equal(long.status, 'recovered_during_fault')
    assert.equal(long.recovered, 14_000)
  })

  it('counts dropped and indeterminate operations among the failures', () => {
    for (const fate of ['dropped', 'indeterminate'] as const) {
      assert.equal(timing(outage(12_000, 17_000, () => ({ took: 1, fate })), SUCCESS).recovered, 17_000)
    }
  })

  it('passes over unknown buckets: rare operations that all fail are an outage', () => {
    // An open circuit breaker lets one probe in four buckets through; a retry goes with it, so that two operations fail.
    const rare = Array.from({ length: 20 }, (_, i) => (i % 4 === 0 ? { offered: 2, bad: 2 } : { offered: 0 }))
    const found = timing(buckets(48, rare), SUCCESS)
    assert.equal(found.onset, 12_000)
    assert.equal(found.flaps, 0)
    assert.equal(found.degraded, 5 * W)
  })

  it('calls a bucket unknown where even failing altogether would prove nothing', () => {
    const found = timing(buckets(60, [{ offered: 1, bad: 1 }]), SUCCESS, { times: { ...TIMES, baselineFrom: ms(4000) } })
    assert.equal(found.buckets[60 - 16], 'unknown')
  })

  it('starts its chart at the first whole bucket of the baseline', () => {
    const found = timing(outage(12_000, 16_000, failing), SUCCESS, { times: { ...TIMES, baselineFrom: ms(2100) } })
    assert.equal(found.start, 2250)
    assert.equal(found.buckets.length, (40_000 - 2250) / W)
    assert.equal(found.buckets.indexOf('bad'), (12_000 - 2250) / W)
  })
})

describe('timing: how much was lost', () => {
  it('adds up the bad buckets: degraded time, depth, area and lost operations', () => {
    const found = timing(buckets(48, [...times(4, { bad: 5 }), ...times(4, { bad: 20 })]), SUCCESS)
    assert.equal(found.degraded, 8 * W)
    assert.ok(Math.abs(found.depth - 0.8) < 1e-9)
    assert.ok(Math.abs(found.area - (4 * 0.2 + 4 * 0.8) * W) < 1e-9)
    assert.ok(Math.abs(found.lost - 100) < 1e-9)
  })

  it('measures against what the baseline served, not against perfection', () => {
    const half: Simple[] = Array.from({ length: 160 }, (_, i) => ({ offered: 100, bad: i >= 48 && i < 52 ? 75 : 50 }))
    const found = timing(simpleSeries(half), SUCCESS)
    assert.ok(Math.abs(found.depth - 0.5) < 1e-9)
    assert.ok(Math.abs(found.lost - 100) < 1e-9)
  })

  it('charges latency by how many times slower it was', () => {
    const found = timing(buckets(48, times(8, { latency: 80 })), P95)
    assert.equal(found.depth, 0.75)
    assert.equal(found.area, 0.75 * 8 * W)
    assert.equal(found.lost, 0)
  })

  it('loses nothing in a run that stayed good, however its buckets scatter', () => {
    const found = timing(simpleSeries(Array.from({ length: 160 }, (_, i) => ({ offered: 25, latency: 20 + (i % 5) }))), P95)
    assert.deepEqual([found.status, found.area, found.depth, found.lost, found.degraded], ['not_degraded', 0, 0, 0, 0])
  })
})

describe('timing: only the monotonic line counts', () => {
  it('gives the same figures wherever on it the run lies', () => {
    const shift = 987_654_321
    const moved = (series: Series): Series => ({ ...series, start: ms(series.start + shift) })
    const series = outage(12_000, 17_100, failing)
    const there: Times = { baselineFrom: ms(shift), baselineTo: ms(shift + 10_000), armed: ms(shift + 12_000), effect: ms(shift + 12_000), clear: ms(shift + 16_000), end: ms(shift + 40_000) }
    const [here, away] = [timing(series, SUCCESS), timing(moved(series), SUCCESS, { times: there })]
    assert.equal((away.onset ?? 0) - shift, here.onset)
    assert.equal((away.recovered ?? 0) - shift, here.recovered)
    assert.deepEqual({ ...away, start: 0, onset: 0, recovered: 0, episodes: [] }, { ...here, start: 0, onset: 0, recovered: 0, episodes: [] })
  })

  it('looks at no clock: the wall clock stepping back an hour changes nothing', () => {
    const series = outage(12_000, 17_100, failing)
    const before = timing(series, SUCCESS)
    const real = Date.now
    try {
      Date.now = () => real() - 3_600_000
      assert.deepEqual(timing(series, SUCCESS), before)
    } finally {
      Date.now = real
    }
  })

  it('knows a border of a bucket in spite of rounding', () => {
    const grid = { start: ms(987_654_321.123), width: ms(250.1) }
    for (let i = 0; i < 1000; i++) assert.equal(bucketAt(grid, ms(grid.start + i * grid.width)), i)
    assert.ok(Math.abs(bucketAt(grid, ms(grid.start + 0.25 * grid.width)) - 0.25) < 1e-6)
  })

  it('is not moved by the order in which operations were recorded', () => {
    const operations: Operation[] = [...steady(100, 0, 40_000, (at) => (at >= 12_000 && at < 17_000 ? { took: 700, fate: 'ok' } : { took: 5, fate: 'ok' }))]
    const grid = { start: 0, end: 40_000, width: W }
    assert.deepEqual(timing(seriesOf([...operations].reverse(), grid), P95), timing(seriesOf(operations, grid), P95))
  })
})
