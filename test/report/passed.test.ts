import assert from 'node:assert/strict'
import { judgeExpectation } from '../../src/experiment/expect.ts'
import type { Expectation } from '../../src/experiment/plan.ts'
import { ms } from '../../src/core/units.ts'
import { analyseRun, timingOf } from '../../src/report/analysis.ts'
import { figure, samples } from '../../src/report/figures.ts'
import { foldRun, signalOf } from '../../src/report/fold.ts'
import { ledgerOf } from '../../src/report/ledger.ts'
import { passedOf } from '../../src/report/passed.ts'
import { passedTable } from '../../src/report/passed-words.ts'
import { renderHtml } from '../../src/report/html.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderText } from '../../src/report/text.ts'
import { limit, place } from '../experiment/run-plan.ts'
import { counts, outageByName } from './figures-builder.ts'
import { AT, at, outage } from './journal-builder.ts'

const record = foldRun(outageByName())
const [FROM, TO] = [at(AT.baseline), at(AT.method)]
const of = (metric: string, where?: Readonly<Record<string, string>>) => ({ name: 'cache', metric, ...(where ? { where } : {}) })
const near = (actual: number | undefined, expected: number): void => assert.ok(actual !== undefined && Math.abs(actual - expected) <= expected * 0.02, `${actual} is not near ${expected}`)

describe('figures by name', () => {
  it('stand in place of what can be told from bytes, and add up to the target', () => {
    assert.equal(samples(record, of('rate'), FROM, TO), 60 * 85)
    near(figure(record, of('rate'), FROM, TO), 340)
    near(figure(record, of('p50'), FROM, TO), 1)
    near(figure(record, of('p95'), FROM, TO), 15)
    assert.equal(figure(record, of('success'), at(AT.armed + 500), at(AT.cleared - 500)), 0)
    near(figure(record, of('hit_ratio'), FROM, TO), 54 / 80)
    assert.deepEqual([figure(record, of('in_flight'), FROM, TO), figure(record, of('transactions'), FROM, TO), figure(record, of('rollback_ratio'), FROM, TO)], [4, 600, 0.1])
    assert.ok(figure(record, of('attempts'), FROM, TO), 'connections are counted as before')
  })

  it('leave a target alone that has none', () => {
    const plain = foldRun(outage())
    assert.equal(samples(plain, of('rate'), FROM, TO), 60 * 100)
    assert.equal(figure(plain, of('hit_ratio'), FROM, TO), undefined)
  })

  it('are narrowed by label, with * for anything and whatever the capitals', () => {
    const user = { command: 'get', key: 'user:*' }
    assert.equal(samples(record, of('p95', user), FROM, TO), 60 * 60)
    near(figure(record, of('p95', user), FROM, TO), 1)
    near(figure(record, of('rate', user), FROM, TO), 240)
    near(figure(record, of('hit_ratio', { key: 'user:*' }), FROM, TO), 0.9)
    assert.equal(figure(record, of('hit_ratio', { key: 'product*' }), FROM, TO), 0)
    near(figure(record, of('rate', { key: '*r:*' }), FROM, TO), 260)
    assert.equal(figure(record, of('p95', { command: 'DEL' }), FROM, TO), undefined)
    assert.equal(figure(record, of('rate', { command: 'DEL' }), FROM, TO), 0)
  })

  it('make a signal whose recovery can be judged', () => {
    const narrowed = signalOf(record, of('success', { command: 'SET' }))
    assert.equal(new Set(narrowed?.buckets.map(({ start }) => start)).size, new Set(signalOf(record, { name: 'cache' })?.buckets.map(({ start }) => start)).size)
    const where = { key: 'user:*' }
    const plan = { windows: { bucket: 250, hold: 5000, minSamples: 200 }, expect: [{ kind: 'timing', figure: 'recovery', of: of('success', where) }], loads: [], steadyState: [], abort: [] }
    const events = outageByName().map((event) => (event.kind === 'run.started' ? { ...event, plan } : event))
    const analysis = analyseRun(foldRun(events))
    const timing = timingOf(analysis, of('success', where)) ?? assert.fail('no timing')
    assert.equal(timing.status, 'recovered')
    assert.ok((timing.recovery ?? 1e9) <= 500, `${timing.recovery}`)
    const expectation: Expectation = { kind: 'timing', figure: 'recovery', of: of('success', where), limit: limit(2000, 'ms', '2s'), text: '', place }
    assert.equal(judgeExpectation(expectation, foldRun(events), analysis).outcome, 'PASS')
    assert.match(renderText(foldRun(events), analysis, { color: false, width: 120 }), /cache\.success \{ key: user:\* \} +recovered/)
  })

  it('say which names there were where none was the one that was meant', () => {
    const judged = (where: Readonly<Record<string, string>>) => judgeExpectation({ kind: 'signal', signal: of('p95', where), comparison: 'at_most', limit: limit(10, 'ms', '10ms'), during: 'all', text: '', place }, record, analyseRun(record))
    assert.deepEqual([judged({ key: 'usr:*' }).outcome, judged({ key: 'usr:*' }).hint], ['INCONCLUSIVE', 'no operation of cache was key usr:*; key user:* was seen'])
    assert.match(judged({ key: 'quite:another:*' }).hint ?? '', /seen were user:\*, product:\*$/)
    assert.match(judged({ table: 'orders' }).hint ?? '', /no table was seen at all$/)
  })
})

