// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of an experiment, put in by brownout
import assert from 'node:assert/strict'
import { ms } from '../../src/core/units.ts'
import { appSpec, bench, expectSignal, fault, kindsOf, limit, planFor, run, type Bench } from './run-plan.ts'

describe('running an experiment', function () {
  // A machine that is busy with other tests makes a load invalid now and then; the verdict is another one then.
  this.retries(2)
  let at: Bench
  beforeEach(async () => { at = await bench() })
  afterEach(() => at.close())

  it('passes when all that was expected held, and journals the whole line of phases', async () => {
    const plan = planFor(at.port, {
      apps: [appSpec()],
      loads: planFor(at.port).loads.map((load) => ({ ...load, send: { kind: 'http', method: 'GET', url: 'http://127.0.0.1:${app.port}/', headers: {} } })),
      method: [fault('slow', 'latency', { delay: ms(30) }, 400)],
      expect: [expectSignal('success', 'at_least', limit(0.9, 'ratio', '90%'), 'fault'), expectSignal('p50', 'at_least', limit(20, 'ms', '20ms'), 'slow')],
    })
    const result = await run(plan, at)
    assert.deepEqual(result.record.verdict.expectations.map(({ outcome }) => outcome), ['PASS', 'PASS'])
    assert.equal(result.exit, 0)
    assert.equal(result.outcome, 'PASS')
    const kinds = kindsOf(result).filter((kind) => kind !== 'altered' && kind !== 'drained' && kind !== 'suspect')
    assert.deepEqual(kinds, ['run.started', 'start', 'app', 'app', 'note', 'warmup', 'baseline', 'method', 'rule.arming', 'rule.armed', 'rule.cleared', 'recovery', 'end', 'load', 'heal', 'verdict', 'run.ended', 'app'])
    const sources = new Set(result.record.signals.map(({ source, name }) => `${source}/${name}`))
    assert.deepEqual([...sources].sort(), process.platform === 'linux' ? ['app/app', 'load/web', 'target/api'] : ['load/web', 'target/api'])
  })

  it('fails when an expectation did not hold, with measured, limit and margin', async () => {
    const result = await run(planFor(at.port, {
      method: [fault('cut', 'reset_peer', {}, 500)],
      expect: [expectSignal('success', 'at_least', limit(0.99, 'ratio', '99%'), 'fault')],
    }), at)
    assert.equal(result.exit, 1)
    const [expectation] = result.record.verdict.expectations
    assert.equal(expectation?.outcome, 'FAIL')
    assert.match(expectation.margin ?? '', /^-\d/)
  })
})
