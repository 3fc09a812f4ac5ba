import assert from 'node:assert/strict'
import { request } from 'node:http'
import { noContinue } from '../../../faults/http/no-continue.ts'
import { closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

describe('http.no_continue', () => {
  afterEach(closeAll)

  it('never: who waits for leave waits, and who sends all the same is answered', async () => {
    const stage = await webStage()
    await stage.strike(noContinue, {}, { where: { path: '/up' } })
    const asked = request({ host: '127.0.0.1', port: stage.port, path: '/up', method: 'POST', agent: false, headers: { Expect: '100-continue', 'Content-Length': 4 } })
    let leave = false
    let status = 0
    asked.on('continue', () => { leave = true }).on('response', (answer) => { status = answer.statusCode ?? 0; answer.resume() })
    asked.flushHeaders()
    await until(() => stage.did().length === 1, 'the 100 that is lost')
    assert.equal((await stage.fetch('/up', { method: 'POST', body: 'x' })).status, 200)
    assert.deepEqual([leave, status], [false, 0])
    asked.end('body')
    await until(() => status === 200, 'the answer')
    assert.deepEqual([leave, stage.did(), stage.asked.at(-1)?.body], [false, ['drop'], 'body'])
    await stage.heal()
    const again = request({ host: '127.0.0.1', port: stage.port, path: '/up', method: 'POST', agent: false, headers: { Expect: '100-continue', 'Content-Length': 4 } })
    again.on('continue', () => again.end('body')).on('response', (answer) => { status = 201; answer.resume() })
    again.flushHeaders()
    await until(() => status === 201, 'the answer of one that was given leave')
  })

  it('unsolicited: node reads over it, undici takes a 100 for a bad answer, and 103 is read over by both', async () => {
    const stage = await webStage()
    const ask = nodeClient(stage.port)
    await stage.strike(noContinue, { how: 'unsolicited_100' }, { where: { path: '/a' } })
    assert.deepEqual(await ask('/a').then(({ status, text, error }) => [status, text, error]), [200, 'GET /a ', undefined])
    await assert.rejects(stage.fetch('/a'), { code: 'UND_ERR_SOCKET', message: 'bad response' })
    assert.equal((await stage.fetch('/other')).status, 200)
    await stage.heal()
    await stage.strike(noContinue, { how: 'unsolicited_103' })
    assert.deepEqual(await ask('/a', { method: 'POST', body: 'x'.repeat(100_000) }).then(({ status, text, interim }) => [status, text.length, interim]), [200, 100_008, [103]])
    assert.equal((await stage.fetch('/a')).status, 200)
    assert.equal((await stage.fetch('/a', { method: 'HEAD' })).status, 200)
    assert.deepEqual(stage.asked.length, 6)
    assert.deepEqual(new Set(stage.did()), new Set(['replace']))
  })
})
