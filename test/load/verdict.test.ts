import assert from 'node:assert/strict'
import { judgeLoad, type LoadFigures } from '../../src/load/verdict.ts'

const GOOD: LoadFigures = { name: 'shop', offered: 10_000, sent: 10_000, dropped: 0, droppedByUs: 0, latenessP99Ms: 1, serviceP99Ms: 20, cpu: 0.2, errors: {}, closes: {} }

describe('load: the verdict on the generator', () => {
  it('passes one that kept to its plan', () => {
    assert.deepEqual(judgeLoad(GOOD), { name: 'shop', valid: true, latenessP99Ms: 1, serviceP99Ms: 20, droppedShare: 0, cpu: 0.2, sent: 10_000, errors: {}, closes: {} })
  })

  it('refuses lateness over 5 ms, or over 5 % of a long service time', () => {
    assert.equal(judgeLoad({ ...GOOD, latenessP99Ms: 5 }).valid, true)
    assert.match(judgeLoad({ ...GOOD, latenessP99Ms: 5.1 }).why ?? '', /sent late \(p99 5\.1ms, at most 5ms\)/)
    assert.equal(judgeLoad({ ...GOOD, latenessP99Ms: 40, serviceP99Ms: 1000 }).valid, true)
    assert.equal(judgeLoad({ ...GOOD, latenessP99Ms: 51, serviceP99Ms: 1000 }).valid, false)
  })

  it('refuses more than 0.1 % dropped by its own fault, and says nothing of what the system made it drop', () => {
    assert.equal(judgeLoad({ ...GOOD, dropped: 10, droppedByUs: 10 }).valid, true)
    assert.match(judgeLoad({ ...GOOD, dropped: 11, droppedByUs: 11 }).why ?? '', /0\.11% of the operations were never sent/)
    const stalled = judgeLoad({ ...GOOD, dropped: 5000, droppedByUs: 0 })
    assert.deepEqual([stalled.valid, stalled.droppedShare], [true, 0.5])
  })

  it('refuses a generator that used more than 90 % of a core', () => {
    assert.match(judgeLoad({ ...GOOD, cpu: 0.95 }).why ?? '', /95% of a core/)
  })

  it('says every reason at once', () => {
    assert.equal(judgeLoad({ ...GOOD, cpu: 1, latenessP99Ms: 100, droppedByUs: 100 }).why?.split('; ').length, 3)
  })

  it('has nothing to say of a load that sent nothing', () => {
    assert.equal(judgeLoad({ ...GOOD, offered: 0, sent: 0, latenessP99Ms: undefined, serviceP99Ms: undefined }).valid, true)
  })
})
