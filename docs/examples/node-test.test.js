// node --test node-test.test.js
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { brownout } from 'brownout'

/** The dependency; in a test of yours, the real one. */
const server = createServer((request, response) => response.end('in stock'))
let stock

before(async () => {
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  stock = await brownout.target({ upstream: `http://127.0.0.1:${server.address().port}` })
})
after(async () => {
  await stock.close()
  server.close()
})

/** The code under test: half a second for the stock, then the page without it. */
async function page() {
  try {
    const answer = await fetch(stock.url, { signal: AbortSignal.timeout(500) })
    return answer.ok ? await answer.text() : 'unknown'
  } catch {
    return 'unknown'
  }
}

test('the page shows the stock', async () => {
  assert.equal(await page(), 'in stock')
})

test('the page comes without a stock that does not answer', async () => {
  const fault = await stock.inject('stall')
  assert.equal(await page(), 'unknown')
  const { altered } = await fault.clear()
  assert.ok(altered > 0, 'the fault was met')
  assert.equal(await page(), 'in stock')
})
