import assert from 'node:assert/strict'
import { abort } from '../../../faults/http/abort.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

const ONLY = { where: { path: '/cut*' } }
const told = ({ status, text, complete, error }: Awaited<ReturnType<ReturnType<typeof nodeClient>>>): unknown => [status, text, complete, error]

describe('http.abort', () => {
  afterEach(closeAll)

  it('request: the server never hears of it, body and all', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(abort, { when: 'request', how: 'end' }, ONLY)
    await assert.rejects(stage.fetch('/cut', { method: 'POST', body: 'pay' }), { code: 'UND_ERR_SOCKET', message: 'other side closed' })
    assert.deepEqual(told(await ask('/cut', { method: 'POST', body: 'pay' })), [undefined, '', false, 'ECONNRESET'])
    assert.equal((await ask('/other')).text, 'GET /other ')
    await stage.heal()
    assert.equal((await stage.fetch('/cut')).status, 200)
    assert.deepEqual(stage.asked.map(({ method, url }) => `${method} ${url}`), ['GET /other', 'GET /cut'])
    assert.deepEqual(stage.did(), ['close not executed', 'close not executed'])
  })

  it('before_headers: executed, and nothing of the answer arrives', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(abort, { when: 'before_headers' }, ONLY)
    for (const path of ['/cut', '/cut/big', '/cut/nothing']) assert.deepEqual(told(await ask(path, { method: 'DELETE' })), [undefined, '', false, 'ECONNRESET'])
    assert.equal((await ask('/other')).text, 'GET /other ')
    await stage.heal()
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/cut', '/cut/big', '/cut/nothing', '/other'])
    assert.deepEqual(stage.did(), ['close executed 200', 'close executed 200', 'close executed 200'])
  })

  it('after_headers and in_body: the head arrives, then nothing or half', async () => {
    const stage = await webStage({ serve: (_request, response) => response.end('0123456789') })
    const ask = nodeClient(stage.port)
    for (const [when, text] of [['after_headers', ''], ['in_body', '01234']] as const) {
      for (const how of ['end', 'reset'] as const) {
        await stage.strike(abort, { when, how }, ONLY)
        assert.deepEqual(told(await ask('/cut')), [200, text, false, 'ECONNRESET'], `${when} ${how}`)
        assert.deepEqual(told(await ask('/other')), [200, '0123456789', true, undefined])
        assert.equal((await ask('/cut', { method: 'HEAD' })).complete, true, 'without a body there is nothing to cut')
        const seen = await stage.raw()
        seen.socket.write('GET /cut HTTP/1.1\r\nHost: a\r\n\r\n')
        assert.equal(await seen.ended, how === 'end' ? 'end' : 'ECONNRESET')
        await stage.heal()
      }
    }
  })

  it('takes the rest of a pipeline along: what the server has executed of it is for the client to find out', async () => {
    const stage = await webStage()
    await stage.strike(abort, { how: 'end' }, ONLY)
    const seen = await stage.raw()
    seen.socket.write(['/a', '/cut', '/b'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    assert.equal(await seen.ended, 'end')
    assert.deepEqual([...seen.text().matchAll(/GET (\/\w+) /g)].map(([, path]) => path), ['/a'])
    await until(() => stage.asked.length === 3, 'the server to have read all')
  })
})
