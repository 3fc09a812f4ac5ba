import assert from 'node:assert/strict'
import { build, JsHistogram } from 'hdr-histogram-js'
import { ms } from '../../src/core/units.ts'
import { newHistogram, recordLatency } from '../../src/record/buckets.ts'

describe('the histogram of a bucket', () => {
  it('counts every value where the library by itself would', () => {
    const [ours, plain] = [newHistogram(), build({ lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3, bitBucketSize: 32 })]
    assert.ok(ours instanceof JsHistogram && plain instanceof JsHistogram)
    const check = (value: number): void => { if (ours.countsArrayIndex(value) !== plain.countsArrayIndex(value)) assert.fail(`${value}: ${ours.countsArrayIndex(value)}`) }
    for (let value = 0; value <= 10_000; value++) check(value)
    for (let power = 1; power < 600_000_000; power *= 2) for (const off of [-1, 0, 1]) check(power + off)
    for (let value = 10_000; value <= 600_000_000; value += value >> 9) check(value)
    check(600_000_000)
  })

  it('takes ten minutes for whatever is longer, and nothing for what is no time', () => {
    const histogram = newHistogram()
    for (const latency of [0, 0.001, 12.3456, 600_000, 1e9]) recordLatency(histogram, ms(latency))
    recordLatency(histogram, ms(Number.NaN))
    recordLatency(histogram, ms(-1))
    assert.equal(histogram.totalCount, 5)
    assert.ok(Math.abs(histogram.getValueAtPercentile(50) - 12_346) <= 8)
    assert.ok(Math.abs(histogram.getValueAtPercentile(100) - 600_000_000) <= 600_000)
  })
})
