import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { ShownPrices } from '../../../src/demo/shop/shown-prices.ts'

describe('whether the pages show the prices that were just set', () => {
  it('counts those of the last seconds that are shown as before, and not what was set meanwhile', async () => {
    const clock = new ManualClock()
    const shown = new Map([[1, 100], [2, 100], [3, 100]])
    let whileReading = (): void => undefined
    const prices = new ShownPrices(async (product) => { whileReading(); return shown.get(product) }, clock)
    prices.set(1, 200)
    prices.set(2, 200)
    assert.equal(await prices.outdated(), 0, 'not due yet')
    clock.advance(ms(250))
    assert.equal(await prices.outdated(), 2)
    shown.set(1, 200)
    assert.equal(await prices.outdated(), 1)
    // Set again while it is read, and shown so.
    whileReading = () => { prices.set(2, 300); shown.set(2, 300) }
    assert.equal(await prices.outdated(), 0)
    whileReading = () => undefined
    shown.set(2, 100)
    clock.advance(ms(250))
    assert.equal(await prices.outdated(), 1)
    clock.advance(ms(5000))
    assert.equal(await prices.outdated(), 0, 'nobody looks at it any more')
  })
})
