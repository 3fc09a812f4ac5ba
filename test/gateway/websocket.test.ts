import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { closeAll, exchange, later, listenOn, LOCAL, PLAIN, target, until, type Target } from '../proxy/stage.ts'
import { gated, originOf, secure, type Secure } from './stage.ts'

/** Echoes; `/no` is refused with a body, `/hang` is never answered. */
async function sockets(): Promise<Secure & { readonly server: Secure['server']; readonly requests: IncomingMessage[]; readonly live: WebSocketServer }> {
  const upstream = await secure((_, response) => response.end('no socket'))
  const live = new WebSocketServer({ noServer: true, perMessageDeflate: true })
  const requests: IncomingMessage[] = []
  upstream.server.on('upgrade', (request: IncomingMessage, socket, head) => {
    requests.push(request)
    if (request.url === '/hang') return
    if (request.url === '/no') return void socket.end('HTTP/1.1 401 Unauthorized\r\nSet-Cookie: s=1; Domain=x; Secure\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nno key\r\n0\r\n\r\n')
    live.handleUpgrade(request, socket, head, (ws) => { ws.on('message', (data, binary) => ws.send(data, { binary })).on('error', () => undefined) })
  })
  later(() => live.close())
  return { ...upstream, requests, live }
}

function open(stage: Target, path = '/', protocols: readonly string[] = []): WebSocket {
  const ws = new WebSocket(`${originOf(stage).replace('http', 'ws')}${path}`, [...protocols])
  later(() => { ws.on('error', () => undefined).terminate() })
  return ws
}

describe('WebSockets through the gateway', () => {
  afterEach(closeAll)

  it('come about with the Host of the upstream and echo what they are told, small and large', async () => {
    const upstream = await sockets()
    const ws = open(await gated(upstream, { protocol: 'websocket' }), '/live?since=7', ['orders.v2'])
    await once(ws, 'open')
    assert.equal(ws.protocol, 'orders.v2')
    assert.deepEqual([upstream.requests[0]?.url, upstream.requests[0]?.headers.host], ['/live?since=7', `localhost:${upstream.port}`])
    for (const message of [Buffer.from('hello'), randomBytes(3 * 1024 ** 2)]) {
      ws.send(message)
      const [heard] = await once(ws, 'message')
      assert.ok(message.equals(heard as Buffer))
    }
    ws.close(4001, 'enough')
    const [code, reason] = await once(ws, 'close')
    assert.deepEqual([code, String(reason)], [4001, 'enough'])
    await until(() => upstream.open.size === 0, 'the upstream\'s end')
  })

  it('come about behind requests on the same connection', async () => {
    const upstream = await sockets()
    const one = await (await gated(upstream)).client()
    await exchange(one, 'GET /first HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => one.text().endsWith('no socket'), 'the first answer')
    one.socket.write(Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'), Buffer.from('8182000000006869', 'hex')]))
    await until(() => one.text().endsWith('\x81\x02hi'), 'the echo of a frame that came with the request')
    assert.match(one.text(), /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/)
    assert.equal(upstream.accepted(), 1)
  })

  it('are refused as the upstream refuses them', async () => {
    const ws = open(await gated(await sockets()), '/no')
    const [, response] = await once(ws, 'unexpected-response') as [unknown, IncomingMessage]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    assert.deepEqual([response.statusCode, response.headers['set-cookie'], body], [401, ['s=1'], 'no key'])
  })

  it('are answered 502 where there is no upstream', async () => {
    const { server, address } = await listenOn(LOCAL, () => undefined)
    await new Promise((resolve) => { server.close(resolve) })
    const stage = await target({ upstream: address, tls: { ...PLAIN, upstream: 'require' }, spec: { protocol: 'websocket', host: 'shop.internal' } })
    const [, response] = await once(open(stage), 'unexpected-response') as [unknown, IncomingMessage]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    assert.deepEqual([response.statusCode, body], [502, 'brownout: https://shop.internal cannot be reached: ECONNREFUSED\n'])
  })

  it('see the upstream vanish, and the upstream sees them', async () => {
    const upstream = await sockets()
    const stage = await gated(upstream)
    const [first, second, third] = [open(stage), open(stage), open(stage)]
    await Promise.all([first, second, third].map((ws) => once(ws, 'open')))
    const [lost] = [...upstream.wires]
    lost?.resetAndDestroy()
    const [error] = await once(first, 'close') as [number]
    assert.equal(error, 1006)
    second.terminate()
    await until(() => upstream.open.size === 1, 'the second to end upstream')
    await stage.plane.close()
    await once(third, 'close')
    await until(() => upstream.open.size === 0, 'the third to end upstream')
  })

  it('that nobody answers end when the client leaves, by whichever way', async () => {
    const upstream = await sockets()
    const stage = await gated(upstream)
    const [ends, resets, stays] = [await stage.client(), await stage.client(), await stage.client()]
    for (const { socket } of [ends, resets, stays]) socket.write('GET /hang HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await until(() => upstream.requests.length === 3, 'all to ask')
    resets.socket.resetAndDestroy()
    await until(() => upstream.open.size === 2, 'the one to end upstream')
    ends.socket.end()
    await until(() => upstream.open.size === 1, 'the other to end upstream')
    await stage.plane.close()
    await until(() => upstream.open.size === 0, 'the last to end upstream')
  })
})
