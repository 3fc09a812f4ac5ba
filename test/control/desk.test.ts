/** What a running brownout is told by hand: it is done, it ends, and it is written down first. */

import assert from 'node:assert/strict'
import { registry } from '../../faults/index.ts'
import { ManualClock } from '../../src/core/clock.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { ms } from '../../src/core/units.ts'
import { parsePolicy } from '../../src/control/policy.ts'
import { faultNamed, withDefaults } from '../../src/rule.ts'
import { closeAll, until } from '../proxy/stage.ts'
import { deskStage, type DeskStage } from './stage.ts'

const armed = async ({ plane }: DeskStage): Promise<readonly string[]> => (await plane.snapshot()).armed
const code = (expected: string) => (error: unknown): boolean => error instanceof BrownoutError && error.code === expected

describe('the desk', () => {
  afterEach(closeAll)

  it('injects a fault, lists it as it was typed, and writes down who did it before it is armed', async () => {
    const on = await deskStage()
    const [made] = await on.desk.inject({ fault: 'latency', on: 'cache', params: { delay: '300ms' }, chance: '20%', for: '30s' }, 'anna')
    assert.equal(made?.id, 'latency-cache')
    assert.equal(made?.text, 'latency cache delay=300ms chance=20% for=30s')
    assert.ok(made?.until !== null && Math.abs((made?.until ?? 0) - (made?.since ?? 0) - 30_000) < 5)
    assert.deepEqual(await armed(on), ['latency-cache'])
    const kinds = on.written.filter(({ kind }) => kind !== 'bucket').map(({ kind }) => kind)
    assert.deepEqual(kinds, ['operator', 'rule.arming', 'rule.armed'])
    const { injections } = await on.desk.status()
    assert.deepEqual(injections.map(({ id, by, matched }) => ({ id, by, matched })), [{ id: 'latency-cache', by: 'anna', matched: 0 }])
  })

  it('a fault without an end is refused, and so is one that is none, on no target, out of range, or not of this protocol', async () => {
    const on = await deskStage()
    for (const [request, expected] of [
      [{ fault: 'latency', on: 'cache', params: { delay: '1s' } }, 'STEP_INVALID'],
      [{ fault: 'latncy', on: 'cache', for: '1s' }, 'FAULT_UNKNOWN'],
      [{ fault: 'latency', on: 'cash', params: { delay: '1s' }, for: '1s' }, 'TARGET_UNKNOWN'],
      [{ fault: 'latency', on: 'cache', params: { delay: 'soon' }, for: '1s' }, 'PARAM_INVALID'],
      [{ fault: 'latency', on: 'cache', params: { dely: '1s' }, for: '1s' }, 'PARAM_UNKNOWN'],
      [{ fault: 'postgres.error', on: 'cache', params: { code: '40001' }, for: '1s' }, 'PROTOCOL_MISMATCH'],
      [{ fault: 'latency', on: 'cache', params: { delay: '1s' }, for: '1s', lease: 'gone' }, 'LEASE_LOST'],
      [{ fault: 'latency', on: 'cache', params: { delay: '1s' }, for: '1s', id: '../x' }, 'NAME_INVALID'],
    ] as const) await assert.rejects(on.desk.inject(request, 'anna'), code(expected), JSON.stringify(request))
    assert.deepEqual(await armed(on), [])
  })

  it('an injection is over at its time, whoever is there, and is told of', async () => {
    const on = await deskStage()
    await on.desk.inject({ fault: 'partition', on: 'cache', for: '60ms' }, 'anna')
    await until(async () => (await armed(on)).length === 0, 'it is over')
    await until(() => on.written.some((event) => event.kind === 'rule.cleared' && event.reason === 'deadline'), 'it is told')
    assert.deepEqual((await on.desk.status()).injections, [])
  })

  it('changes one in place and lengthens it; clears one, those of a target, and all', async () => {
    const on = await deskStage()
    await on.desk.inject({ fault: 'latency', on: 'cache', params: { delay: '100ms' }, for: '30s' }, 'anna')
    const changed = await on.desk.change('latency-cache', { params: { delay: '200ms' }, extend: '30s' }, 'ben')
    assert.match(changed.text, /delay=200ms/)
    assert.ok((changed.until ?? 0) - Date.now() > 55_000)
    assert.equal((await on.plane.figures()).rules.length, 1)
    await on.desk.inject({ fault: 'latency', on: 'cache', params: { delay: '1ms' }, standing: true }, 'ben')
    assert.deepEqual(await armed(on), ['latency-cache', 'latency-cache-2'])
    assert.deepEqual((await on.desk.clear({ id: 'latency-cache' }, 'ben')).map(({ id }) => id), ['latency-cache'])
    await assert.rejects(on.desk.clear({ id: 'latency-cache' }, 'ben'), code('INJECTION_UNKNOWN'))
    assert.deepEqual((await on.desk.clear({ on: 'cache' }, 'ben')).map(({ id }) => id), ['latency-cache-2'])
    assert.deepEqual(await armed(on), [])
    assert.deepEqual(await on.desk.clear({}, 'ben'), [])
  })

  it('a halt heals everything and lets nothing in until somebody says why it is safe', async () => {
    const on = await deskStage()
    await on.desk.inject({ fault: 'partition', on: 'cache', standing: true }, 'anna')
    await on.desk.halt('ben', 'orders are lost')
    assert.deepEqual(await armed(on), [])
    assert.equal((await on.desk.status()).halted?.reason, 'orders are lost')
    await assert.rejects(on.desk.inject({ fault: 'partition', on: 'cache', for: '1s' }, 'anna'), code('HALTED'))
    await assert.rejects(on.plane.arm([{ id: 'x', fault: 'partition', params: withDefaults(faultNamed(registry, 'partition'), {}), on: 'cache', standing: true }]), code('HALTED'), 'whoever asks the plane')
    await assert.rejects(on.desk.resume('ben', ' '), code('VALUE_INVALID'))
    await on.desk.resume('ben', 'they were tests')
    await on.desk.inject({ fault: 'partition', on: 'cache', for: '1s' }, 'anna')
    assert.deepEqual(await armed(on), ['partition-cache-2'], 'each by a name of its own')
  })

  it('what a lease holds is healed as soon as it is not renewed, and not before', async () => {
    const clock = new ManualClock(ms(1000))
    const on = await deskStage({ clock })
    const { lease } = on.desk.grant('anna', 5000)
    await on.desk.inject({ fault: 'partition', on: 'cache', standing: true, lease }, 'anna')
    await on.desk.inject({ fault: 'latency', on: 'cache', params: { delay: '1ms' }, standing: true }, 'ben')
    for (let i = 0; i < 5; i++) { clock.advance(ms(4000)); on.desk.renew(lease) }
    assert.equal((await armed(on)).length, 2)
    clock.advance(ms(5001))
    await until(async () => (await armed(on)).length === 1, 'the leased one is healed')
    assert.deepEqual(await armed(on), ['latency-cache'])
    assert.ok(on.written.some((event) => event.kind === 'operator' && event.did === 'lost'))
    assert.ok(on.written.some((event) => event.kind === 'rule.cleared' && event.reason === 'lease'))
    assert.throws(() => on.desk.renew(lease), code('LEASE_LOST'))
  })

  it('a scenario is armed part by part, and a clear takes those that are still to come', async () => {
    const clock = new ManualClock(ms(1000))
    const on = await deskStage({ clock })
    const parts = await on.desk.inject({ scenario: 'redis.failover', on: 'cache', params: { down: '3s', loading: '5s', read_only: '10s' } }, 'anna')
    assert.deepEqual(parts.map(({ fault }) => fault), ['reset_peer', 'refuse', 'redis.error', 'redis.error'])
    assert.equal((await armed(on)).length, 2)
    clock.advance(ms(3000))
    await until(async () => (await armed(on)).some((id) => id.endsWith('loading')), 'the next is armed')
    await on.desk.clear({}, 'anna')
    clock.advance(ms(10_000))
    assert.deepEqual(await armed(on), [])
    assert.deepEqual((await on.desk.status()).injections, [])
  })

  it('a policy holds whoever asks, and is shown with its hash', async () => {
    const policy = parsePolicy('largest_share: 25%\nlongest: 1m\ntargets: [cache]\nfaults: [latency, redis.*]\n', 'policy.yaml')
    const on = await deskStage({ policy })
    const delay = { fault: 'latency', on: 'cache', params: { delay: '1ms' } }
    await assert.rejects(on.desk.inject({ ...delay, for: '10s' }, 'anna'), code('POLICY_DENIED'), 'all of it')
    await assert.rejects(on.desk.inject({ ...delay, chance: '25%', for: '2m' }, 'anna'), code('POLICY_DENIED'), 'too long')
    await assert.rejects(on.desk.inject({ ...delay, chance: '25%', standing: true }, 'anna'), code('POLICY_DENIED'), 'without end')
    await assert.rejects(on.desk.inject({ fault: 'partition', on: 'cache', chance: '5%', for: '1s' }, 'anna'), code('POLICY_DENIED'), 'another fault')
    await on.desk.inject({ ...delay, chance: '25%', for: '10s' }, 'anna')
    const { policy: shown } = await on.desk.status()
    assert.match(shown?.hash ?? '', /^[0-9a-f]{16}$/)
    assert.deepEqual(shown?.limits, ['a share of 25% at most', '1m at most', 'only on cache', 'only latency, redis.*'])
  })
})
