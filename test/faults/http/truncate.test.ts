import assert from 'node:assert/strict'
import { truncate } from '../../../faults/http/truncate.ts'
import { closeAll, webStage, type WebStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

/** `/json` with its length, `/chunks` two chunks, `/close` until the end, `/huge` 300 kB with its length. */
const shop = (): Promise<WebStage> => webStage({ serve: ({ url }, response) => {
  if (url === '/json') return void response.setHeader('content-length', 20).end('["abcdef","ghijklm"]')
  if (url === '/huge') return void response.setHeader('content-length', 300_000).end('x'.repeat(300_000))
  if (url === '/close') return void response.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789')
  response.write('0123456789')
  setImmediate(() => response.end('abcdefghij'))
} })

describe('http.truncate', () => {
  afterEach(closeAll)

  it('with a length: that stays, the body is short, and clients notice', async () => {
    const stage = await shop()
    const ask = nodeClient(stage.port)
    await stage.strike(truncate, { keep: '50%' }, { where: { path: ['/json', '/huge'] } })
    await assert.rejects(stage.fetch('/json'), { code: 'UND_ERR_SOCKET', message: 'other side closed' })
    assert.deepEqual(await ask('/json').then(({ status, text, complete, error }) => ({ status, text, complete, error })), { status: 200, text: '["abcdef",', complete: false, error: 'ECONNRESET' })
    assert.equal((await ask('/huge')).text.length, 150_000)
    assert.equal((await ask('/chunks')).text, '0123456789abcdefghij')
    await stage.heal()
    assert.equal((await stage.fetch('/json')).text.length, 20)
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/json', '/json', '/huge', '/chunks', '/json'])
    assert.deepEqual(stage.did(), ['close executed 200', 'close executed 200', 'close executed 200'])
  })

  it('in chunks: half of the first, or all but the end', async () => {
    const stage = await shop()
    const ask = nodeClient(stage.port)
    for (const [keep, text] of [['50%', '01234'], ['100%', '0123456789abcdefghij'], ['0%', '']] as const) {
      await stage.strike(truncate, { keep })
      const told = await ask('/chunks')
      assert.deepEqual([told.text, told.complete, told.error], [text, false, 'ECONNRESET'], keep)
      await stage.heal()
    }
  })

  it('until_close: half of every body looks like all of one, to each client', async () => {
    const stage = await shop()
    const ask = nodeClient(stage.port)
    await stage.strike(truncate, { framing: 'until_close' })
    for (const [path, text] of [['/json', '["abcdef",'], ['/chunks', '01234'], ['/close', '01234'], ['/huge', 'x'.repeat(150_000)]] as const) {
      assert.equal((await stage.fetch(path)).text, text, path)
      const told = await ask(path)
      assert.deepEqual([told.text, told.complete, told.error], [text, true, undefined], path)
    }
    await stage.heal()
    assert.equal((await ask('/chunks')).text, '0123456789abcdefghij')
  })

  it('until_close: chunks without their framing, all of them where all is kept', async () => {
    const stage = await shop()
    await stage.strike(truncate, { framing: 'until_close', keep: '100%' })
    const seen = await stage.raw()
    seen.socket.write('GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(await seen.ended, 'end')
    assert.match(seen.text(), /^HTTP\/1.1 200 OK\r\nDate: .*\r\n\r\n0123456789abcdefghij$/s)
    assert.doesNotMatch(seen.text(), /Transfer-Encoding|Content-Length/i)
  })

  it('reset: RST', async () => {
    const stage = await shop()
    await stage.strike(truncate, { how: 'reset' })
    const seen = await stage.raw()
    seen.socket.write('GET /json HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.equal(await seen.ended, 'ECONNRESET')
    assert.ok(seen.text().endsWith('["abcdef",'))
  })

  it('leaves what has no body alone', async () => {
    const stage = await shop()
    await stage.strike(truncate)
    assert.equal((await stage.fetch('/json', { method: 'HEAD' })).status, 200)
    assert.deepEqual(stage.did(), [])
  })
})
