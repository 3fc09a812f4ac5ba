/** How many requests the admin API takes. */

import assert from 'node:assert/strict'
import { Hono } from 'hono'
import { rateLimit } from '../../src/admin/rate.ts'
import { ManualClock } from '../../src/core/clock.ts'
import { ms, perSecond } from '../../src/core/units.ts'

describe('the rate of requests', () => {
  it('takes a burst of two seconds, then the rate, and refuses the rest with a 429 that says when to come again', async () => {
    const clock = new ManualClock()
    const app = new Hono()
    app.use(rateLimit(perSecond(10), clock))
    app.all('*', () => new Response('ok'))
    const statuses = (count: number): Promise<number[]> => Promise.all(Array.from({ length: count }, async () => (await app.request('/')).status))
    assert.deepEqual((await statuses(25)).filter((status) => status === 200).length, 20)
    clock.advance(ms(500))
    assert.deepEqual(await statuses(6), [200, 200, 200, 200, 200, 429])
    assert.equal((await app.request('/')).headers.get('retry-after'), '1')
    clock.advance(ms(60_000))
    assert.deepEqual((await statuses(25)).filter((status) => status === 200).length, 20, 'a long quiet time saves no more than the burst')
  })
})
