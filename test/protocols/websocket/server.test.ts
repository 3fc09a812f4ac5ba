/** A real client and a real server through a plain pipe that decodes beside the bytes. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket as Undici } from 'undici'
import { WebSocket, WebSocketServer, type PerMessageDeflateOptions } from 'ws'
import { acceptOf } from '../../../src/protocols/websocket/handshake.ts'
import { opensMessage } from '../../../src/protocols/websocket/frame.ts'
import { openPipe, type Pipe } from '../pipe.ts'
import { Recorded } from './recorded.ts'

const LARGE = 'larger than a head '.repeat(10_000)
const TEXTS = ['', 'a', 'ünïcödé €', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(65_535), 'x'.repeat(65_536), LARGE, ...Array.from({ length: 20 }, (_, n) => JSON.stringify({ order: n % 3, status: 'paid', note: 'again and again' }))]

const DEFLATES: readonly (readonly [name: string, options: PerMessageDeflateOptions | false, takeover: readonly boolean[] | undefined])[] = [
  ['not compressed', false, undefined],
  ['compressed with context', { threshold: 0 }, [true, true]],
  ['compressed without context', { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true }, [false, false]],
  ['compressed with context one way', { threshold: 0, serverNoContextTakeover: true }, [true, false]],
  ['compressed in a small window', { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 }, [true, true]],
  ['compressed where it is worth it', { threshold: 100 }, [true, true]],
]

describe('websocket codec between a real client and a real server', () => {
  for (const [name, perMessageDeflate, takeover] of DEFLATES) {
    describe(name, () => {
      let server: WebSocketServer
      let pipe: Pipe<Recorded>

      before(async () => {
        // `drop` hangs up without a word; all else comes back as it was.
        server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate })
        server.on('connection', (peer) => peer.on('message', (data: Buffer, binary) => {
          if (data.toString('latin1', 0, 4) === 'drop') peer.terminate()
          else if (data.toString('latin1', 0, 5) === 'close') peer.close(1013, 'later')
          else if (data.toString('latin1', 0, 4) === 'ping') peer.ping('are you there')
          else peer.send(data, { binary })
        }))
        await once(server, 'listening')
        pipe = await openPipe((server.address() as AddressInfo).port, () => new Recorded())
      })
      after(() => {
        pipe.close()
        server.close()
      })

      async function open(): Promise<{ client: WebSocket; recorded: Recorded }> {
        const client = new WebSocket(`ws://127.0.0.1:${pipe.port}`, { perMessageDeflate })
        await once(client, 'open')
        return { client, recorded: pipe.sessions.at(-1) ?? assert.fail() }
      }

      const closed = async (client: WebSocket): Promise<unknown> => {
        const [code] = await once(client, 'close') as [number]
        return code
      }

      it('texts of every size come and go, and are read', async () => {
        const { client, recorded } = await open()
        const answers: string[] = []
        const all = new Promise<void>((resolve) => { client.on('message', (data: Buffer) => { if (answers.push(data.toString()) === TEXTS.length) resolve() }) })
        for (const text of TEXTS) client.send(text)
        await all
        client.close(1000, 'done')
        assert.equal(await closed(client), 1000)
        assert.deepEqual(answers, TEXTS)
        recorded.check()
        assert.deepEqual(recorded.texts('to-server'), TEXTS)
        assert.deepEqual(recorded.texts('to-client'), TEXTS)
        assert.deepEqual(recorded.extensions.deflate && [recorded.extensions.deflate.takeover['to-server'], recorded.extensions.deflate.takeover['to-client']], takeover)
        assert.deepEqual(recorded.extensions.others, [])
        const sizes = recorded.seen['to-client'].filter(({ frame }) => frame.kind === 'text' && frame.coding === 'none').map(({ facets, text }) => [facets.size, Buffer.byteLength(text ?? '')])
        if (!takeover) assert.ok(sizes.filter(([size, length]) => size === length).length >= TEXTS.length)
        assert.equal(recorded.seen['to-client'].some(({ facets }) => facets.compressed), takeover !== undefined)
        assert.deepEqual(recorded.frames('to-client', 'close').map(({ facets, pairs }) => [facets.close_code, facets.text, pairs]), [[1000, 'done', TEXTS.length + 1]])
      })

      it('a message in fragments, with pings and pongs between them', async () => {
        const { client, recorded } = await open()
        const pong = once(client, 'pong')
        client.send('one ', { fin: false })
        client.ping('amid')
        await pong
        client.send('two ', { fin: false })
        client.pong('unasked')
        client.send('three', { fin: true })
        const [echo] = await once(client, 'message') as [Buffer]
        assert.equal(echo.toString(), 'one two three')
        client.send(Buffer.from([1, 2, 3]), { fin: false })
        client.send(Buffer.from([4]), { fin: true })
        const [bytes] = await once(client, 'message') as [Buffer]
        assert.deepEqual([...bytes], [1, 2, 3, 4])
        client.close()
        assert.equal(await closed(client), 1005)
        recorded.check()
        assert.deepEqual(recorded.seen['to-server'].map(({ frame: { type, message, place, fin } }) => `${type}#${message}${place === 'first' ? '' : '+'}${fin ? '' : '…'}`), ['text#1…', 'ping#2', 'continuation#1+…', 'pong#3', 'continuation#1+', 'binary#4…', 'continuation#4+', 'close#5'])
        assert.deepEqual(recorded.texts('to-server'), ['one two three'])
        assert.deepEqual(recorded.frames('to-client', 'pong').map(({ pairs }) => pairs), [2])
        assert.deepEqual(recorded.frames('to-server', 'pong').map(({ pairs }) => pairs), [undefined])
        assert.deepEqual(recorded.frames('to-server', 'close').map(({ facets }) => facets.close_code), [1005])
        assert.deepEqual(recorded.seen['to-server'].filter(({ frame }) => opensMessage(frame)).length, 5)
      })

      it('a ping of the server is paired with the pong of its client, its close with its answer', async () => {
        const { client, recorded } = await open()
        client.send('ping')
        await once(client, 'ping')
        client.send('close')
        assert.equal(await closed(client), 1013)
        recorded.check()
        assert.deepEqual(recorded.frames('to-server', 'pong').map(({ pairs }) => pairs), [recorded.frames('to-client', 'ping')[0]?.frame.message])
        assert.deepEqual(recorded.frames('to-server', 'close').map(({ facets, pairs }) => [facets.close_code, pairs]), [[1013, recorded.frames('to-client', 'close')[0]?.frame.message]])
      })

      it('a cut is no close', async () => {
        const { client, recorded } = await open()
        client.send('drop')
        assert.equal(await closed(client), 1006)
        recorded.check()
        assert.deepEqual([...recorded.seen['to-client'], ...recorded.frames('to-server', 'close')], [])
      })

      it('the accept of the response is that of the key', async () => {
        const { client, recorded } = await open()
        client.terminate()
        const key = /sec-websocket-key: *(\S+)/i.exec(recorded.heads['to-server'])?.[1]
        const accept = /sec-websocket-accept: *(\S+)/i.exec(recorded.heads['to-client'])?.[1]
        assert.ok(key)
        assert.equal(acceptOf(key), accept)
      })

      it('another client: the WebSocket of undici', async () => {
        const client = new Undici(`ws://127.0.0.1:${pipe.port}`)
        await new Promise((resolve) => client.addEventListener('open', resolve))
        const recorded = pipe.sessions.at(-1) ?? assert.fail()
        const answers: string[] = []
        const all = new Promise<void>((resolve) => client.addEventListener('message', ({ data }) => { if (answers.push(String(data)) === TEXTS.length) resolve() }))
        for (const text of TEXTS) client.send(text)
        await all
        const gone = new Promise((resolve) => client.addEventListener('close', resolve))
        client.close(4001, 'enough')
        await gone
        assert.deepEqual(answers, TEXTS)
        recorded.check()
        assert.deepEqual(recorded.texts('to-server'), TEXTS)
        assert.deepEqual(recorded.texts('to-client'), TEXTS)
        assert.deepEqual(recorded.frames('to-server', 'close').map(({ facets }) => [facets.close_code, facets.text]), [[4001, 'enough']])
      })
    })
  }
})
