import assert from 'node:assert/strict'
import { notModified } from '../../../faults/http/not-modified.ts'
import { closeAll, webStage } from '../web/stage.ts'

describe('http.not_modified', () => {
  afterEach(closeAll)

  it('answers those who ask whether something has changed that it has not, and nobody else', async () => {
    const stage = await webStage()
    await stage.strike(notModified, {}, { where: { path: '/price' } })
    const conditional = { headers: { 'if-none-match': '"v1"' } }
    const { status, headers, text } = await stage.fetch('/price', conditional)
    assert.deepEqual([status, headers['etag'], text], [304, '"v1"', ''])
    assert.equal((await stage.fetch('/price', { headers: { 'if-modified-since': 'Fri, 27 Nov 2026 12:00:00 GMT' } })).status, 304)
    assert.equal((await stage.fetch('/price')).status, 200)
    assert.equal((await stage.fetch('/other', conditional)).status, 200)
    assert.equal((await stage.fetch('/price', { ...conditional, method: 'PUT', body: 'x' })).status, 200)
    await stage.heal()
    assert.equal((await stage.fetch('/price', conditional)).status, 200)
    assert.deepEqual(stage.asked.map(({ method, url }) => `${method} ${url}`), ['GET /price', 'GET /other', 'PUT /price', 'GET /price'])
    assert.deepEqual(stage.did(), ['answer', 'answer'])
  })

  it('unconditional: those too who have no copy', async () => {
    const stage = await webStage()
    await stage.strike(notModified, { unconditional: true })
    assert.equal((await stage.fetch('/price')).status, 304)
    assert.equal((await stage.fetch('/price', { method: 'POST' })).status, 200)
  })
})
