import assert from 'node:assert/strict'
import { oversize } from '../../../faults/http/oversize.ts'
import { closeAll, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

describe('http.oversize', () => {
  afterEach(closeAll)

  it('of an answer: past 16 KiB the parser of node gives up, below it all is well', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(oversize, {}, { where: { path: '/a' } })
    assert.equal((await ask('/a', { method: 'POST', body: 'pay' })).error, 'HPE_HEADER_OVERFLOW')
    await assert.rejects(stage.fetch('/a'), { code: 'UND_ERR_HEADERS_OVERFLOW' })
    assert.equal((await ask('/other')).status, 200)
    await stage.strike(oversize, { size: '10KiB' })
    const seen = await stage.raw()
    seen.socket.write('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    await seen.ended
    assert.equal(seen.text().indexOf('\r\n\r\n') + 4, 10_240)
    assert.ok(seen.text().endsWith('GET /a '))
    await stage.heal()
    assert.equal((await ask('/a')).status, 200)
    assert.equal(stage.asked.length, 5)
  })

  it('of a request: the server answers 431, and the body goes nowhere', async () => {
    const stage = await webStage()
    await stage.strike(oversize, { of: 'request' }, { where: { path: '/a' } })
    assert.equal((await stage.fetch('/a')).status, 431)
    assert.equal((await stage.fetch('/other', { method: 'POST', body: 'x' })).status, 200)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/other'])
  })
})
