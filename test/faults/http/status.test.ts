import assert from 'node:assert/strict'
import { status } from '../../../faults/http/status.ts'
import { closeAll, webStage } from '../web/stage.ts'

describe('http.status', () => {
  afterEach(closeAll)

  it('answers before the server has seen the request, on a connection that goes on', async () => {
    const stage = await webStage()
    await stage.strike(status, { code: 503, retry_after: '1500ms', body: 'busy' })
    const { status: code, headers, text } = await stage.fetch('/orders', { method: 'POST', body: 'x'.repeat(200_000) })
    assert.deepEqual([code, headers['retry-after'], text], [503, '2', 'busy'])
    assert.equal((await stage.fetch('/orders', { method: 'HEAD' })).status, 503)
    await stage.heal()
    assert.equal((await stage.fetch('/orders')).text, 'GET /orders ')
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/orders'])
    assert.deepEqual(stage.did(), ['answer', 'answer'])
  })

  it('answers after it was executed, whatever the framing of the answer that is lost', async () => {
    const stage = await webStage()
    await stage.strike(status, { code: 504, when: 'after' })
    for (const path of ['/json', '/big?300000', '/close', '/text']) assert.equal((await stage.fetch(path)).status, 504, path)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/json', '/big?300000', '/close', '/text'])
    assert.deepEqual(new Set(stage.did()), new Set(['replace executed 200']))
  })

  it('says what else it is told to, and Retry-After as a date by the clock of this machine', async () => {
    const stage = await webStage()
    await stage.strike(status, { code: 429, retry_after: '90s', retry_as: 'date', headers: 'X-RateLimit-Remaining: 0\nCache-Control: no-store' })
    const before = Math.floor(Date.now() / 1000) * 1000
    const { headers } = await stage.fetch('/orders')
    const until = String(headers['retry-after'])
    assert.equal(new Date(until).toUTCString(), until)
    assert.ok(Date.parse(until) >= before + 90_000 && Date.parse(until) <= Date.now() + 90_000, until)
    assert.deepEqual([headers['x-ratelimit-remaining'], headers['cache-control']], ['0', 'no-store'])
  })
})
