import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../src/core/units.ts'
import { cellCounts, Cells } from '../../src/record/cells.ts'
import { latencyQuantile, readCells } from '../../src/record/latencies.ts'

const of = (...latencies: readonly number[]): Cells => {
  const cells = new Cells()
  for (const one of latencies) cells.record(ms(one))
  return cells
}

describe('cells', () => {
  it('give back a latency to within a sixty-fourth, and never less than it was', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 600_000, noNaN: true }), (latency) => {
      const [value = -1] = readCells(cellCounts([of(latency)])).values
      const us = Math.round(latency * 1000) / 1000
      assert.ok(value >= us - 1e-9 && value <= us * (1 + 1 / 64) + 0.001, `${latency} is ${value}`)
    }))
  })

  it('give the quantile of all, whatever was recorded where', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 }), fc.constantFrom(0.5, 0.95, 0.99), (parts, q) => {
      const all = parts.flat().sort((a, b) => a - b)
      const exact = all[Math.max(0, Math.ceil(q * all.length - 1e-9) - 1)] ?? 0
      const value = latencyQuantile(readCells(cellCounts(parts.map((part) => of(...part)))), q) ?? -1
      assert.ok(value >= exact - 0.001 && value <= exact * (1 + 1 / 64) + 0.001, `${value} for ${exact}`)
    }))
  })

  it('count what is longer than ten minutes as ten, and what is below nothing as nothing', () => {
    assert.deepEqual(readCells(cellCounts([of(1e12, -5)])).values.map((value) => Math.round(value / 10_000)), [0, 60])
    assert.deepEqual(of(-5, 3).total, 2)
  })

  it('are as new after a reset', () => {
    const cells = of(1, 5, 100)
    cells.reset()
    assert.deepEqual([cells.total, cells.sum, cellCounts([cells])], [0, 0, []])
    cells.record(ms(2))
    assert.deepEqual(cellCounts([cells]), cellCounts([of(2)]))
  })

  it('of a damaged journal are read as far as they make sense', () => {
    assert.deepEqual(readCells([5, 1, -1, 4, 9_999_999, 1, 7, -2, 3, Number.NaN, 8]), { values: [0.005], counts: [1], total: 1 })
  })
})
