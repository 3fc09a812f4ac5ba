/** What Prometheus is shown of what people and experiments do. */

import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import { ControlMetrics, type ControlMetricsOptions } from '../../src/admin/control-metrics.ts'
import type { Injection, Status, Told } from '../../src/control/contract.ts'
import { monotonicNow, wallOf } from '../../src/core/clock.ts'
import type { EventBody, JournalEvent } from '../../src/record/events.ts'
import { journalOf } from '../report/journal-builder.ts'

const STATUS: Status = { version: '1.2.3', pid: 1, mode: 'serve', cwd: '/', about: '', since: 0, seed: 1, halted: null, policy: null, targets: [], injections: [] }
const injection = (more: Partial<Injection>): Injection => ({ id: 'one', fault: 'latency', on: 'cache', params: {}, detail: {}, text: '', by: 'ann', since: 0, until: null, matched: 0, altered: 0, ...more })

/** A control that says what it is told to. */
function controlled(past: readonly EventBody[] = [], options: ControlMetricsOptions = {}) {
  let status = STATUS
  let hear: (told: Told) => void = () => assert.fail('nobody listens')
  const registry = new Registry()
  const metrics = new ControlMetrics({ status: async () => status, events: () => journalOf(past), on: (listener) => { hear = listener; return () => { hear = () => undefined } } }, [registry], options)
  return {
    metrics,
    set: (more: Partial<Status>) => { status = { ...STATUS, ...more } },
    tell: (...bodies: readonly EventBody[]) => { for (const event of journalOf(bodies) as readonly JournalEvent[]) hear({ kind: 'event', event }) },
    resources: (name: string, values: Readonly<Record<string, number>>) => hear({ kind: 'resources', resources: [{ name, at: 0, width: 1000, values }] }),
    /** Samples, with labels in their order. */
    async samples(pattern: RegExp): Promise<readonly string[]> {
      await metrics.observe()
      return (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#') && pattern.test(line))
    },
  }
}
const arming = (rule: string, fault = 'latency'): EventBody => ({ kind: 'rule.arming', rule, step: rule, fault, target: 'cache', params: {}, detail: {} })
const cleared = (rule: string, reason: 'request' | 'lease' = 'request'): EventBody => ({ kind: 'rule.cleared', rule, step: rule, reason, effectiveAt: journalOf([])[0]?.at ?? (0 as never), matched: 0, altered: 0 })

describe('metrics of what people and experiments do', () => {
  it('show each armed fault, who injected it and how long it has, and none that is gone', async () => {
    const on = controlled()
    const until = wallOf(monotonicNow()) + 30_000
    on.set({ injections: [injection({ until, lease: 'l1' }), injection({ id: 'two', fault: 'reset', on: 'db', by: 'bob', lease: 'l1' })] })
    assert.deepEqual(await on.samples(/fault_armed/), ['brownout_fault_armed{proxy="cache",fault="latency",id="one",by="ann"} 1', 'brownout_fault_armed{proxy="db",fault="reset",id="two",by="bob"} 1'])
    const remaining = await on.samples(/remaining/)
    assert.equal(remaining.length, 1)
    const seconds = Number(remaining[0]?.split(' ')[1])
    assert.ok(seconds > 20 && seconds <= 30, String(seconds))
    assert.deepEqual(await on.samples(/brownout_leases /), ['brownout_leases 1'])
    on.set({})
    assert.deepEqual(await on.samples(/fault_armed|remaining/), [])
  })

  it('count injections and clears, a change in place being neither, and those before the first look', async () => {
    const on = controlled([arming('a'), arming('a'), cleared('a')])
    on.tell(arming('b'), arming('a'), cleared('a', 'lease'), { kind: 'operator', who: 'ci', did: 'lost', text: '' })
    assert.deepEqual(await on.samples(/injections|clears|lost/), [
      'brownout_injections_total{proxy="cache",fault="latency"} 3', 'brownout_clears_total{reason="request"} 1', 'brownout_clears_total{reason="lease"} 1', 'brownout_leases_lost_total 1',
    ])
  })

  it('say what it is, that it is halted, and how many workers carry it', async () => {
    const on = controlled([], { workers: () => 4 })
    on.set({ halted: { by: 'ann', at: 0, reason: 'enough' } })
    assert.deepEqual(await on.samples(/info|halted|workers/), ['brownout_info{version="1.2.3",mode="serve"} 1', 'brownout_halted 1', 'brownout_workers 4'])
    on.set({})
    assert.deepEqual(await on.samples(/halted/), ['brownout_halted 0'])
  })

  it('show the phase and the expectations of the experiment under way, and count how each ended', async () => {
    const on = controlled()
    const started: EventBody = { kind: 'run.started', run: 'r', name: 'cart', question: '', file: '', hash: '', seed: 1, versions: {}, targets: [], plan: {} }
    on.set({ run: { name: 'cart', question: '', phase: 'baseline', expectations: [{ text: 'a "b"', outcome: 'PASS' }, { text: 'c' }] } })
    on.tell(started, { kind: 'run.ended', exit: 1, outcome: 'FAIL' }, started, { kind: 'run.ended', exit: 0, outcome: 'PASS' })
    assert.deepEqual(await on.samples(/experiment/), [
      'brownout_experiment_phase{experiment="cart",phase="baseline"} 1',
      'brownout_experiment_expectation{experiment="cart",expectation="a \\"b\\"",outcome="PASS"} 1', 'brownout_experiment_expectation{experiment="cart",expectation="c",outcome="open"} 1',
      'brownout_experiment_verdicts_total{experiment="cart",outcome="FAIL"} 1', 'brownout_experiment_verdicts_total{experiment="cart",outcome="PASS"} 1',
    ])
    on.set({})
    assert.deepEqual(await on.samples(/experiment_phase/), [])
  })

  it('show what wrapped processes use, and whether alerts are raised', async () => {
    let firing = true
    const on = controlled([], { alerts: () => [['slow', firing], ['late', false]] })
    on.resources('shop', { cpu: 0.5, memory: 1024, threads: 7 })
    on.resources('shop', { cpu: 0.7, memory: 2048, threads: 8 })
    on.tell({ kind: 'alert', alert: 'late', state: 'recovered', text: '' })
    assert.deepEqual(await on.samples(/resource|alert|recoveries/), [
      'brownout_resource_cpu_cores{name="shop"} 0.7', 'brownout_resource_memory_bytes{name="shop"} 2048', 'brownout_resource_usage{name="shop",metric="threads"} 8',
      'brownout_alert_firing{alert="slow"} 1', 'brownout_alert_firing{alert="late"} 0', 'brownout_recoveries_total{alert="late"} 1',
    ])
    const unasked = controlled([{ kind: 'alert', alert: 'slow', state: 'firing', text: '' }])
    assert.deepEqual(await unasked.samples(/alert_firing/), ['brownout_alert_firing{alert="slow"} 1'])
    unasked.tell({ kind: 'alert', alert: 'slow', state: 'resolved', text: '' })
    assert.deepEqual(await unasked.samples(/alert_firing/), ['brownout_alert_firing{alert="slow"} 0'])
    firing = false
    assert.deepEqual((await on.samples(/alert_firing/))[0], 'brownout_alert_firing{alert="slow"} 0')
  })

  it('hear nothing once they are closed', async () => {
    const on = controlled()
    on.metrics.close()
    on.tell(arming('a'))
    assert.deepEqual(await on.samples(/injections/), [])
  })
})
