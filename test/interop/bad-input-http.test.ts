/** What nobody should send to a target of HTTP, with a rule armed and without: the server decides what it is, all of it is bounded, and the next connection is served. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { request } from 'undici'
import { frameOf } from '../../src/protocols/websocket/build.ts'
import { closeAll, later, listenOn, LOCAL, until, watch, type Seen } from '../proxy/stage.ts'
import { head } from '../protocols/http/wire.ts'
import { web } from '../support/web.ts'
import { through } from './through.ts'

const WAYS = ['nothing armed', 'a rule armed that matches nothing'] as const
const MIB = 1024 ** 2
const KEY = 0x01020304

function raw(port: number): Seen {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  later(() => socket.destroy())
  return watch(socket)
}

/** What a client is told for `said`, until the server ends it; `ends`: the client says that this was all. */
async function told(port: number, said: string, ends = false): Promise<string> {
  const client = raw(port)
  client.socket[ends ? 'end' : 'write'](Buffer.from(said, 'latin1'))
  await client.ended
  client.socket.destroy()
  return client.text().replace(/\r\nDate: [^\r]*/g, '')
}

async function served(port: number): Promise<void> {
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/json`, { headers: { connection: 'close' } })
  assert.deepEqual([statusCode, await body.text()], [200, '{"ok":true}'])
}

const UPGRADE = head('GET /live HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
const post = (...lines: readonly string[]): string => head('POST /echo HTTP/1.1', 'Host: h', ...lines)
const HUGE = Buffer.from('81ff800000000000000001020304', 'hex')

/** `opaque`: what is told of it. `ends`: the server would wait for more. */
const REQUESTS: readonly { readonly name: string; readonly said: string; readonly opaque: RegExp; readonly ends?: true }[] = [
  { name: 'garbage', said: '\x00\xff\x00\x01garbage\r\n\r\n', opaque: /./ },
  { name: 'a greeting of another protocol', said: 'EHLO mail.example\r\n\r\n', opaque: /./ },
  { name: 'a TLS ClientHello', said: '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\r\n\r\n', opaque: /TLS/ },
  { name: 'the preface of HTTP/2', said: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', opaque: /HTTP\/2/ },
  { name: 'a chunk of 2^63', said: `${post('Transfer-Encoding: chunked')}8000000000000000\r\nabc\r\n`, opaque: /chunk/, ends: true },
  { name: 'a chunk of 2^64 and some', said: `${post('Transfer-Encoding: chunked')}1ffffffffffffffff\r\nabc\r\n`, opaque: /./ },
  { name: 'a length of 2^63', said: post('Content-Length: 9223372036854775808', 'Connection: close'), opaque: /./, ends: true },
  { name: 'a length and chunks', said: `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n`, opaque: /./ },
  { name: 'two lengths', said: `${post('Content-Length: 4', 'Content-Length: 5')}body!`, opaque: /./ },
  { name: 'a folded field', said: head('GET / HTTP/1.1', 'Host: h', 'X-A: 1', ' folded', 'Connection: close'), opaque: /./ },
  { name: 'a space before a colon', said: head('GET / HTTP/1.1', 'Host: h', 'Content-Length : 5'), opaque: /./ },
]

describe('bad input for HTTP', function () {
  this.timeout(30_000)
  afterEach(closeAll)

  for (const way of WAYS) {
    describe(way, () => {
      for (const { name, said, opaque, ends } of REQUESTS) {
        it(`${name}: the client is told what the server tells it`, async () => {
          const server = await web()
          const { port, opaque: why } = await through(server, 'http', way)
          assert.equal(await told(port, said, ends), await told(server.port, said, ends))
          assert.equal(why.length, 1)
          assert.match(why[0] ?? '', opaque)
          await served(port)
        })
      }

      it('a header of 1 MiB: it is refused by the server, and its reader goes on', async () => {
        const { port } = await through(await web(), 'http', way)
        assert.match(await told(port, head('GET / HTTP/1.1', 'Host: h', `X: ${'x'.repeat(MIB)}`)), /^(HTTP\/1\.1 431 |$)/)
        await served(port)
      })

      it('headers without an end are passed on from 64 KiB on, and no more of them is held', async () => {
        let got = 0
        const { address } = await listenOn(LOCAL, (socket) => { socket.on('data', (chunk) => { got += chunk.length }) })
        const upstream = 'port' in address ? address.port : 0
        const { port, opaque } = await through({ host: '127.0.0.1', port: upstream, url: '' }, 'http', way)
        const client = raw(port)
        let said = 0
        client.socket.write('GET / HTTP/1.1\r\n')
        said += 16
        for (let n = 0; said < 8 * MIB; n++) {
          const line = `X-${n}: ${'y'.repeat(1000)}\r\n`
          said += line.length
          if (!client.socket.write(line)) await new Promise((resolve) => { client.socket.once('drain', resolve) })
          // Never more than a head is behind, whatever is in flight between us and the server.
          if (said > 65_536 && got === 0) await until(() => got > 0, 'it is passed on')
        }
        await until(() => got === said, 'every byte')
        assert.equal(opaque.length, 1)
      })

      it('a hundred clients that send a byte at a time keep nobody from being served, and leave nothing behind', async () => {
        const { port, live } = await through(await web(), 'http', way)
        const slow = Array.from({ length: 100 }, () => raw(port))
        for (const byte of 'GET /slow HTTP/1.1\r\nX: ') {
          for (const { socket } of slow) socket.write(byte)
          await new Promise((resolve) => { setImmediate(resolve) })
        }
        await until(async () => await live() === 100, 'they are connected')
        await served(port)
        for (const { socket } of slow) socket.destroy()
        await until(async () => await live() === 0, 'they are gone')
        await served(port)
      })

      it('an answer that nobody asked for reaches the client, and is told', async () => {
        const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'
        for (const [said, answers] of [['', `${answer}ok`], ['GET / HTTP/1.1\r\nHost: h\r\n\r\n', `${answer}ok${answer}no`]] as const) {
          const { address } = await listenOn(LOCAL, (socket) => {
            if (said === '') socket.end(answers)
            else socket.once('data', () => socket.end(answers))
          })
          const { port, opaque } = await through({ host: '127.0.0.1', port: 'port' in address ? address.port : 0, url: '' }, 'http', way)
          assert.equal(await told(port, said), answers)
          assert.equal(opaque.length, 1, answers)
        }
      })

      it('an upgrade that the server refuses leaves a connection that goes on, or ends as the server says', async () => {
        const server = await web()
        const { port, opaque } = await through(server, 'http', way)
        const refused = UPGRADE.replace('/live', '/refuse')
        assert.equal(await told(port, refused), await told(server.port, refused))
        // Not asked for by GET: ws answers 405 and closes.
        const odd = UPGRADE.replace('GET', 'POST')
        assert.equal(await told(port, odd), await told(server.port, odd))
        const { address } = await listenOn(LOCAL, (socket) => { socket.on('data', () => socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno')) })
        const other = await through({ host: '127.0.0.1', port: 'port' in address ? address.port : 0, url: '' }, 'http', way)
        const client = raw(other.port)
        for (const count of [1, 2]) {
          client.socket.write(UPGRADE)
          await until(() => client.text().split('\r\n\r\nno').length === count + 1, `answer ${count}`)
        }
        assert.deepEqual([...opaque, ...other.opaque], [])
      })

      for (const [name, frames, opaque] of [
        ['a frame of 2^63 bytes', [HUGE], /./],
        ['reserved bits that nothing explains', [frameOf({ opcode: 'text', payload: Buffer.from('x'), reserved: 7, key: KEY })], undefined],
        ['a close in the middle of a message', [frameOf({ opcode: 'text', payload: Buffer.from('half'), fin: false, key: KEY }), frameOf({ opcode: 'close', payload: Buffer.from('03e8', 'hex'), key: KEY })], undefined],
        ['an opcode that nobody knows', [frameOf({ opcode: 3, payload: Buffer.from('x'), key: KEY })], /./],
        ['a ping of 126 bytes', [frameOf({ opcode: 'ping', payload: Buffer.alloc(126), key: KEY })], /./],
        ['a frame without a mask', [frameOf({ opcode: 'text', payload: Buffer.from('x') })], undefined],
        ['text that is no UTF-8', [frameOf({ opcode: 'text', payload: Buffer.from('ff', 'hex'), key: KEY })], undefined],
      ] as const) {
        it(`a WebSocket with ${name}: closed as the server closes it`, async () => {
          const server = await web()
          const { port, opaque: why } = await through(server, 'http', way)
          const speak = async (to: number): Promise<string> => {
            const client = raw(to)
            client.socket.write(UPGRADE)
            await until(() => client.text().includes('\r\n\r\n'), 'the upgrade')
            client.socket.write(Buffer.concat(frames))
            await client.ended
            client.socket.destroy()
            return client.text()
          }
          assert.equal(await speak(port), await speak(server.port))
          assert.equal(why.length, opaque ? 1 : 0, why.join())
          await served(port)
        })
      }
    })
  }
})
