import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { AbortWatch } from '../../src/experiment/abort.ts'
import { judgeExpectation } from '../../src/experiment/expect.ts'
import { judge, unitOf } from '../../src/experiment/limit.ts'
import type { AbortCondition, Comparison, Expectation, Limit } from '../../src/experiment/plan.ts'
import { endOf, samplesFor, thinBaseline, unsteady } from '../../src/experiment/steady-state.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun } from '../../src/report/fold.ts'
import { AT, at, outage } from '../report/journal-builder.ts'
import { limit, place, planFor } from './run-plan.ts'

describe('a figure against its limit', () => {
  const cases: readonly [number, Comparison, Limit, string, number | undefined, boolean, string, string][] = [
    [120, 'at_most', limit(100, 'ms', '100ms'), 'p95', undefined, false, '120ms', '-20ms'],
    [100, 'at_most', limit(100, 'ms', '100ms'), 'p95', undefined, true, '100ms', '+0ms'],
    [0.995, 'at_least', limit(0.99, 'ratio', '99%'), 'success', undefined, true, '99.5%', '+0.5%'],
    [0.2, 'below', limit(0.2, 'ratio', '20%'), 'success', undefined, false, '20%', '+0%'],
    [30, 'at_most', limit(3, 'x', '3x'), 'p99', 12, true, '30ms', '+6ms'],
    [3, 'equals', limit(0, 'number', '0'), 'value', undefined, false, '3', '-3'],
    [90, 'at_least', limit(100, '/s', '100/s'), 'rate', undefined, false, '90/s', '-10/s'],
    [1048576, 'at_most', limit(2097152, 'bytes', '2MiB'), 'memory', undefined, true, '1MiB', '+1MiB'],
  ]
  for (const [measured, comparison, bound, metric, baseline, held, shown, margin] of cases) {
    it(`${shown} ${comparison} ${bound.text}${baseline === undefined ? '' : ` of ${baseline}`} is ${held ? 'held' : 'not held'}, margin ${margin}`, () => {
      const judged = judge(measured, comparison, bound, unitOf(metric), baseline)
      assert.deepEqual([judged?.held, judged?.measured, judged?.margin], [held, shown, margin])
    })
  }

  it('says a multiple of the baseline in both ways, and nothing where there is no baseline', () => {
    assert.equal(judge(30, 'at_most', limit(3, 'x', '3x'), 'ms', 12)?.limit, '3x (36ms)')
    assert.equal(judge(30, 'at_most', limit(3, 'x', '3x'), 'ms'), undefined)
  })
})

describe('stop conditions', () => {
  const condition: AbortCondition = { signal: { name: 'web', metric: 'success' }, comparison: 'below', limit: limit(0.2, 'ratio', '20%'), text: 'web.success below 20%', place, for: ms(200) }
  /** Feeds buckets of 50 ms with these figures; the bucket at whose end the condition came true. */
  const feed = (figures: readonly (number | undefined)[], of = condition): number | undefined => {
    const watch = new AbortWatch([of], () => 0.5)
    const at = figures.findIndex((value, i) => watch.feed(ms(i * 50), ms(50), () => value) !== undefined)
    return at < 0 ? undefined : at
  }

  it('come true once they have held for their time', () => assert.equal(feed([1, 0.1, 0.1, 0.1, 0.1, 0.1]), 4))
  it('begin anew after one good bucket', () => assert.equal(feed([0.1, 0.1, 0.1, 1, 0.1, 0.1, 0.1]), undefined))
  it('take silence for neither good nor bad', () => assert.equal(feed([0.1, undefined, undefined, 0.1]), 3))
  it('are never true of nothing at all', () => assert.equal(feed([undefined, undefined, undefined, undefined, undefined]), undefined))
  it('may be a multiple of the baseline', () => assert.equal(feed([0.24, 0.24, 0.24, 0.24], { ...condition, limit: limit(0.5, 'x', '0.5x') }), 3))
  it('say what was measured', () => assert.equal(new AbortWatch([{ ...condition, for: ms(0) }], () => 1).feed(ms(0), ms(50), () => 0.1), 'web.success below 20%: 10%'))
})

