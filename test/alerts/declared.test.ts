/** `alerts:` of a configuration of `serve`: what can be declared, and what is said of what cannot. */

import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { parseStanding } from '../../src/experiment/standing.ts'

const read = (alerts: string) => parseStanding(`targets:\n  cache: { protocol: redis, upstream: "127.0.0.1:6379" }\nalerts:\n${alerts}`, 'proxies.yaml', { registry, env: {}, cwd: '/' })
const problems = (alerts: string): readonly string[] => {
  const found = read(alerts)
  return 'problems' in found ? found.problems.map(({ code, message, hint }) => `${code}: ${message} (${hint})`) : []
}

describe('alerts of a configuration', () => {
  it('are of four kinds', () => {
    const found = read(`
  - { alert: slow, signal: cache.p95, above: 100ms, for: 10s }
  - { alert: failing, signal: cache.success, below: 99% }
  - { alert: burning, burn: cache, objective: 99.9% }
  - { alert: burning-fast, burn: cache, objective: 99%, times: 14.4, over: [1h, 5m] }
  - { alert: shifted, change: cache.p95 }
  - { alert: late, recovery: cache.p95, within: 30s }`)
    assert.ok('standing' in found, JSON.stringify(found))
    assert.deepEqual(found.standing.alerts.map(({ name, pattern }) => ({ name, ...pattern })), [
      { name: 'slow', kind: 'threshold', signal: { target: 'cache', metric: 'p95' }, comparison: 'above', limit: 100, for: 10_000 },
      { name: 'failing', kind: 'threshold', signal: { target: 'cache', metric: 'success' }, comparison: 'below', limit: 0.99, for: 0 },
      { name: 'burning', kind: 'burn', target: 'cache', objective: 0.999, times: 10, long: 300_000, short: 30_000 },
      { name: 'burning-fast', kind: 'burn', target: 'cache', objective: 0.99, times: 14.4, long: 3_600_000, short: 300_000 },
      { name: 'shifted', kind: 'change', signal: { target: 'cache', metric: 'p95' }, by: 0.5, window: 120_000 },
      { name: 'late', kind: 'overdue', signal: { target: 'cache', metric: 'p95' }, within: 30_000 },
    ])
    assert.equal(found.standing.alerts[0]?.text, 'signal: cache.p95, above: 100ms, for: 10s')
  })

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['  - { alert: a, signal: cach.p95, above: 1ms }', /TARGET_UNKNOWN: no target is named "cach" \(did you mean "cache"\?\)/],
    ['  - { alert: a, signal: cache.p96, above: 1ms }', /SIGNAL_UNKNOWN: a target has no live figure "p96" \(did you mean "p9[59]"\?\)/],
    ['  - { alert: a, signal: cache, above: 1ms }', /SIGNAL_UNKNOWN: "cache" is no signal \(write TARGET\.METRIC/],
    ['  - { alert: a, signal: cache.p95, above: 50% }', /VALUE_INVALID: above: expected a duration such as 100ms, not "50%"/],
    ['  - { alert: a, signal: cache.p95 }', /EXPECTATION_INVALID: the limit is missing/],
    ['  - { alert: a, signal: cache.p95, above: 1ms, below: 2ms }', /an alert has one limit/],
    ['  - { alert: a, signal: cache.p95, burn: cache, above: 1ms }', /an alert is of one kind/],
    ['  - { alert: a }', /an alert is of one kind \(give one of signal, burn, change, recovery\)/],
    ['  - { alert: a, burn: cache, within: 3s, objective: 99% }', /`within` means nothing with burn \(with burn: objective, times, over\)/],
    ['  - { alert: a, burn: cache }', /burn: `objective` is missing \(objective: 99\.9%\)/],
    ['  - { alert: a, burn: cache, objective: 100% }', /leaves no budget/],
    ['  - { alert: a, burn: cache, objective: 99%, over: [30s, 5m] }', /over: expected two windows, the long one first/],
    ['  - { alert: a, recovery: cache.p95 }', /recovery: `within` is missing/],
    ['  - { alert: A, change: cache.p95 }', /NAME_INVALID: "A" cannot be a name/],
    ['  - { alert: a, change: cache.p95 }\n  - { alert: a, change: cache.p50 }', /NAME_TAKEN: there is an alert named "a" already/],
    ['  - { alert: a, chnage: cache.p95 }', /KEY_UNKNOWN: "chnage" means nothing here \(did you mean "change"\?\)/],
    ['  slow: { change: cache.p95 }', /alerts: expected a list/],
  ]
  for (const [text, expected] of wrong) {
    it(`are refused with a hint: ${text.trim().replaceAll('\n', ' ')}`, () => assert.match(problems(text).join('\n'), expected))
  }
})
