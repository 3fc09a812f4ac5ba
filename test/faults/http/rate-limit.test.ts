import assert from 'node:assert/strict'
import { Agent } from 'undici'
import { rateLimit } from '../../../faults/http/rate-limit.ts'
import { later } from '../../proxy/stage.ts'
import { closeAll, webStage } from '../web/stage.ts'

describe('http.rate_limit', () => {
  afterEach(closeAll)

  it('lets a burst through, of all connections together, and tells the rest when to come again', async () => {
    const stage = await webStage()
    const other = new Agent()
    later(() => other.destroy())
    await stage.strike(rateLimit, { rate: '0.1/s', burst: 3 }, { where: { path: '/pay' } })
    const answers = []
    for (let n = 0; n < 6; n++) answers.push(await stage.fetch('/pay', { method: 'POST', body: 'x'.repeat(100_000), ...(n % 2 === 0 ? {} : { dispatcher: other }) }))
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 429, 429, 429])
    const waits = answers.slice(3).map(({ headers }) => Number(headers['retry-after']))
    assert.ok(waits.every((wait) => wait >= 1 && wait <= 10), `${waits}`)
    assert.equal((await stage.fetch('/other')).status, 200)
    assert.equal(stage.asked.length, 4)
    await stage.heal()
    assert.equal((await stage.fetch('/pay')).status, 200)
    assert.deepEqual(stage.did(), ['answer', 'answer', 'answer'])
  })

  it('lets through as many as the rate says over time', async () => {
    const stage = await webStage()
    await stage.strike(rateLimit, { rate: '50/s', code: 503, retry_after: false })
    const start = performance.now()
    const seen: number[] = []
    while (seen.filter((status) => status === 200).length < 11) {
      const { status, headers } = await stage.fetch('/a')
      assert.equal(headers['retry-after'], undefined)
      seen.push(status)
    }
    assert.ok(performance.now() - start >= 199, 'eleven requests at 50/s take 200 ms')
    assert.ok(seen.includes(503))
    assert.equal(stage.asked.length, 11)
  })
})
