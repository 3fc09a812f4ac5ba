import assert from 'node:assert/strict'
import { ManualClock } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { Breaker, BreakerOpen } from '../../../src/demo/shop/breaker.ts'
import { Copies } from '../../../src/demo/shop/copies.ts'

const fails = (): Promise<never> => Promise.reject(new Error('no'))
const works = (): Promise<string> => Promise.resolve('yes')

describe('the shop\'s circuit breaker', () => {
  it('opens after failures in a row, tries once a period, and closes with the first success', async () => {
    const clock = new ManualClock()
    let opened = 0
    const breaker = new Breaker({ failures: 3, openFor: ms(100), clock, onOpen: () => { opened++ } })
    for (let i = 0; i < 2; i++) await assert.rejects(breaker.run(fails), /no/)
    assert.equal(await breaker.run(works), 'yes')
    for (let i = 0; i < 3; i++) await assert.rejects(breaker.run(fails), /no/)
    assert.equal(breaker.state, 'open')
    await assert.rejects(breaker.run(works), BreakerOpen)
    clock.advance(ms(100))
    const slow = breaker.run(() => new Promise<string>((resolve) => clock.at(ms(150), () => resolve('late'))))
    await assert.rejects(breaker.run(works), BreakerOpen, 'one trial at a time')
    clock.advance(ms(50))
    assert.equal(await slow, 'late')
    assert.equal(await breaker.run(works), 'yes')
    assert.equal(opened, 1)
  })

  it('stays open when the trial fails, and does not count what is excused', async () => {
    const clock = new ManualClock()
    const breaker = new Breaker({ failures: 1, openFor: ms(100), clock })
    await assert.rejects(breaker.run(fails, () => true))
    assert.equal(breaker.state, 'closed')
    await assert.rejects(breaker.run(fails))
    clock.advance(ms(100))
    await assert.rejects(breaker.run(fails), /no/)
    clock.advance(ms(99))
    await assert.rejects(breaker.run(works), BreakerOpen)
    clock.advance(ms(1))
    assert.equal(await breaker.run(works), 'yes')
  })
})

describe('the shop\'s copies', () => {
  it('gives a copy up to its age, null among them', () => {
    const clock = new ManualClock()
    const copies = new Copies(clock)
    copies.keep('a', null)
    clock.advance(ms(10))
    assert.deepEqual(copies.find('a', ms(10))?.value, null)
    assert.equal(copies.find('a', ms(9)), undefined)
    copies.outdate('a', ms(100))
    assert.equal(copies.find('a', ms(109)), undefined)
    assert.deepEqual(copies.find('a', ms(110))?.value, null)
  })

  it('keeps a thousand, and lets the one go that was not renewed for longest', () => {
    const copies = new Copies(new ManualClock())
    for (let i = 0; i < 1000; i++) copies.keep(String(i), i)
    copies.keep('0', 'again')
    copies.keep('new', 'new')
    assert.equal(copies.find('1', ms(1)), undefined)
    assert.equal(copies.find('0', ms(1))?.value, 'again')
    assert.equal(copies.find('new', ms(1))?.value, 'new')
  })
})
