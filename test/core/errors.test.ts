import assert from 'node:assert/strict'
import { BrownoutError, formatError, nearest } from '../../src/core/errors.ts'
import { EXIT, worstExit } from '../../src/core/exit.ts'

describe('errors', () => {
  it('are printed with place, code, what is wrong and what to do', () => {
    const error = new BrownoutError('FAULT_UNKNOWN', { message: 'no fault is named "latncy"', place: { file: 'cart.yaml', line: 12, column: 12 }, hint: 'did you mean "latency"?' })
    assert.equal(formatError(error), 'cart.yaml:12:12: error FAULT_UNKNOWN: no fault is named "latncy"\n  did you mean "latency"?')
    assert.equal(error.exit, 64)
  })

  it('have a hint and an exit code of their own when none is given', () => {
    const error = new BrownoutError('PORT_IN_USE', { message: '127.0.0.1:6379 is in use' })
    assert.match(error.hint, /free port/)
    assert.equal(error.exit, EXIT.internal)
  })

  it('find the nearest name, and none where nothing is near', () => {
    assert.equal(nearest('latncy', ['bandwidth', 'latency', 'slicer']), 'latency')
    assert.equal(nearest('LATENCY', ['latency']), 'latency')
    assert.equal(nearest('zzzzzz', ['latency', 'stall']), undefined)
  })

  it('of several exits the first present of 5, 70, 143, 130, 6, 3, 1, 4, 2 counts', () => {
    const order = [5, 70, 143, 130, 6, 3, 1, 4, 2] as const
    for (const [i, exit] of order.entries()) assert.equal(worstExit([0, ...order.slice(i)]), exit)
    assert.equal(worstExit([0, 0]), 0)
    assert.equal(worstExit([]), 0)
  })
})
