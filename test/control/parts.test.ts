/** Hours, policies, patterns, ticks: plain data in, plain data out. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isWithin, readHours } from '../../src/control/hours.ts'
import { joined, ticksOf } from '../../src/control/live.ts'
import { parsePolicy } from '../../src/control/policy.ts'
import { BrownoutError } from '../../src/core/errors.ts'
import { fitsGlob } from '../../src/core/glob.ts'
import { productionUpstream, refusedUpstream } from '../../src/core/production.ts'
import { ms } from '../../src/core/units.ts'
import type { JournalEvent } from '../../src/record/events.ts'

describe('hours of a policy', () => {
  for (const [hours, at, within] of [
    ['Mon-Fri 09:00-17:00', '2026-11-27T09:00:00Z', true], ['Mon-Fri 09:00-17:00', '2026-11-27T17:00:00Z', false], ['Mon-Fri 09:00-17:00', '2026-11-28T10:00:00Z', false],
    ['Sat 10:00-12:00', '2026-11-28T11:59:00Z', true], ['22:00-06:00', '2026-11-28T03:00:00Z', true], ['22:00-06:00', '2026-11-28T12:00:00Z', false],
    ['Fri 22:00-06:00', '2026-11-28T05:59:00Z', true], ['Fri 22:00-06:00', '2026-11-27T05:00:00Z', false], ['Sat-Mon 00:00-24:00', '2026-11-29T12:00:00Z', true],
  ] as const) it(`${hours} ${within ? 'has' : 'has not'} ${at}`, () => {
    const read = readHours(hours)
    assert.ok(read)
    assert.equal(isWithin(read, new Date(at), 'UTC'), within)
  })

  it('in the policy\'s own time zone', () => {
    const read = readHours('Fri 09:00-10:00') ?? assert.fail()
    assert.equal(isWithin(read, new Date('2026-11-27T08:30:00Z'), 'Europe/Berlin'), true)
    assert.equal(isWithin(read, new Date('2026-11-27T08:30:00Z'), 'UTC'), false)
  })

  it('anything else is none', () => { for (const text of ['', 'always', 'Mon-Fri', '9-17', '09:00-09:00', '09:60-10:00', '25:00-26:00', 'Mo 09:00-10:00']) assert.equal(readHours(text), undefined, text) })
})

describe('policies that cannot be read', () => {
  for (const text of ['largest: 5%', 'largest_share: lots', 'longest: 5', 'hours: [always]', 'timezone: Mars', 'targets: cache', '- a', 'a: [', 'longest: &a 5m\ntargets: [*a]', 'longest: 1m\nlongest: 2m']) {
    it(JSON.stringify(text), () => assert.throws(() => parsePolicy(text, 'p.yaml'), (error) => error instanceof BrownoutError && error.code === 'POLICY_INVALID' && error.message.startsWith('p.yaml: ')))
  }
  it('an empty one limits nothing', () => assert.deepEqual(parsePolicy('', 'p.yaml').inEffect.limits, []))
})

describe('upstreams that look like production', () => {
  for (const [host, allow, refused] of [
    ['127.0.0.1', [], false], ['localhost', [], false], ['::1', [], false], ['10.0.0.5', [], true], ['db.staging', [], true],
    ['db.staging', ['*.staging'], false], ['db.staging', ['db.staging:5432'], false], ['db.staging', ['db.staging:6379'], true],
    ['db.prod.example', [], true], ['db.prod.example', ['db.prod.example'], false], ['product-db.staging', ['*.staging'], false], ['denied.staging', ['*.staging'], true], ['denied.staging', ['denied.staging'], false],
  ] as const) it(`${host} with ${JSON.stringify(allow)} is ${refused ? 'refused' : 'allowed'}`, () => assert.equal(refusedUpstream(host, 5432, { allow, deny: ['denied.*'] }) !== undefined, refused))

  it('a name that says so is refused to who may go elsewhere', () => {
    for (const host of ['prod', 'db-prod-1', 'live.example', 'redis.production.internal']) assert.notEqual(productionUpstream(host, 1, { allow: [] }), undefined, host)
    for (const host of ['staging', 'products', 'delivery', 'olive']) assert.equal(productionUpstream(host, 1, { allow: [] }), undefined, host)
  })

  it('patterns mean what a regular expression of the same would, and take linear time', () => {
    const parts = fc.array(fc.constantFrom('a', 'b', '*', '.'), { maxLength: 8 }).map((all) => all.join(''))
    fc.assert(fc.property(parts, parts, (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 's')
      assert.equal(fitsGlob(pattern, text), regex.test(text))
    }))
    const from = performance.now()
    assert.equal(fitsGlob('*a'.repeat(100), `${'a'.repeat(50_000)}b`), false)
    assert.ok(performance.now() - from < 1000)
  })
})

describe('live figures', () => {
  const at = { seq: 0, wall: '' }
  const target = (start: number, extra: Readonly<Record<string, number>>): JournalEvent => ({ ...at, at: ms(start + 250), kind: 'bucket', bucket: { source: 'target', name: 'cache', start: ms(start), width: ms(250), counts: { offered: 10, ok: 9, error: 1, timeout: 0, indeterminate: 0, dropped: 0 }, extra } })

  it('a bucket becomes a tick, a second\'s worth', () => {
    const [tick] = ticksOf([target(0, { connections: 3, attempts: 1, bytes_to_server: 250 })])
    assert.deepEqual({ rate: tick?.rate, errors: tick?.errors, success: tick?.success, connections: tick?.connections, accepted: tick?.accepted, bytesToServer: tick?.bytesToServer, held: tick?.held },
      { rate: 36, errors: 4, success: 0.9, connections: 3, accepted: 1, bytesToServer: 1000, held: null })
  })

  it('what is old is joined: rates are means, times the highest, the share that succeeded the lowest', () => {
    const [first] = ticksOf([target(0, { connections: 3 })])
    assert.ok(first)
    const [one, more] = joined([{ ...first, at: 10_000, rate: 10, p95: 5, success: 1 }, { ...first, at: 10_250, rate: 20, p95: 50, success: 0.5 }, { ...first, at: 20_000 }])
    assert.deepEqual({ at: one?.at, width: one?.width, rate: one?.rate, p95: one?.p95, success: one?.success }, { at: 10_000, width: 10_000, rate: 15, p95: 50, success: 0.5 })
    assert.equal(more?.at, 20_000)
  })
})
