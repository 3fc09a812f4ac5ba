/** HTTP and WebSocket through the engine: what is read, what is drawn for, and that nothing else is changed. */

import assert from 'node:assert/strict'
import { drop } from '../../faults/websocket/drop.ts'
import { status } from '../../faults/http/status.ts'
import { closeAll, until, webStage } from '../faults/web/stage.ts'
import { listenOn, LOCAL } from './stage.ts'

describe('HTTP and WebSocket through the engine', () => {
  afterEach(closeAll)

  for (const rule of ['nothing armed', 'a rule that means none']) {
    it(`${rule}: requests, bodies of every framing, and frames arrive as they were`, async () => {
      const stage = await webStage()
      if (rule !== 'nothing armed') await stage.strike(status, {}, { where: { path: '/nobody' } })
      for (let n = 0; n < 5; n++) {
        assert.equal((await stage.fetch(`/a?${n}`, { method: 'POST', body: 'x'.repeat(n * 50_000) })).text, `POST /a?${n} ${'x'.repeat(n * 50_000)}`)
        assert.equal((await stage.fetch('/big?250000')).text.length, 250_000)
        assert.equal((await stage.fetch('/close')).text, 'until the end')
        assert.equal((await stage.fetch('/json', { method: 'HEAD' })).text, '')
      }
      const socket = await stage.socket()
      for (let n = 0; n < 50; n++) socket.send(`message ${n}`)
      socket.send('y'.repeat(300_000))
      await until(() => socket.got.length === 51, 'the echoes')
      assert.equal(socket.got[49], 'message 49')
      assert.equal(socket.got[50]?.length, 300_000)
      socket.close(4000, 'done')
      assert.equal(await socket.over, '4000 done')
      assert.deepEqual(stage.did(), [])
      assert.deepEqual(stage.events, [])
    })
  }

  it('a rule is drawn for once a request, and its answer goes with it', async () => {
    const stage = await webStage()
    await stage.strike(status, { code: 503, when: 'after' }, { where: { route: '/orders/:id', method: 'POST' }, sequence: { fail: 1, pass: 1 } })
    const seen: number[] = []
    for (let n = 0; n < 4; n++) {
      seen.push((await stage.fetch(`/orders/${n}`, { method: 'POST', body: 'pay' })).status)
      assert.equal((await stage.fetch(`/orders/${n}`)).status, 200)
    }
    assert.deepEqual(seen, [503, 200, 503, 200])
    assert.equal(stage.asked.length, 8)
    assert.deepEqual(stage.did(), ['replace executed 200', 'replace executed 200'])
  })

  it('an answer may be named by its status, and fields by their names', async () => {
    const stage = await webStage({ serve: (request, response) => { response.statusCode = request.url === '/bad' ? 404 : 200; response.end('as it is') } })
    await stage.strike(status, { code: 500, when: 'after' }, { where: { status: 404, 'header.x-user': 'ada' } })
    assert.equal((await stage.fetch('/good', { headers: { 'X-User': 'ada' } })).status, 200)
    assert.equal((await stage.fetch('/bad')).status, 404)
    assert.equal((await stage.fetch('/bad', { headers: { 'X-User': 'ada' } })).status, 500)
  })

  it('a connection that becomes a WebSocket is read as one: messages are drawn for one by one, with all their fragments', async () => {
    const stage = await webStage()
    const socket = await stage.socket('/live?room=1')
    await stage.strike(drop, {}, { where: { path: '/live', text: 'secret*' }, direction: 'to-client' })
    const serverSide = stage.sockets[0]
    assert.ok(serverSide)
    serverSide.send('secret 1')
    serverSide.send('open 1')
    serverSide.send('secret ', { fin: false })
    serverSide.ping('between')
    serverSide.send('fragments', { fin: true })
    serverSide.send('open 2')
    await until(() => socket.got.includes('open 2'), 'the last message')
    assert.deepEqual(socket.got, ['open 1', 'open 2'])
    await stage.heal()
    serverSide.send('secret 3')
    await until(() => socket.got.includes('secret 3'), 'what nothing drops any more')
    assert.deepEqual(socket.errors, [])
  })

  it('a message whose first fragment was dropped is dropped to its end, though the rule is disarmed in between', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    const [serverSide] = stage.sockets
    await stage.strike(drop)
    serverSide?.send('lost ', { fin: false })
    await until(() => stage.did().length === 1, 'the first fragment')
    await stage.heal()
    serverSide?.send('to its end', { fin: true })
    serverSide?.send('whole')
    await until(() => socket.got.length > 0, 'the next message')
    assert.deepEqual([socket.got, socket.errors], [['whole'], []])
  })

  it('messages that go the other way are not counted', async () => {
    const stage = await webStage()
    const socket = await stage.socket()
    await stage.strike(drop, {}, { direction: 'to-client', sequence: { fail: 1, pass: 1 } })
    for (let n = 0; n < 4; n++) {
      socket.send(`message ${n}`)
      await until(() => stage.received.length === n + 1 && socket.got.length + stage.did().length === n + 1, 'the echo, or its loss')
    }
    assert.deepEqual(socket.got, ['message 1', 'message 3'])
  })

  it('what is compressed with context is left alone, and that is told once', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0 } } })
    const socket = await stage.socket('/', { perMessageDeflate: true })
    await stage.strike(drop)
    for (let n = 0; n < 3; n++) stage.sockets[0]?.send('z'.repeat(2000))
    await until(() => socket.got.length === 3, 'the messages')
    assert.deepEqual(stage.events.map(({ kind }) => kind), ['spared'])
    assert.deepEqual(stage.did(), [])
  })

  it('text is matched in compressed messages too, from their connection\'s first on', async () => {
    const stage = await webStage({ websocket: { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true } } })
    await stage.strike(drop, {}, { where: { text: '/^secret/' } })
    const socket = await stage.socket('/', { perMessageDeflate: true })
    for (const text of ['secret 1', 'open', 'secret 2', 'last']) stage.sockets[0]?.send(text)
    await until(() => socket.got.includes('last'), 'the messages')
    assert.deepEqual(socket.got, ['open', 'last'])
  })

  it('an answer of ours to a request that closes its connection is the last, behind those before it', async () => {
    const stage = await webStage()
    await stage.strike(status, { body: 'no' }, { where: { path: '/last' } })
    const seen = await stage.raw()
    seen.socket.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    assert.equal(await seen.ended, 'end')
    assert.match(seen.text(), /^HTTP\/1\.1 200 OK.*GET \/first HTTP\/1\.1 503 .*Connection: close\r\n\r\nno$/s)
  })

  it('an answer of ours comes behind the real ones that arrive in one piece', async () => {
    const { address } = await listenOn(LOCAL, (socket) => { socket.on('data', (asked) => { if (asked.includes('/2')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2') }) })
    const stage = await webStage({ spec: { upstream: address } })
    await stage.strike(status, { body: 'no' }, { where: { path: '/3' } })
    const seen = await stage.raw()
    seen.socket.write([1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await until(() => seen.text().endsWith('no') && seen.text().includes('\r\n\r\n2'), 'three answers')
    assert.match(seen.text(), /\n1HTTP.*\n2HTTP\/1\.1 503/s)
  })

  it('garbage on the port is passed on and told, and the next connection is served', async () => {
    const stage = await webStage()
    await stage.strike(status, {}, { where: { path: '/nobody' } })
    const seen = await stage.raw()
    seen.socket.write('\x16\x03\x01 this is not HTTP\r\n\r\n')
    await until(() => seen.text().startsWith('HTTP/1.1 400'), 'what the server thinks of it')
    assert.deepEqual(stage.events.map(({ kind }) => kind), ['opaque'])
    assert.equal((await stage.fetch('/a')).status, 200)
  })
})
