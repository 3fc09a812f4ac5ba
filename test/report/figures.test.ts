import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms, type Ms } from '../../src/core/units.ts'
import { encodeHistogram, newHistogram, noCounts, quantile, recordLatency, type BucketRecord, type Counts } from '../../src/record/buckets.ts'
import { latencyQuantile, mergeLatencies, readLatencies } from '../../src/record/latencies.ts'
import { figure, samples } from '../../src/report/figures.ts'
import { foldRun } from '../../src/report/fold.ts'
import { journalOf } from './journal-builder.ts'

const histogramOf = (latencies: readonly number[]): string => {
  const histogram = newHistogram()
  for (const one of latencies) recordLatency(histogram, ms(one))
  return encodeHistogram(histogram)
}
const bucket = (start: number, { latencies = [], counts = {}, extra }: { latencies?: readonly number[]; counts?: Partial<Counts>; extra?: Record<string, number> }): BucketRecord => ({
  source: 'load', name: 'checkout', start: ms(start), width: ms(250),
  counts: { ...noCounts(), offered: latencies.length, ok: latencies.length, ...counts },
  ...(latencies.length ? { latency: histogramOf(latencies) } : {}), ...(extra ? { extra } : {}),
})
const recordOf = (...buckets: readonly BucketRecord[]) => foldRun(journalOf(buckets.map((one) => ({ kind: 'bucket', bucket: one }))))
const of = (metric: string) => ({ name: 'checkout', metric })
const [FROM, TO] = [ms(0), ms(1000)]
const near = (actual: number | undefined, expected: number): void => assert.ok(actual !== undefined && Math.abs(actual - expected) <= expected * 0.002, `${actual} is not near ${expected}`)

describe('figure', () => {
  it('pools histograms over the window: the quantile of all, not the mean of quantiles', () => {
    const record = recordOf(bucket(0, { latencies: Array.from({ length: 99 }, () => 10) }), bucket(250, { latencies: [1000] }))
    near(figure(record, of('p95'), FROM, TO), 10)
    near(figure(record, of('p999'), FROM, TO), 1000)
    near(figure(record, of('max'), FROM, TO), 1000)
    near(figure(record, of('mean'), FROM, TO), 19.9)
  })

  it('gives the quantiles that the merged histogram would give, for any split of any latencies', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 5 }), fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999), (parts, q) => {
      const merged = newHistogram()
      for (const one of parts.flat()) recordLatency(merged, ms(one))
      const own = latencyQuantile(mergeLatencies(parts.map((part) => readLatencies(histogramOf(part)) ?? assert.fail('unreadable'))), q)
      assert.equal(own, quantile(merged, q))
    }), { numRuns: 100 })
  })

  it('counts a bucket where its middle lies', () => {
    const record = recordOf(bucket(0, { latencies: [1] }), bucket(250, { latencies: [2] }), bucket(500, { latencies: [4] }))
    near(figure(record, of('max'), ms(130), ms(376)), 2)
    near(figure(record, of('max'), ms(125), ms(375)), 1)
    assert.equal(figure(record, of('max'), ms(2000), ms(3000)), undefined)
    assert.equal(samples(record, { name: 'checkout' }, ms(100), ms(376)), 2)
  })

  it('success is ok of all whose outcome is known, and a total stall is none', () => {
    const record = recordOf(bucket(0, { counts: { offered: 10, ok: 6, error: 1, timeout: 1, indeterminate: 1, dropped: 1 } }), bucket(250, { counts: { offered: 10, ok: 0 } }), bucket(500, {}))
    assert.equal(figure(record, of('success'), FROM, TO), 0.6)
    assert.equal(figure(record, of('errors'), FROM, TO), 4)
    assert.equal(figure(record, of('success'), ms(250), ms(500)), 0)
    assert.equal(figure(record, of('success'), ms(500), ms(750)), undefined)
  })

  it('rate is of ok operations, over the time that was measured', () => {
    const record = recordOf(bucket(0, { counts: { ok: 25 } }), bucket(250, { counts: { ok: 75 } }))
    assert.equal(figure(record, of('rate'), FROM, ms(10_000)), 200)
  })

  it('adds counters up, and of gauges takes the highest, the last value or the mean cpu', () => {
    const record = recordOf(bucket(0, { extra: { attempts: 3, connections: 9, value: 1, cpu: 0.2 } }), bucket(250, { extra: { attempts: 4, connections: 5, value: 2, cpu: 0.4 } }))
    assert.deepEqual(['attempts', 'connections', 'value', 'cpu', 'nonsense', 'toString'].map((metric) => figure(record, of(metric), FROM, TO)?.toFixed(2)), ['7.00', '9.00', '2.00', '0.30', undefined, undefined])
  })

  it('reads probes: the last value, the share that answered, how long they took', () => {
    const reading = (ok: boolean, tookMs: number, value?: number) => ({ kind: 'probe', name: 'charges', ok, tookMs, value }) as const
    const record = foldRun(journalOf([reading(true, 1, 7), reading(true, 3, 9), reading(false, 50)], 100))
    const all = (metric: string): number | undefined => figure(record, { name: 'charges', metric }, ms(100), ms(200))
    assert.deepEqual(['value', 'success', 'errors', 'max', 'p50'].map(all), [9, 2 / 3, 1, 3, 1])
    assert.equal(figure(record, { name: 'charges', metric: 'value' }, ms(100), ms(101)), 7)
  })

  it('knows nothing of a signal that is not there, and survives a histogram that is none', () => {
    const broken: BucketRecord = { ...bucket(0, { counts: { ok: 1 } }), latency: 'bm9uc2Vuc2U=' }
    assert.equal(figure(recordOf(), of('p95'), FROM, TO), undefined)
    assert.equal(figure(recordOf(broken), of('p95'), FROM, TO as Ms), undefined)
    assert.equal(figure(recordOf(broken), of('success'), FROM, TO), 1)
  })
})
