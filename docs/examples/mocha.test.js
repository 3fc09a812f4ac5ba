// mocha mocha.test.js
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { brownout } from 'brownout'

describe('an order', () => {
  const server = createServer((request, response) => response.end('paid'))
  let payment

  before(async () => {
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
    payment = await brownout.target({ upstream: `http://127.0.0.1:${server.address().port}` })
  })
  afterEach(() => payment.clear())
  after(async () => {
    await payment.close()
    server.close()
  })

  /** The code under test: tries three times. */
  async function pay(attempts = 3) {
    const answer = await fetch(payment.url, { method: 'POST' })
    return answer.ok || attempts === 1 ? answer.status : pay(attempts - 1)
  }

  it('is paid although the payment fails twice', async () => {
    const fault = await payment.inject('http.status', { code: 503 }, { times: 2 })
    assert.equal(await pay(), 200)
    assert.deepEqual((await fault.clear()).altered, 2)
  })

  it('is not paid when the payment goes on failing', async () => {
    await payment.inject('http.status', { code: 503 })
    assert.equal(await pay(), 503)
  })
})
