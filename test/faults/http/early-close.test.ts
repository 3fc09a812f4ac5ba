import assert from 'node:assert/strict'
import { earlyClose } from '../../../faults/http/early-close.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

const LARGE = Buffer.alloc(32_000_000, 'u')

describe('http.early_close', () => {
  afterEach(closeAll)

  it('reset: a client that still writes sees the connection break; the server has executed nothing', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(earlyClose, {}, { where: { path: '/up' } })
    // The answer is read where it comes before the error.
    const { status, error } = await ask('/up', { method: 'POST', body: LARGE })
    assert.match(String(status ?? error), /^(413|ECONNRESET|EPIPE)$/)
    const seen = await stage.raw()
    seen.socket.write('POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 32000000\r\n\r\nthe first of many')
    assert.equal(await seen.ended, 'ECONNRESET')
    assert.equal((await ask('/other', { method: 'POST', body: 'x' })).status, 200)
    assert.equal((await ask('/up')).status, 200, 'without a body there is nothing to break')
    await stage.heal()
    assert.equal((await ask('/up', { method: 'POST', body: 'small' })).status, 200)
    assert.deepEqual(stage.asked.map(({ method, url }) => `${method} ${url}`), ['POST /other', 'GET /up', 'POST /up'])
    assert.deepEqual(stage.did(), ['close not executed', 'close not executed'])
  })

  it('end: the answer arrives though the body is not through, and what still comes is thrown away', async () => {
    const stage = await webStage()
    await stage.strike(earlyClose, { how: 'end', code: 431 })
    const seen = await stage.raw()
    seen.socket.write('POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
    assert.equal(await seen.ended, 'end')
    assert.match(seen.text(), /^HTTP\/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/)
    assert.deepEqual(stage.asked, [])
  })

  it('after so many bytes: the server sees a request that breaks off', async () => {
    let [aborted, read] = [0, 0]
    const stage = await webStage({ serve: (request) => { request.on('error', () => { aborted++ }).on('data', (chunk: Buffer) => { read += chunk.length }) } })
    await stage.strike(earlyClose, { read: '100KB', how: 'end' })
    const seen = await stage.raw()
    seen.socket.write('POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
    seen.socket.write(Buffer.alloc(99_999))
    await until(() => read === 99_999, 'what goes on to the server')
    assert.deepEqual([stage.did(), seen.text()], [[], ''])
    seen.socket.write('u')
    assert.equal(await seen.ended, 'end')
    assert.match(seen.text(), /^HTTP\/1.1 413 /)
    await until(() => aborted === 1, 'the server to notice')
    assert.deepEqual(stage.asked, [])
  })
})
