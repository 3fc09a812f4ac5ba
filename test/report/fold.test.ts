import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ms } from '../../src/core/units.ts'
import type { EventBody } from '../../src/record/events.ts'
import { analyseRun } from '../../src/report/analysis.ts'
import { foldRun, phaseOf, signalOf } from '../../src/report/fold.ts'
import { headline } from '../../src/report/headline.ts'
import { renderText } from '../../src/report/text.ts'
import { spansOf, wholeSpan } from '../../src/report/spans.ts'
import { AT, at, journalOf, outage } from './journal-builder.ts'

const arming = (rule: string, step = rule): EventBody => ({ kind: 'rule.arming', rule, step, fault: 'latency', target: 'db', params: { delay: 200 }, detail: null })
const armed = (rule: string, time: number, step = rule): EventBody => ({ kind: 'rule.armed', rule, step, effectiveAt: ms(time) })
const altered = (rule: string, time: number): EventBody => ({ kind: 'altered', rule, session: 1, direction: 'to-server', did: 'delay', effectiveAt: ms(time) })
const cleared = (rule: string, time: number, count: number, step = rule): EventBody => ({ kind: 'rule.cleared', rule, step, reason: 'deadline', effectiveAt: ms(time), matched: count, altered: count })

describe('foldRun', () => {
  it('finds phases, the rule with its times and counts, and every bucket', () => {
    const record = foldRun(outage())
    assert.deepEqual(phaseOf(record, 'baseline'), { phase: 'baseline', from: at(AT.baseline), to: at(AT.method) })
    const [rule] = record.rules
    assert.deepEqual([rule?.armed, rule?.effect, rule?.cleared, rule?.drained, rule?.reason, rule?.matched, rule?.altered, rule?.examples.length],
      [at(AT.armed), at(AT.effect), at(AT.cleared), at(AT.drained), 'deadline', 412, 396, 12])
    assert.deepEqual(record.signals.map(({ source, name, buckets }) => [source, name, buckets.length]), [['load', 'checkout', 188], ['target', 'cache', 188]])
    assert.deepEqual([record.verdict.outcome, record.exit, record.verdict.expectations.length], ['PASS', 0, 3])
  })

  it('puts buckets in order of time, however late they were written', () => {
    const events = outage()
    const late = events.filter(({ kind }) => kind === 'bucket').reverse()
    const shuffled = [...events.filter(({ kind }) => kind !== 'bucket'), ...late]
    assert.deepEqual(signalOf(foldRun(shuffled), { name: 'checkout' }), signalOf(foldRun(events), { name: 'checkout' }))
  })

  it('of any prefix of a run gives a record, an analysis and a report that say crash', () => {
    const events = outage({ rate: 40 })
    fc.assert(fc.property(fc.integer({ min: 0, max: events.length - 3 }), (length) => {
      const record = foldRun(events.slice(0, length))
      const analysis = analyseRun(record)
      assert.deepEqual([record.verdict.outcome, record.exit], ['ABORTED', undefined])
      assert.match(renderText(record, analysis, { color: false, width: 100 }), /^ABORTED .*crash/)
      assert.match(headline(record, analysis), /\.$/)
    }), { numRuns: 25 })
  })

  it('keeps two armings of one rule apart, and a change in place together', () => {
    const { rules } = foldRun(journalOf([arming('a'), armed('a', 1), arming('a'), armed('a', 2), cleared('a', 3, 1), arming('a'), armed('a', 4)]))
    assert.deepEqual(rules.map((rule) => [rule.armed, rule.cleared]), [[1, 3], [4, undefined]])
  })

  it('takes the earliest altered operation for the effect, and the arming where none was journalled one by one', () => {
    const { rules } = foldRun(journalOf([arming('a'), arming('b'), arming('c'), armed('a', 10), armed('b', 20), armed('c', 30), altered('a', 15), altered('a', 12), cleared('a', 40, 2), cleared('b', 40, 5), cleared('c', 40, 0)]))
    assert.deepEqual(rules.map(({ effect }) => effect), [12, 20, undefined])
  })

  it('makes one span of a step with several rules, and one of all steps that took effect', () => {
    const spans = spansOf(foldRun(journalOf([arming('r1', 'roll'), arming('r2', 'roll'), arming('idle'), armed('r1', 10, 'roll'), armed('r2', 30, 'roll'), armed('idle', 5), altered('r1', 11), altered('r2', 33), cleared('r1', 25, 1, 'roll'), cleared('r2', 45, 2, 'roll'), cleared('idle', 99, 0)])))
    assert.deepEqual(spans.map(({ step, armed: from, effect, clear, altered: count }) => [step, from, effect, clear, count]), [['idle', 5, undefined, 99, 0], ['roll', 10, 11, 45, 3]])
    assert.deepEqual(wholeSpan(spans), { armed: 5, effect: 11, clear: 45 })
  })

  it('counts a real action from when its command was started to when its undo was done', () => {
    const run: EventBody = { kind: 'action', step: 'restart', event: 'run', argv: ['docker', 'stop', 'pg'], exit: 0, tookMs: 300 }
    const record = foldRun(journalOf([run, { ...run, event: 'undo', argv: ['docker', 'start', 'pg'] }], 1000))
    assert.deepEqual(spansOf(record).map(({ kind, what, effect, clear }) => [kind, what, effect, clear]), [['action', 'docker stop pg', 700, 1001]])
  })
})
