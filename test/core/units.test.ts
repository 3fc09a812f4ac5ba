import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  bytes, byteRate, formatByteRate, formatDuration, formatRate, formatRatio, formatSize, ms, parseByteRate, parseDuration, parseRate, parseRatio, parseSize, perSecond, ratio,
} from '../../src/core/units.ts'

describe('units', () => {
  it('reads durations as people write them, and nothing else', () => {
    const table: readonly (readonly [string, number | undefined])[] = [
      ['250ms', 250], ['10s', 10_000], ['1m30s', 90_000], ['1.5s', 1500], ['2h', 7_200_000], ['300us', 0.3], ['0ms', 0],
      ['5', undefined], ['', undefined], ['-1s', undefined], ['1 s', undefined], ['1e3ms', undefined], ['s', undefined], ['10S', undefined], ['1..5s', undefined], ['NaNms', undefined],
    ]
    for (const [text, value] of table) assert.equal(parseDuration(text), value, text)
  })

  it('reads sizes in both kinds of thousand, and rates of both kinds', () => {
    assert.deepEqual(['512B', '64KiB', '1MB', '1.5KiB', '2GiB'].map(parseSize), [512, 65_536, 1_000_000, 1536, 2_147_483_648])
    assert.deepEqual(['64', 'KiB', '1kib', '-1B', '1e9B'].map(parseSize), Array(5).fill(undefined))
    assert.deepEqual(['64KiB/s', '0B/s', '1MB'].map(parseByteRate), [65_536, 0, undefined])
    assert.deepEqual(['100/s', '600/m', '0.5/s', '100', '100/x'].map(parseRate), [100, 10, 0.5, undefined, undefined])
  })

  it('reads shares from 0 to 1 in either form, exactly', () => {
    assert.deepEqual(['20%', '0.2', '99.9%', '100%', '0'].map(parseRatio), [0.2, 0.2, 0.999, 1, 0])
    assert.deepEqual(['101%', '1.1', '-5%', '%', ''].map(parseRatio), Array(5).fill(undefined))
  })

  it('writes what can be read again, to three places', () => {
    fc.assert(fc.property(fc.double({ min: 0.001, max: 59_999, noNaN: true }), (value) => {
      const again = parseDuration(formatDuration(ms(value)))
      assert.ok(again !== undefined && Math.abs(again - value) <= Math.max(value * 0.01, 0.001), `${value} became ${formatDuration(ms(value))}`)
    }))
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (value) => {
      const again = parseSize(formatSize(bytes(value)))
      assert.ok(again !== undefined && Math.abs(again - value) <= Math.max(value * 0.06, 0))
    }))
  })

  it('writes as people do', () => {
    assert.deepEqual([0.25, 12.34, 999, 1250, 90_000, 3_600_000, 0, -1500].map((value) => formatDuration(ms(value))), ['250us', '12.3ms', '999ms', '1.25s', '1m30s', '1h', '0ms', '-1.5s'])
    assert.deepEqual([formatSize(bytes(1536)), formatByteRate(byteRate(65_536)), formatRate(perSecond(0.5)), formatRatio(ratio(0.9999))], ['1.5KiB', '64KiB/s', '0.5/s', '99.99%'])
  })
})
