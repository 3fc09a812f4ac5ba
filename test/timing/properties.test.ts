import assert from 'node:assert/strict'
import fc from 'fast-check'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { analyse } from '../../src/timing/analyse.ts'
import type { Series } from '../../src/timing/series.ts'
import type { Measure, Times, Timing } from '../../src/timing/timing.ts'
import { healthy, type Operation, seriesOf, type Simple, simpleSeries, steady } from './trace.ts'

const W = 250
const TIMES: Times = { baselineFrom: ms(0), baselineTo: ms(10_000), armed: ms(12_000), effect: ms(12_000), clear: ms(14_000), end: ms(30_000) }
const timing = (series: Series, measure: Measure, times = TIMES): Timing => analyse(series, { measure, times, hold: ms(3000), minSamples: 200 })
const measures = fc.constantFrom<Measure>({ kind: 'success' }, { kind: 'latency', q: 0.5 }, { kind: 'latency', q: 0.95 }, { kind: 'rate' })

/** One operation every 2 ms, all but immediate; those begun in [from, to) fail at once. */
const GAP = 2
function failingFrom(from: number, to: number, phase: number): Series {
  const operations = steady(1000 / GAP, 0, 30_000, (at) => ({ took: 0.5, fate: at >= from && at < to ? 'error' : 'ok' }))
  return seriesOf(operations, { start: -phase, end: 30_000, width: W })
}

describe('timing: properties', () => {
  it('finds onset and recovery within W of the truth, and shifting the bucket phase moves them by at most W', () => {
    const outages = fc.record({ from: fc.integer({ min: 12_000, max: 15_000 }), length: fc.integer({ min: 1000, max: 8000 }), measure: measures })
    fc.assert(fc.property(outages, fc.integer({ min: 0, max: W - 1 }), fc.integer({ min: 0, max: W - 1 }), ({ from, length, measure }, one, other) => {
      const times: Times = { ...TIMES, effect: ms(from), clear: ms(from + length) }
      const found = [one, other].map((phase) => timing(failingFrom(from, from + length, phase), measure, times))
      for (const { onset, recovered } of found) {
        assert.ok(onset !== undefined && Math.abs(onset - from) <= W, `onset ${onset} of ${from}`)
        assert.ok(recovered !== undefined && Math.abs(recovered - from - length) <= W, `recovered ${recovered} of ${from + length}`)
      }
      const moved = (figure: 'onset' | 'recovered'): number => Math.abs((found[0]?.[figure] ?? Number.NaN) - (found[1]?.[figure] ?? Number.NaN))
      // Operations come one every GAP: an edge is no sharper than that.
      assert.ok(moved('onset') <= W + GAP, `onset moved by ${moved('onset')}`)
      assert.ok(moved('recovered') <= W + GAP, `recovery moved by ${moved('recovered')}`)
    }), { numRuns: 60 })
  })

  it('gives a triangle the area of its closed form', () => {
    const offered = 10_000
    const triangles = fc.record({ rise: fc.integer({ min: 2, max: 24 }), fall: fc.integer({ min: 2, max: 24 }), deep: fc.double({ min: 0.2, max: 1, noNaN: true }) })
    fc.assert(fc.property(triangles, ({ rise, fall, deep }) => {
      const all: Simple[] = Array.from({ length: 120 }, (_, i) => {
        // The share that fails, at the middle of the bucket: up from bucket 48 on, down again after `rise`.
        const at = i + 0.5 - 48
        const share = Math.max(0, Math.min(at / rise, (rise + fall - at) / fall))
        return { offered, bad: Math.round(offered * deep * share) }
      })
      const { area, lost, depth } = timing(simpleSeries(all), { kind: 'success' })
      const closed = (deep * (rise + fall)) / 2
      // Whole operations: half of one a bucket at the most.
      assert.ok(Math.abs(area - closed * W) <= ((rise + fall) * W * 0.5) / offered + 1e-6, `area ${area}, closed form ${closed * W}`)
      assert.ok(Math.abs(lost - closed * offered) <= (rise + fall) * 0.5 + 1e-6)
      assert.ok(depth <= deep + 1 / offered)
    }))
  })

  it('never shortens a recovery when the outage is longer', () => {
    fc.assert(fc.property(fc.integer({ min: 1000, max: 8000 }), fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: W - 1 }), (length, more, phase) => {
      const recoveredAfter = (outage: number): number => timing(failingFrom(12_000, 12_000 + outage, phase), { kind: 'success' }).recovered ?? Number.NaN
      assert.ok(recoveredAfter(length + more) >= recoveredAfter(length))
    }), { numRuns: 40 })
  })

  const counts = fc.record({
    offered: fc.nat(40), ok: fc.nat(40), error: fc.nat(5), timeout: fc.nat(3), indeterminate: fc.nat(2), dropped: fc.nat(2), latency: fc.double({ min: 0.1, max: 500, noNaN: true }),
  })
  it('is consistent with itself, whatever the signal', () => {
    fc.assert(fc.property(fc.array(counts, { minLength: 60, maxLength: 120 }), measures, fc.integer({ min: 9000, max: 14_999 }), fc.option(fc.nat(10_000)), (all, measure, effect, lasts) => {
      const end = all.length * W
      const series: Series = { width: ms(W), start: ms(0), counts: all, latency: (_q, from) => ms(all[from]?.latency ?? 0) }
      const clear = lasts === null ? undefined : ms(Math.min(end, effect + lasts))
      const found = timing(series, measure, { ...TIMES, effect: ms(effect), clear, end: ms(end) })
      const { status, episodes, onset, recovered, recovery, flaps, depth, area, degraded, lost } = found
      assert.ok(depth >= 0 && depth <= 1 && area >= 0 && area <= degraded + 1e-6 && lost >= 0)
      assert.ok(degraded <= end - effect + found.width)
      assert.equal(onset, episodes[0]?.from)
      assert.equal(flaps, Math.max(0, episodes.length - 1))
      for (const { from, to } of episodes) assert.ok(from >= effect && to > from && to <= end)
      const known = status === 'recovered' || status === 'recovered_during_fault'
      assert.equal(recovered !== undefined, known)
      assert.equal(recovery !== undefined, known)
      if (recovered !== undefined && clear !== undefined) assert.equal(recovery, Math.max(0, recovered - clear))
      assert.equal(episodes.length === 0, status === 'not_degraded' || status === 'insufficient_data')
    }), { numRuns: 300 })
  })

  it('is the same function each time: a noisy run, analysed twice', () => {
    const run = (): Operation[] => [...healthy({ rate: 100, median: 20, sigma: 1, errors: 0.02, slow: 0.05 }, 0, 30_000, randomStream(7, 'noisy'))]
    const series = (): Series => seriesOf(run(), { start: 0, end: 30_000, width: W })
    assert.deepEqual(timing(series(), { kind: 'latency', q: 0.95 }), timing(series(), { kind: 'latency', q: 0.95 }))
  })
})
