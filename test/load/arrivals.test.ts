import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms, perSecond } from '../../src/core/units.ts'
import { arrivalsOf, WHOLE, type ArrivalsOptions, type Share } from '../../src/load/arrivals.ts'
import { Curve, lengthOf, peakOf, waiting, type Stretch } from '../../src/load/curve.ts'

const rates = fc.double({ min: 0.1, max: 100_000, noNaN: true }).map(perSecond)
const begins = fc.double({ min: 0, max: 1e10, noNaN: true }).map(ms)
const SEND = { kind: 'redis', url: 'redis://x', command: ['PING'] } as const

interface Due { readonly n: number; readonly due: number }
function dues(count: number, spec: Partial<ArrivalsOptions['spec']>, { begin = ms(0), warmup = ms(0), seed = 7, share = WHOLE }: Partial<ArrivalsOptions> = {}): Due[] {
  const arrivals = arrivalsOf({ spec: { name: 'shop', rate: perSecond(100), connections: 1, send: SEND, ...spec }, begin, warmup, seed, share })
  return Array.from({ length: count }, () => {
    const { due } = arrivals
    return { due, n: arrivals.take() }
  })
}

describe('load: when operations are due', () => {
  it('does not drift: the ten-thousandth operation is ten thousand gaps after the first', () => {
    fc.assert(fc.property(rates, begins, (rate, begin) => {
      const all = dues(10_001, { rate }, { begin })
      const span = (all.at(-1)?.due ?? 0) - (all[0]?.due ?? 0)
      assert.ok(Math.abs(span - 1e7 / rate) < 0.01, `${span} for ${1e7 / rate}`)
    }), { numRuns: 20 })
  })

  it('begins within the first gap, never before the beginning', () => {
    fc.assert(fc.property(rates, begins, fc.integer(), (rate, begin, seed) => {
      const [first] = dues(1, { rate }, { begin, seed })
      assert.ok(first && first.due >= begin && first.due < begin + 1000 / rate + 1e-5)
    }))
  })

  it('keeps two loads of one rate out of step, and gives one seed the same times again', () => {
    for (const arrivals of [undefined, 'poisson'] as const) {
      const [a, b, again, other] = [dues(3, { name: 'a', arrivals }), dues(3, { name: 'b', arrivals }), dues(3, { name: 'a', arrivals }), dues(3, { name: 'a', arrivals }, { seed: 8 })]
      assert.notDeepEqual(a, b)
      assert.deepEqual(again, a)
      assert.notDeepEqual(other, a)
    }
  })

  it('spreads Poisson arrivals by the law: gaps whose mean and deviation are both 1 / rate', () => {
    const all = dues(20_001, { arrivals: 'poisson' })
    const gaps = all.slice(1).map(({ due }, i) => due - (all[i]?.due ?? 0))
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    assert.ok(Math.abs(mean - 10) < 0.3 && Math.abs(deviation - 10) < 0.3, `${mean} ${deviation}`)
    assert.ok(Math.abs(gaps.filter((gap) => gap > 20).length / gaps.length - Math.exp(-2)) < 0.01)
  })

  it('parts a load among processes: together they send each operation once, each at its own time', () => {
    for (const spec of [{}, { arrivals: 'poisson' as const }]) {
      const whole = dues(300, spec)
      const parts = [0, 1, 2].flatMap((index) => dues(100, spec, { share: { index, of: 3 } satisfies Share }))
      assert.deepEqual(parts.sort((a, b) => a.n - b.n), whole)
    }
    // Messages of one WebSocket are all of one process, though 5 connections do not divide by 2.
    const traffic = { kind: 'websocket', url: 'ws://x', headers: {}, over: ms(0), expect: 'echo', send: '{id}', compression: false } as const
    const odd = dues(40, { send: traffic, connections: 5 }, { share: { index: 1, of: 2 } })
    assert.deepEqual([...new Set(odd.map(({ n }) => n % 5))].sort(), [1, 3])
  })

  it('follows a profile once the warm-up is over, and keeps its last rate', () => {
    const ramp: Stretch[] = [{ over: ms(10_000), from: perSecond(0), to: perSecond(100) }]
    const inSecond = (all: readonly Due[], second: number): number => all.filter(({ due }) => due >= second * 1000 && due < (second + 1) * 1000).length
    const all = dues(1200, { profile: ramp }, { warmup: ms(2000) })
    // 0, 0; then 5, 15, 25 … 95; then 100.
    assert.deepEqual(Array.from({ length: 14 }, (_, second) => inSecond(all, second)).map((count, i) => Math.abs(count - ([0, 0, 5, 15, 25, 35, 45, 55, 65, 75, 85, 95, 100, 100][i] ?? 0)) <= 1), Array.from({ length: 14 }, () => true))
    const steps: Stretch[] = [{ over: ms(1000), from: perSecond(10), to: perSecond(10) }, { over: ms(1000), from: perSecond(50), to: perSecond(50) }, { over: ms(1000), from: perSecond(10), to: perSecond(10) }]
    const stepped = dues(120, { profile: steps }, { warmup: ms(1000) })
    assert.deepEqual([0, 1, 2, 3, 4].map((second) => inSecond(stepped, second)), [10, 10, 50, 10, 10])
    assert.deepEqual([lengthOf(steps), peakOf(steps)], [3000, 50])
  })

  it('is the inverse of the curve: as many are due by a time as lie under it', () => {
    const stretch = fc.record({ over: fc.integer({ min: 1, max: 5000 }).map(ms), from: fc.integer({ min: 0, max: 1000 }).map(perSecond), to: fc.integer({ min: 0, max: 1000 }).map(perSecond) })
    fc.assert(fc.property(fc.array(stretch, { minLength: 1, maxLength: 5 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (stretches, share) => {
      const area = (until: number): number => stretches.reduce((sum, { over, from, to }, i) => {
        const before = stretches.slice(0, i).reduce((all, one) => all + one.over, 0)
        const t = Math.max(0, Math.min(over, until - before)) / 1000
        return sum + from * t + ((to - from) / (over / 1000)) * t * t / 2
      }, 0)
      const count = share * area(Number.POSITIVE_INFINITY)
      assert.ok(Math.abs(area(new Curve(stretches, perSecond(0)).timeOf(count)) - count) < 1e-3)
    }))
    assert.equal(new Curve([{ over: ms(1000), from: perSecond(5), to: perSecond(0) }], perSecond(9)).timeOf(3), Number.POSITIVE_INFINITY)
    assert.deepEqual(waiting([], ms(5)), [])
  })
})
