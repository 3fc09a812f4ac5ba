import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { ms, ratio } from '../../src/core/units.ts'
import { faultNamed, withDefaults, type Rule } from '../../src/rule.ts'
import { mapRule, type Mapping, type Refusal } from '../../src/via/mapping.ts'

function map(fault: string, params: Record<string, unknown> = {}, more: Partial<Rule> = {}): Mapping | Refusal {
  const found = faultNamed(registry, fault)
  return mapRule({ id: 'r', fault, on: 'cache', params: withDefaults(found, params), for: ms(1000), ...more }, found)
}

function toxicsOf(mapped: Mapping | Refusal): string[] {
  assert.ok('toxics' in mapped, 'reason' in mapped ? mapped.reason : '')
  return mapped.toxics.map(({ type, stream, toxicity, attributes }) => `${type} ${stream} ${toxicity} ${JSON.stringify(attributes)}`)
}

describe('via: what a Toxiproxy can do', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, Partial<Rule>, readonly string[]])[] = [
    ['latency', { delay: 200, jitter: 50 }, {}, ['latency downstream 1 {"latency":200,"jitter":50}']],
    ['latency', { delay: 200 }, { direction: 'both' }, ['latency upstream 1 {"latency":200,"jitter":0}', 'latency downstream 1 {"latency":200,"jitter":0}']],
    ['bandwidth', { rate: 64_000 }, { chance: ratio(0.2) }, ['bandwidth downstream 0.2 {"rate":64}']],
    ['slow_close', { delay: 2000 }, { direction: 'to-server' }, ['slow_close upstream 1 {"delay":2000}']],
    ['timeout', { timeout: 0 }, {}, ['timeout downstream 1 {"timeout":0}']],
    ['reset_peer', { timeout: 50 }, {}, ['reset_peer upstream 1 {"timeout":50}', 'reset_peer downstream 1 {"timeout":50}']],
    ['slicer', { average_size: 64, size_variation: 8, delay: 0.25 }, {}, ['slicer downstream 1 {"average_size":64,"size_variation":8,"delay":250}']],
    ['limit_data', { bytes: 100 }, {}, ['limit_data downstream 1 {"bytes":100}']],
    ['stall', {}, {}, ['bandwidth upstream 1 {"rate":0}', 'bandwidth downstream 1 {"rate":0}']],
    ['partition', {}, {}, ['bandwidth upstream 1 {"rate":0}', 'bandwidth downstream 1 {"rate":0}']],
  ]
  for (const [fault, params, more, toxics] of cases) {
    it(`${fault} ${JSON.stringify({ ...params, ...more })} is ${toxics.join(' and ')}`, () => assert.deepEqual(toxicsOf(map(fault, params, more)), toxics))
  }

  it('a partition that rejects switches the proxy off, and takes any sign of a connection as evidence', () => {
    assert.deepEqual(map('partition', { how: 'reject' }), { toxics: [], disabled: true, evidence: ['connect', 'bytes', 'end'] })
  })
})

describe('via: what a Toxiproxy cannot do is refused with the reason', () => {
  const ramp = { from: 0, to: 100, over: ms(1000) }
  const cases: readonly (readonly [string, string, Record<string, unknown>, Partial<Rule>, string, RegExp])[] = [
    ['a distribution of its own', 'latency', { delay: 1, distribution: 'pareto' }, {}, 'params.distribution', /knows no distribution but uniform/],
    ['correlated jitter', 'latency', { delay: 1, correlation: 0.5 }, {}, 'params.correlation', /correlation/],
    ['a delay that swings', 'latency', { delay: 1, shape: 'sine' }, {}, 'params.shape', /shape/],
    ['a fraction of a millisecond', 'latency', { delay: 0.5 }, {}, 'params.delay', /whole multiples of 1ms/],
    ['a ramp of a parameter', 'latency', { delay: ramp }, {}, 'params.delay', /no ramps/],
    ['a ramp of the chance', 'latency', { delay: 1 }, { chance: { from: 0, to: 1, over: ms(1000) } }, 'chance', /no ramps/],
    ['a rate in KiB', 'bandwidth', { rate: 65_536 }, {}, 'params.rate', /whole KB\/s/],
    ['a shared rate', 'bandwidth', { rate: 1000, per: 'target' }, {}, 'params.per', /connection/],
    ['a burst', 'bandwidth', { rate: 1000, burst: 10 }, {}, 'params.burst', /burst/],
    ['a variation that ends its process', 'slicer', { average_size: 4, size_variation: 5 }, {}, 'params.size_variation', /ends a Toxiproxy's process/],
    ['a reset that waits too long to be healed', 'reset_peer', { timeout: 5001 }, {}, 'params.timeout', /cannot be healed/],
    ['discarding', 'partition', { how: 'discard' }, {}, 'params.how', /throw bytes away/],
    ['rejecting some', 'partition', { how: 'reject' }, { chance: ratio(0.5) }, 'chance', /for everybody/],
    ['rejecting one way', 'partition', { how: 'reject' }, { direction: 'to-client' }, 'direction', /as a whole/],
    ['refusing new connections alone', 'refuse', {}, {}, 'fault', /live connections too/],
    ['packet loss', 'packet_loss', { loss: 0.1 }, {}, 'fault', /no released Toxiproxy/],
    ['a fault of brownout\'s own', 'churn', { period: 100 }, {}, 'fault', /nothing like churn/],
    ['clients apart', 'latency', { delay: 1 }, { where: { client: '10.0.0.1' } }, 'where', /one client from another/],
    ['app instances apart', 'latency', { delay: 1 }, { where: { from: 'a' } }, 'where', /one client from another/],
    ['messages', 'latency', { delay: 1 }, { scope: 'message' }, 'scope', /knows no messages/],
    ['times', 'latency', { delay: 1 }, { times: 3 }, 'times', /does not count/],
    ['skip', 'latency', { delay: 1 }, { skip: 3 }, 'skip', /does not count/],
    ['sequence', 'latency', { delay: 1 }, { sequence: { fail: 1, pass: 1 } }, 'sequence', /does not count/],
    ['a chance both ways', 'latency', { delay: 1 }, { direction: 'both', chance: ratio(0.5) }, 'chance', /each direction apart/],
  ]
  for (const [what, fault, params, more, key, reason] of cases) {
    it(what, () => {
      const mapped = map(fault, params, more)
      assert.ok('reason' in mapped, `${fault} was mapped`)
      assert.equal(mapped.key.join('.'), key)
      assert.match(mapped.reason, reason)
    })
  }

  it('knows for every shipped fault whether it can, and never throws', () => {
    const able = [...registry.values()].filter((fault) => !('reason' in mapRule({ id: 'r', fault: fault.name, on: 'x', for: ms(1), params: withDefaults(fault, {}) }, fault))).map(({ name }) => name)
    assert.ok(able.includes('partition'))
    assert.ok(!able.includes('syn_blackhole') && !able.includes('corrupt'))
  })
})