describe('steady state', () => {
  const record = foldRun(outage())
  const baseline = { from: at(AT.baseline), to: at(AT.method) }
  const condition = (metric: string, comparison: Comparison, bound: Limit) => ({ signal: { name: 'checkout', metric }, comparison, limit: bound, text: `checkout.${metric}`, place })
  const windows = { ...planFor(1).windows, bucket: ms(250) }

  it('holds over a healthy baseline and not over the fault', () => {
    const conditions = [condition('success', 'at_least', limit(0.95, 'ratio', '95%'))]
    assert.deepEqual(unsteady(record, conditions, baseline), [])
    assert.match(unsteady(record, conditions, { from: at(AT.effect), to: at(AT.cleared) })[0] ?? '', /^checkout\.success: \d/)
  })

  it('does not hold where nothing was measured', () => {
    assert.deepEqual(unsteady(record, [{ ...condition('p95', 'at_most', limit(1000, 'ms', '1s')), signal: { name: 'nobody', metric: 'p95' } }], baseline), ['checkout.p95: nothing was measured'])
  })

  it('needs 20 buckets and min_samples of every load', () => {
    const signals = [{ name: 'checkout', metric: 'p95' }, { name: 'checkout', metric: 'success' }]
    assert.deepEqual(thinBaseline(record, signals, baseline, windows), [])
    assert.deepEqual(thinBaseline(record, signals, { from: baseline.from, to: ms(baseline.from + 1000) }, windows), ['the baseline has 4 buckets of the 20 that are needed'])
    assert.match(thinBaseline(record, signals, baseline, { ...windows, minSamples: 1e6 })[0] ?? '', /^checkout had \d+ operations in the baseline, 1000000 are needed$/)
  })

  it('knows how many operations a quantile needs', () => assert.deepEqual(['p50', 'p95', 'p99', 'p999', 'success'].map(samplesFor), [2, 20, 100, 1000, 1]))
  it('looks at the last `hold` of the recovery', () => assert.deepEqual(endOf({ from: ms(0), to: ms(1000) }, windows), { from: 700, to: 1000 }))
})

describe('expectations', () => {
  const base = { place }
  const signal = (metric: string, comparison: Comparison, bound: Limit, during: string): Expectation =>
    ({ kind: 'signal', signal: { name: 'checkout', metric }, comparison, limit: bound, during, text: 'as written', ...base })
  const timing = (figure: 'recovery' | 'flaps' | 'depth' | 'lost', bound: Limit, name = 'checkout'): Expectation =>
    ({ kind: 'timing', figure, of: { name, metric: 'success' }, limit: bound, text: 'as written', ...base })
  const record = foldRun(outage({ slowToHeal: ms(2000) }))
  const analysis = analyseRun(record)
  const outcome = (expectation: Expectation, of = record): string => judgeExpectation(expectation, of, of === record ? analysis : analyseRun(of)).outcome

  it('pool the window they name: baseline, fault, recovery, all, a step', () => {
    const half = limit(0.9, 'ratio', '90%')
    assert.deepEqual(['baseline', 'fault', 'cut', 'all'].map((during) => outcome(signal('success', 'at_least', half, during))), ['PASS', 'FAIL', 'FAIL', 'FAIL'])
  })

  it('carry text, measured, limit, margin and line', () => {
    const found = judgeExpectation(signal('success', 'at_least', limit(0.99, 'ratio', '99%'), 'fault'), record, analysis)
    assert.equal(found.text, 'as written')
    assert.match(found.measured, /^\d+(\.\d+)?%$/)
    assert.match(found.margin ?? '', /^-\d/)
    assert.deepEqual([found.limit, found.line], ['99%', 7])
  })

  it('hold a recovery against its limit, with its uncertainty', () => {
    const found = judgeExpectation(timing('recovery', limit(10_000, 'ms', '10s')), record, analysis)
    assert.equal(found.outcome, 'PASS', found.measured)
    assert.match(found.measured, /^\d.* ± 250ms$/)
    assert.equal(outcome(timing('recovery', limit(1, 'ms', '1ms'))), 'FAIL')
  })

  it('pass a recovery of what did not degrade', () => {
    const healthy = foldRun(outage({ failing: 0 }))
    assert.equal(judgeExpectation(timing('recovery', limit(1, 'ms', '1ms')), healthy, analyseRun(healthy)).measured, 'not degraded')
  })

  it('are inconclusive where no fault was exercised', () => {
    const idle = foldRun(outage({ exercised: false }))
    assert.deepEqual([signal('success', 'at_least', limit(0.1, 'ratio', '10%'), 'fault'), timing('recovery', limit(10_000, 'ms', '10s'))].map((one) => outcome(one, idle)), ['INCONCLUSIVE', 'INCONCLUSIVE'])
  })

  it('are inconclusive where a quantile has too few operations, or nothing was measured', () => {
    const few = foldRun(outage({ rate: 20 }))
    const found = judgeExpectation(signal('p999', 'at_most', limit(1, 'ms', '1ms'), 'fault'), few, analyseRun(few))
    assert.equal(found.outcome, 'INCONCLUSIVE')
    assert.match(found.hint ?? '', /p999 needs 1000/)
    assert.equal(outcome(timing('lost', limit(1, 'number', '1'), 'nobody')), 'INCONCLUSIVE')
  })

  it('count losses and depth of an outage', () => {
    assert.equal(outcome(timing('lost', limit(0, 'number', '0'))), 'FAIL')
    assert.equal(outcome(timing('depth', limit(1, 'ratio', '100%'))), 'PASS')
    assert.equal(outcome(timing('flaps', limit(5, 'number', '5'))), 'PASS')
  })
})
