import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { operationsNeeded, widened, widthNeeded } from '../../src/timing/widen.ts'
import { seriesFrom } from './trace.ts'

describe('timing: wide enough', () => {
  it('needs 1 / (1 - q) operations for a quantile, rounding aside', () => {
    const needed = (q: number): number => operationsNeeded({ kind: 'latency', q }, 0.01)
    assert.deepEqual([0.5, 0.9, 0.95, 0.99, 0.999].map(needed), [2, 10, 20, 100, 1000])
  })

  it('needs as many operations for success as make a total failure improbable', () => {
    assert.equal(operationsNeeded({ kind: 'success' }, 1 / 1502), 1)
    assert.equal(operationsNeeded({ kind: 'success' }, 1 / 202), 2)
    assert.equal(operationsNeeded({ kind: 'success' }, 0.2), 5)
    assert.equal(operationsNeeded({ kind: 'success' }, 1), Number.POSITIVE_INFINITY)
  })

  it('doubles the width for a warning before the run until it holds enough', () => {
    assert.equal(widthNeeded({ kind: 'latency', q: 0.95 }, 100, ms(250)), 250)
    assert.equal(widthNeeded({ kind: 'latency', q: 0.95 }, 50, ms(250)), 500)
    assert.equal(widthNeeded({ kind: 'latency', q: 0.99 }, 100, ms(250)), 1000)
    assert.equal(widthNeeded({ kind: 'rate' }, 5, ms(250)), 4000)
    assert.equal(widthNeeded({ kind: 'success' }, 100, ms(250)), 250)
    assert.equal(widthNeeded({ kind: 'latency', q: 0.95 }, 0, ms(250)), 250)
  })

  it('merges whole buckets, and their latencies with them', () => {
    const one = (offered: number, ok: number): { offered: number; ok: number; error: number; timeout: number; indeterminate: number; dropped: number } => ({ offered, ok, error: 0, timeout: 0, indeterminate: 0, dropped: 0 })
    const narrow = seriesFrom([one(9, 9), one(1, 1), one(2, 2), one(3, 3), one(4, 4), one(9, 9)], [[9], [10], [20, 20], [30], [40], [9]], { start: 1000, width: 100 })
    const wide = widened(narrow, 1, 2)
    assert.equal(wide.start, 1100)
    assert.equal(wide.width, 200)
    assert.deepEqual(wide.counts.map(({ offered, ok }) => [offered, ok]), [[3, 3], [7, 7]])
    assert.equal(wide.latency(0.5, 0, 1), 20)
    assert.equal(wide.latency(1, 1, 2), 40)
    assert.equal(wide.latency(0, 0, 2), 10)
  })
})
