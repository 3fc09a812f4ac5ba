import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { analyseRun, rowsShown, timingOf } from '../../src/report/analysis.ts'
import type { EventBody } from '../../src/record/events.ts'
import { foldRun } from '../../src/report/fold.ts'
import { headline } from '../../src/report/headline.ts'
import { ledgerOf } from '../../src/report/ledger.ts'
import { AT, at, outage, type OutageOptions } from './journal-builder.ts'

const W = 250
const analysed = (options: OutageOptions = {}) => {
  const record = foldRun(outage(options))
  return { record, analysis: analyseRun(record) }
}
const SUCCESS = { name: 'checkout', metric: 'success' }

describe('analyseRun', () => {
  it('finds the onset and the recovery of a known outage within one bucket', () => {
    const { analysis } = analysed()
    const timing = timingOf(analysis, SUCCESS) ?? assert.fail('no timing')
    assert.equal(timing.status, 'recovered')
    assert.ok(Math.abs((timing.onset ?? 0) - at(AT.effect)) <= W, `onset ${timing.onset}`)
    assert.ok(Math.abs((timing.recovery ?? 0) - 1300) <= W, `recovery ${timing.recovery}`)
    assert.equal(analysis.origin, at(AT.effect))
  })

  it('judges loads by the quantile that the experiment names, by success and by rate, and targets by what passes through them', () => {
    const { analysis } = analysed()
    assert.deepEqual(analysis.signals.filter(({ step }) => step === undefined).map(({ signal }) => `${signal.name}.${signal.metric}`),
      ['checkout.p95', 'checkout.success', 'checkout.rate', 'cache.p95', 'cache.success'])
    assert.equal(timingOf(analysis, SUCCESS, 'cut')?.status, 'recovered')
    assert.equal(timingOf(analysis, SUCCESS, 'no such step'), undefined)
  })

  it('shows how the clients of a target reacted', () => {
    const [cache] = analysed().analysis.traffic
    assert.equal(cache?.reaction, 'reconnect')
    assert.equal(cache?.stormPeak, 120)
    assert.ok((cache?.refill ?? 0) > 500 && (cache?.refill ?? 0) < 2000, `refill ${cache?.refill}`)
    assert.equal(cache?.unfilled, undefined)
  })

  it('says how long it watched for connections that did not come back', () => {
    const [cache] = analysed({ slowToHeal: ms(60_000) }).analysis.traffic
    assert.deepEqual([cache?.refill, Math.round((cache?.unfilled ?? 0) / 1000)], [undefined, 20])
  })

  it('knows no reaction and no storm where nothing was altered, and no retries where no load says what was meant', () => {
    const [idle] = analysed({ exercised: false }).analysis.traffic
    assert.deepEqual([idle?.detect, idle?.storm, idle?.refill, idle?.retries], [undefined, undefined, undefined, undefined])
    const events = outage().filter((event) => event.kind !== 'bucket' || event.bucket.source === 'target')
    const [alone] = analyseRun(foldRun(events)).traffic
    assert.deepEqual([alone?.retries, alone?.reaction], [undefined, 'reconnect'])
  })

  it('gives each step its own timing, watched until the next one takes effect', () => {
    const events = outage()
    const last = events.at(-1) ?? assert.fail()
    const [from, to] = [at(AT.cleared + 8000), at(AT.cleared + 10_000)]
    const second: readonly EventBody[] = [
      { kind: 'rule.arming', rule: 'second', step: 'second', fault: 'latency', target: 'cache', params: {}, detail: null },
      { kind: 'rule.armed', rule: 'second', step: 'second', effectiveAt: from },
      { kind: 'altered', rule: 'second', session: 1, direction: 'to-server', did: 'delay', effectiveAt: from },
      { kind: 'rule.cleared', rule: 'second', step: 'second', reason: 'deadline', effectiveAt: to, matched: 1, altered: 1 },
    ]
    const analysis = analyseRun(foldRun([...events, ...second.map((body) => ({ seq: last.seq, at: last.at, wall: last.wall, ...body }))]))
    assert.deepEqual([timingOf(analysis, SUCCESS, 'cut')?.status, timingOf(analysis, SUCCESS, 'second')?.status, timingOf(analysis, SUCCESS)?.status], ['recovered', 'not_degraded', 'recovered_during_fault'])
    const observed = timingOf(analysis, { name: 'checkout', metric: 'p95' }, 'cut')?.observed ?? 0
    assert.ok(observed <= 8000 && observed > 7000, `observed ${observed}`)
    assert.deepEqual(rowsShown(analysis).filter(({ signal }) => signal.metric === 'success' && signal.name === 'checkout').map(({ step }) => step), [undefined, 'cut'])
  })

  it('says not exercised when no operation was altered', () => {
    const { record, analysis } = analysed({ exercised: false })
    assert.deepEqual([...new Set(analysis.signals.map(({ timing }) => timing.status))], ['not_exercised'])
    assert.match(headline(record, analysis), /^Partition on cache altered nothing/)
    assert.deepEqual(ledgerOf(record, analysis)[0]?.reactions, ['none: no operation was altered'])
  })
})

describe('headline', () => {
  const says = (options: OutageOptions): string => {
    const { record, analysis } = analysed(options)
    return headline(record, analysis)
  }

  it('tells what was lost, for how long, under what, and when it was back', () => {
    assert.match(says({}), /^checkout lost 3\d\.?\d*% of its requests for 11\.\ds under partition on cache, and was back [12]\.\d+s ± 250ms after it was lifted\.$/)
  })

  it('tells of latency where nothing was lost', () => {
    assert.match(says({ failing: 0 }), /^checkout slowed from \d+\.?\d*ms to 4\d\dms \(p95\) for 1[12]\.\ds under/)
  })

  it('gives no number for a recovery that was not seen', () => {
    assert.match(says({ slowToHeal: ms(60_000) }), /and was not back 20s after it was lifted\.$/)
  })

  it('names no culprit when all stayed well', () => {
    const events = outage({ failing: 0 })
    const healthy = outage({ failing: 0, exercised: false }).filter(({ kind }) => kind === 'bucket')
    const record = foldRun([...events.filter(({ kind }) => kind !== 'bucket'), ...healthy])
    assert.equal(headline(record, analyseRun(record)), 'checkout did not degrade under partition on cache.')
  })
})
