import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ManualClock, monotonicNow, realClock, TimerHeap } from '../../src/core/clock.ts'
import { ms } from '../../src/core/units.ts'

describe('the timer heap', () => {
  it('gives timers by time, then in the order of asking, and none that was cancelled', () => {
    fc.assert(fc.property(fc.array(fc.record({ due: fc.integer({ min: 0, max: 20 }), cancel: fc.boolean() }), { maxLength: 200 }), (asked) => {
      const heap = new TimerHeap()
      const ran: number[] = []
      const timers = asked.map(({ due }, i) => heap.add(ms(due), () => ran.push(i)))
      for (const [i, { cancel }] of asked.entries()) if (cancel) { timers[i]?.cancel(); timers[i]?.cancel() }
      const kept = asked.map(({ due, cancel }, i) => ({ due, cancel, i })).filter(({ cancel }) => !cancel)
      assert.equal(heap.size, kept.length)
      for (let action = heap.take(ms(20)); action; action = heap.take(ms(20))) action()
      assert.deepEqual(ran, kept.sort((a, b) => a.due - b.due || a.i - b.i).map(({ i }) => i))
      assert.equal(heap.size, 0)
    }))
  })

  it('gives nothing before its time', () => {
    const heap = new TimerHeap()
    heap.add(ms(10), () => undefined)
    assert.equal(heap.take(ms(9.999)), undefined)
    assert.equal(heap.next(), 10)
    assert.ok(heap.take(ms(10)))
  })
})

describe('the manual clock', () => {
  it('runs what comes due on the way at its own time, timers that beget timers too', () => {
    const clock = new ManualClock()
    const seen: number[] = []
    const again = (): void => { seen.push(clock.now()); if (seen.length < 4) clock.at(ms(clock.now() + 10), again) }
    clock.at(ms(5), again)
    clock.advance(ms(30))
    assert.deepEqual(seen, [5, 15, 25])
    assert.equal(clock.now(), 30)
  })
})

describe('the real clock', () => {
  it('is never early, and exact to a millisecond where the machine lets it', async () => {
    const late: number[] = []
    for (let i = 0; i < 40; i++) {
      const due = ms(monotonicNow() + 1 + (i % 7) * 1.3)
      await new Promise<void>((resolve) => { realClock.at(due, resolve) })
      late.push(monotonicNow() - due)
    }
    late.sort((a, b) => a - b)
    assert.ok((late[0] ?? -1) >= 0, `early by ${late[0]}`)
    assert.ok((late[20] ?? 9) < 1, `median late by ${late[20]}`)
  })

  it('runs many timers in order', async () => {
    const start = monotonicNow()
    const ran: number[] = []
    await Promise.all(Array.from({ length: 500 }, (_, i) => new Promise<void>((resolve) => {
      const due = (i * 37) % 50
      realClock.at(ms(start + due), () => { ran.push(due); resolve() })
    })))
    assert.deepEqual(ran, [...ran].sort((a, b) => a - b))
  })
})
