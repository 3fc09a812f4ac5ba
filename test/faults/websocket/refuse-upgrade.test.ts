import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { refuseUpgrade } from '../../../faults/websocket/refuse-upgrade.ts'
import { closeAll, until, webStage, type WebStage } from '../web/stage.ts'

/** The answer that a client got in place of a WebSocket. */
function refused({ port }: WebStage): Promise<IncomingMessage> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/live`)
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', (request, response) => { request.destroy(); resolve(response) })
    socket.on('open', () => reject(new Error('it is open')))
    socket.on('error', reject)
  })
}

describe('websocket.refuse_upgrade', () => {
  afterEach(closeAll)

  for (const [status, field, value] of [[401, 'www-authenticate', 'Bearer'], [403, 'retry-after', undefined], [426, 'sec-websocket-version', '13'], [503, 'retry-after', '2']] as const) {
    it(`${status}: as a server says it, which never hears of the request`, async () => {
      const stage = await webStage()
      await stage.strike(refuseUpgrade, { status, ...(status === 503 ? { retry_after: '2s' } : {}) })
      await assert.rejects(stage.socket(), new RegExp(`Unexpected server response: ${status}`))
      const { statusCode, headers } = await refused(stage)
      assert.deepEqual([statusCode, headers[field], headers.upgrade], [status, value, status === 426 ? 'websocket' : undefined])
      assert.deepEqual([stage.sockets.length, stage.did()], [0, ['answer', 'answer']])
      await stage.heal()
      await stage.socket()
    })
  }

  it('the connection goes on as HTTP behind the refusal, and may ask again', async () => {
    const stage = await webStage()
    await stage.strike(refuseUpgrade, { status: 403 }, { times: 1 })
    const seen = await stage.raw()
    const asks = 'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
    seen.socket.write(asks)
    await until(() => seen.text().startsWith('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'), 'the refusal')
    seen.socket.write('GET /after HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => seen.text().endsWith('GET /after '), 'an answer of the server')
    seen.socket.write(asks)
    await until(() => stage.sockets.length === 1, 'the WebSocket')
    stage.sockets[0]?.send('hi')
    await until(() => seen.text().endsWith('\x81\x02hi'), 'its message')
  })

  it('hang: no answer at all, until the fault ends', async () => {
    const stage = await webStage()
    await stage.strike(refuseUpgrade, { how: 'hang' })
    await assert.rejects(stage.socket('/live', { handshakeTimeout: 200 }), /Opening handshake has timed out/)
    const before = stage.did().length
    const later = stage.socket()
    await until(() => stage.did().length > before, 'another request')
    assert.equal(stage.sockets.length, 0)
    assert.equal((await stage.fetch('/a')).status, 200)
    await stage.heal()
    const socket = await later
    socket.send('hello')
    await until(() => socket.got.length === 1, 'the echo')
  })

  it('wrong_accept: the server has agreed, the client does not believe it', async () => {
    const stage = await webStage()
    await stage.strike(refuseUpgrade, { how: 'wrong_accept' })
    await assert.rejects(stage.socket(), /Invalid Sec-WebSocket-Accept header/)
    await until(() => stage.ended.length === 1, 'the server loses it')
    assert.deepEqual(stage.ended, ['1006'])
    await stage.heal()
    await stage.socket()
  })

  it('other requests, and WebSockets that are open, are left alone', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(refuseUpgrade, {}, { where: { path: '/live' } })
    socket.send('hello')
    await until(() => socket.got.length === 1, 'the echo')
    assert.equal((await stage.fetch('/live')).status, 200)
    await stage.socket('/other')
    assert.deepEqual(stage.did(), [])
  })
})
