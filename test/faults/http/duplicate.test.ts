import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { duplicate } from '../../../faults/http/duplicate.ts'
import { bodyOf, closeAll, until, webStage } from '../web/stage.ts'
import { nodeClient } from './node.ts'

/** Answers with how many requests of that path and body it has seen, this one included. */
function counting(): RequestListener {
  const seen = new Map<string, number>()
  return (request, response) => void bodyOf(request).then((body) => {
    const count = (seen.get(`${request.url} ${body}`) ?? 0) + 1
    seen.set(`${request.url} ${body}`, count)
    response.end(`${count}`)
  }, () => undefined)
}

describe('http.duplicate', () => {
  afterEach(closeAll)

  for (const [answer, got] of [['first', '1'], ['second', '2']] as const) {
    it(`${answer}: the server executes each request twice, the client gets one answer, and the next ones stay in step`, async () => {
      const stage = await webStage({ serve: counting() })
      await stage.strike(duplicate, { answer }, { where: { path: '/pay*' } })
      for (const body of ['', 'small', 'x'.repeat(300_000)]) {
        assert.equal((await stage.fetch('/pay', { method: 'POST', body })).text, got, `${body.length} bytes`)
        assert.equal((await stage.fetch(`/other/${body.length}`)).text, '1')
      }
      await stage.heal()
      assert.equal((await stage.fetch('/pay?healed')).text, '1')
      assert.deepEqual(stage.asked.filter(({ url }) => url === '/pay').map(({ body }) => body.length), [0, 0, 5, 5, 300_000, 300_000])
      assert.deepEqual(stage.asked.filter(({ url }) => url.startsWith('/other')).length, 3)
      assert.equal(stage.events.filter(({ kind }) => kind === 'broken' || kind === 'opaque').length, 0)
    })

    it(`${answer}: a client that asks for the connection to be closed gets its answer, and then the end`, async () => {
      const stage = await webStage({ serve: counting() })
      await stage.strike(duplicate, { answer })
      const seen = await stage.raw()
      seen.socket.write('POST /pay HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi')
      assert.equal(await seen.ended, 'end')
      assert.match(seen.text(), new RegExp(`^HTTP/1.1 200 OK[^]*\r\n\r\n${got}$`))
      assert.deepEqual(stage.asked.map(({ url, body }) => `${url} ${body}`), ['/pay hi', '/pay hi'])
    })
  }

  it('chunks go twice too, up to 1 MiB; past that once, which is told', async () => {
    const stage = await webStage({ serve: counting() })
    const ask = nodeClient(stage.port)
    await stage.strike(duplicate)
    const options = { method: 'PUT', headers: { 'Transfer-Encoding': 'chunked' } }
    assert.equal((await ask('/a', { ...options, body: 'y'.repeat(500_000) })).text, '1')
    await until(() => stage.asked.length === 2, 'the copy')
    assert.equal((await ask('/b', { ...options, body: 'y'.repeat(1_200_000) })).text, '1')
    assert.equal((await ask('/a', { ...options, body: 'y'.repeat(500_000) })).text, '3')
    await until(() => stage.asked.length === 5, 'the last copy')
    assert.deepEqual(stage.asked.map(({ url, body }) => [url, body.length]), [['/a', 500_000], ['/a', 500_000], ['/b', 1_200_000], ['/a', 500_000], ['/a', 500_000]])
    assert.deepEqual(stage.events.filter(({ kind }) => kind === 'spared').length, 1)
  })

  it('pipelined requests get their own answers', async () => {
    const stage = await webStage({ serve: counting() })
    await stage.strike(duplicate, { answer: 'second' }, { where: { path: '/b' } })
    const seen = await stage.raw()
    seen.socket.write(['/a', '/b', '/c', '/b', '/d'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await until(() => seen.text().split('HTTP/1.1 200').length === 6, 'five answers')
    assert.deepEqual(stage.asked.map(({ url }) => url), ['/a', '/b', '/b', '/c', '/b', '/b', '/d'])
    assert.deepEqual([...seen.text().matchAll(/\r\n\r\n(\d)/g)].map(([, count]) => count), ['1', '2', '1', '4', '1'])
  })

  it('leaves a handshake alone', async () => {
    const stage = await webStage()
    await stage.strike(duplicate)
    const socket = await stage.socket()
    socket.send('once')
    await until(() => socket.got.length === 1, 'the echo')
    assert.deepEqual(stage.did(), [])
  })
})
