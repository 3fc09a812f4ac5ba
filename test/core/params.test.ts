import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkParam, choice, describeParam, duration, flag, formatParam, integer, isRamp, paramSchema, rampAt, readParam, share, text, throughput } from '../../src/core/params.ts'
import { ms } from '../../src/core/units.ts'

const hold = duration('How long.', '200ms', { max: '10s' })

describe('parameters', () => {
  it('read what people write, in base units', () => {
    assert.deepEqual(readParam(hold, '1.5s'), { value: 1500 })
    assert.deepEqual(readParam(share('Share.'), '20%'), { value: 0.2 })
    assert.deepEqual(readParam(share('Share.'), 0.2), { value: 0.2 })
    assert.deepEqual(readParam(throughput('Rate.'), '64KiB/s'), { value: 65_536 })
    assert.deepEqual(readParam(integer('Count.'), 3), { value: 3 })
    assert.deepEqual(readParam(choice('Which.', ['a', 'b']), 'b'), { value: 'b' })
    assert.deepEqual(readParam(flag('Whether.'), true), { value: true })
    assert.deepEqual(readParam(text('What.'), 'x'), { value: 'x' })
  })

  it('say what is allowed when something else is given: a bare number, too much, the wrong word', () => {
    for (const written of [200, '200', '11s', '-1s', null, {}, [], true, Number.NaN]) {
      const read = readParam(hold, written)
      assert.ok('problem' in read && read.problem.includes('from 0ms to 10s'), String(written))
    }
    assert.match((readParam(choice('Which.', ['a', 'b']), 'c') as { problem: string }).problem, /one of a, b, not "c"/)
    assert.ok('problem' in readParam(integer('Count.'), 1.5))
  })

  it('hold a text to its shape where it has one', () => {
    const code = text('Which.', '', { pattern: /^[0-9]{3}$/, says: 'three digits' })
    assert.deepEqual(readParam(code, '404'), { value: '404' })
    assert.deepEqual([readParam(code, '4040'), checkParam(code, 'x'), checkParam(code, '404')], [{ problem: 'expected three digits, not "4040"' }, 'expected three digits, not "x"', undefined])
    assert.equal(paramSchema(code)['pattern'], '^[0-9]{3}$')
  })

  it('read ramps of numeric parameters, each end within the bounds', () => {
    const read = readParam(hold, { from: '0ms', to: '5s', over: '20s' })
    assert.deepEqual(read, { value: { from: 0, to: 5000, over: 20_000 } })
    assert.ok('problem' in readParam(hold, { from: '0ms', to: '11s', over: '20s' }))
    assert.ok('problem' in readParam(hold, { from: '0ms', to: '1s', over: 20 }))
    assert.ok('problem' in readParam(choice('Which.', ['a']), { from: 'a', to: 'a', over: '1s' }))
  })

  it('move along a ramp and stay at its end', () => {
    const ramp = { from: 10, to: 20, over: ms(100) }
    assert.deepEqual([-5, 0, 50, 100, 1000].map((at) => rampAt(ramp, ms(at))), [10, 10, 15, 20, 20])
    assert.ok(isRamp(ramp) && !isRamp(5) && !isRamp(null))
  })

  it('check values of other processes without ever throwing', () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      const problem = checkParam(hold, value)
      const fits = typeof value === 'number' && value >= 0 && value <= 10_000
      if (!isRamp(value)) assert.equal(problem === undefined, fits)
    }))
  })

  it('describe themselves for help and editors', () => {
    assert.equal(describeParam(hold), 'a duration such as 250ms, 10s or 1m30s, from 0ms to 10s')
    assert.equal(formatParam('duration', { from: 0, to: 5000, over: 20_000 }), '0ms to 5s over 20s')
    assert.deepEqual(paramSchema(choice('Which.', ['a', 'b'], 'a')), { description: 'Which.', default: 'a', enum: ['a', 'b'] })
    assert.equal((paramSchema(hold) as { default: string }).default, '200ms')
  })
})