describe('what passed through', () => {
  const [cache] = passedOf(record)

  it('lists names by how often they came, with the times of the server', () => {
    const rows = cache?.operations.map(({ of: { command }, offered, ok, errors, p50, p95, held }) => [command, offered, ok, errors, Math.round(p50 ?? 0), Math.round(p95 ?? 0), Math.round(held)])
    const quiet = 139
    const fault = 41
    assert.deepEqual(rows, [['GET', 80 * quiet + 2 * fault, 80 * quiet, { LOADING: 2 * fault }, 1, 5, 2], ['SET', 5 * quiet, 5 * quiet, {}, 2, 2, 0]])
  })

  it('lists hits by pattern, and transactions', () => {
    assert.deepEqual(cache?.keys.map(({ of: { key }, hits, misses }) => [key, hits / (hits + misses)]), [['user:*', 0.9], ['product:*', 0]])
    assert.deepEqual([cache?.transactions?.ended, cache?.transactions?.rolledBack, Math.round(cache?.transactions?.longest ?? 0)], [1390, 139, 8])
  })

  it('is cut to what can be read, and says so', () => {
    const many = { ...(cache ?? assert.fail()), operations: Array.from({ length: 20 }, (_, n) => ({ ...(cache?.operations[0] ?? assert.fail()), of: { command: `C${n}` }, errors: { A: 5, B: 4, C: 3, D: 2, E: 1 } })) }
    const table = passedTable(many)
    assert.equal(table.operations.length, 12)
    assert.equal(table.operations[0]?.cells.at(-1), 'A × 5, B × 4, C × 3, others × 3')
    assert.match(table.notes[0] ?? '', /^8 more names: \d/)
  })

  it('stands in every format for people', () => {
    const analysis = analyseRun(record)
    assert.match(renderText(record, analysis, { color: false, width: 100 }), /What passed through\n {2}cache\n.*\n {2}GET +11 202 /)
    assert.match(renderMarkdown(record, analysis), /\| cache \| count \| rate \| p50 \| p95 \| p99 \| held \| errors \|/)
    assert.match(renderHtml(record, analysis), /<h2>What passed through<\/h2>[\s\S]*user:\*[\s\S]*90%/)
    assert.doesNotMatch(renderHtml(foldRun(outage()), analyseRun(foldRun(outage()))), /What passed through/)
  })
})

describe('what clients did next', () => {
  const withControl = (control = counts({ 'went-on': 99, retry: 1 }, 101)) => {
    const folded = foldRun(outageByName({}, control))
    return { folded, analysis: analyseRun(folded) }
  }

  it('is told with the fault that altered their operations, beside what is usual without one', () => {
    const { folded, analysis } = withControl()
    assert.equal(ledgerOf(folded, analysis)[0]?.reactions[0],
      'next after 10 operations (5 more were not watched): 60% the same request again (first after 41ms, 2.2 attempts at each, without a fault 1%); 20% another connection (first after 60ms, without a fault 0%); 10% something else (first after 3ms); 10% nothing more')
  })

  it('gives the first reaction to the millisecond', () => {
    const { analysis } = withControl()
    assert.deepEqual([analysis.traffic[0]?.detect, analysis.traffic[0]?.reaction], [ms(46), 'retry'])
  })

  it('is no reaction where the same comes again anyway', () => {
    const { analysis } = withControl(counts({ retry: 60, 'went-on': 40 }, 300))
    assert.deepEqual([analysis.traffic[0]?.detect, analysis.traffic[0]?.reaction], [ms(69), 'reconnect'])
  })

  it('tells the amplification where no load says what was meant', () => {
    const alone = outageByName().filter((event) => event.kind !== 'bucket' || event.bucket.source !== 'load')
    assert.ok(Math.abs((analyseRun(foldRun(alone)).traffic[0]?.retries ?? 0) - 2.2 / 1.01) < 1e-9)
  })
})
