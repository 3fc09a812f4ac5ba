import assert from 'node:assert/strict'
import { once } from 'node:events'
import { WebSocket as UndiciSocket } from 'undici'
import { WebSocket, type ClientOptions } from 'ws'
import { closeAll, later } from '../proxy/stage.ts'
import { relay } from '../faults/relay.ts'
import { web } from '../support/web.ts'
import { sameThrough, through } from './through.ts'

const TEXT = '{"id":1,"text":"the same again, the same again, the same again"} é €'
const COMPRESSED: ClientOptions = { perMessageDeflate: { threshold: 0 } }

/** What a client of ws gets for what it says: messages, pongs, the end. */
async function converse(url: string, path: string, options: ClientOptions): Promise<unknown> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, options)
  later(() => socket.terminate())
  const heard: unknown[] = []
  socket.on('message', (data, binary) => heard.push([binary, Buffer.concat([data as Buffer]).toString('base64').slice(0, 200), (data as Buffer).length]))
  socket.on('pong', (data) => heard.push(`pong ${String(data)}`))
  const [, upgraded] = await Promise.all([once(socket, 'open'), once(socket, 'upgrade')])
  const { headers } = upgraded[0] as { headers: Record<string, string> }
  for (let n = 0; n < 5; n++) socket.send(TEXT)
  socket.send(Buffer.from([0, 1, 2, 255]))
  socket.send('')
  socket.send('in ', { fin: false })
  socket.send('three ', { fin: false })
  socket.ping('between')
  socket.send('fragments', { fin: true })
  socket.send(Buffer.alloc(70_000, 'large'))
  socket.send('plain', { compress: false })
  socket.ping('last')
  while (!heard.includes('pong last')) await once(socket, 'pong')
  while (heard.length < 12) await once(socket, 'message')
  socket.close(4001, 'enough')
  const [code, reason] = await once(socket, 'close') as [number, Buffer]
  return [headers['sec-websocket-extensions'], heard.filter((one) => typeof one === 'string'), heard.filter((one) => typeof one !== 'string'), code, reason.toString(), socket.extensions]
}

describe('WebSocket clients, the same through the proxy as direct', function () {
  this.timeout(90_000)
  afterEach(closeAll)

  sameThrough('ws: text, binary, empty, in fragments, large, pings, a close', 'http', web, (url) => converse(url, '/live', { perMessageDeflate: false }))
  sameThrough('ws, compressed with context', 'http', web, (url) => converse(url, '/deflate', COMPRESSED))
  sameThrough('ws, compressed without context', 'http', web, (url) => converse(url, '/free', COMPRESSED))

  sameThrough('ws: an upgrade that is refused, and a connection that goes on as HTTP', 'http', web, async (url) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/refuse`)
    const [, answer] = await once(socket, 'unexpected-response') as [unknown, { statusCode: number; destroy(): void }]
    answer.destroy()
    return answer.statusCode
  })

  sameThrough('undici', 'http', web, async (url) => {
    const socket = new UndiciSocket(`${url.replace('http', 'ws')}/deflate`)
    const heard: unknown[] = []
    const closed = new Promise((resolve) => { socket.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean]) })
    socket.onopen = () => { for (let n = 0; n < 5; n++) socket.send(`${TEXT} ${n}`) }
    socket.onmessage = ({ data }) => { if (heard.push(data) === 5) socket.close(1000, 'done') }
    return [await closed, heard]
  })

  for (const path of ['/deflate', '/free']) {
    it(`frames are relayed and nothing is negotiated anew: what is compressed arrives byte by byte, ${path.slice(1)}`, async () => {
      const behind = await relay(await web())
      const way = await through({ host: '127.0.0.1', port: behind.port, url: '' }, 'http', 'a rule armed that matches nothing')
      const before = await relay({ host: '127.0.0.1', port: way.port })
      await converse(`http://127.0.0.1:${before.port}`, path, COMPRESSED)
      for (const by of ['client', 'server'] as const) {
        assert.ok(before.said(by).equals(behind.said(by)), by)
        assert.match(before.said(by).toString('latin1'), /Sec-WebSocket-Extensions: permessage-deflate/i)
      }
      assert.deepEqual(way.opaque, [])
    })
  }
})
