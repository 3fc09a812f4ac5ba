import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms, perSecond } from '../../src/core/units.ts'
import { dueAt, scheduleOf } from '../../src/load/schedule.ts'

const rates = fc.double({ min: 0.1, max: 100_000, noNaN: true }).map(perSecond)
const begins = fc.double({ min: 0, max: 1e10, noNaN: true }).map(ms)

describe('load: the schedule', () => {
  it('is a function of the operation’s number alone: asked in any order, any number of times, it says the same', () => {
    fc.assert(fc.property(rates, begins, fc.array(fc.nat(1_000_000)), (rate, begin, numbers) => {
      const schedule = scheduleOf('shop', rate, begin, 7)
      const forward = numbers.map((i) => dueAt(schedule, i))
      const backward = [...numbers].reverse().map((i) => dueAt(schedule, i)).reverse()
      assert.deepEqual(forward, backward)
    }))
  })

  it('does not drift: the millionth operation is a million gaps after the first', () => {
    fc.assert(fc.property(rates, begins, (rate, begin) => {
      const schedule = scheduleOf('shop', rate, begin, 7)
      const span = dueAt(schedule, 1_000_000) - dueAt(schedule, 0)
      assert.ok(Math.abs(span - 1e9 / rate) < 0.01, `${span} for ${1e9 / rate}`)
    }))
  })

  it('begins within the first gap, never before the beginning', () => {
    fc.assert(fc.property(rates, begins, fc.integer(), (rate, begin, seed) => {
      const first = dueAt(scheduleOf('shop', rate, begin, seed), 0)
      assert.ok(first >= begin && first < begin + 1000 / rate + 1e-5)
    }))
  })

  it('keeps two loads of one rate out of step, and gives one seed the same phases again', () => {
    const [a, b] = [scheduleOf('a', perSecond(10), ms(0), 1), scheduleOf('b', perSecond(10), ms(0), 1)]
    assert.notEqual(a.first, b.first)
    assert.deepEqual(scheduleOf('a', perSecond(10), ms(0), 1), a)
    assert.notEqual(scheduleOf('a', perSecond(10), ms(0), 2).first, a.first)
  })
})
