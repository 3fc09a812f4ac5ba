/** HTTP/2, which is not read: it passes as any stream does, under the faults of TCP. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createSecureServer, createServer, type ClientHttp2Session, type Http2SecureServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { ms } from '../../src/core/units.ts'
import { closeAll, later, target, until, type Target } from '../proxy/stage.ts'

async function serving(server: Http2Server | Http2SecureServer): Promise<{ readonly host: string; readonly port: number }> {
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => { sessions.add(session) })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined).respond({ ':status': 200 })
    stream.end(`${String(headers[':path'])} over HTTP/2`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => { for (const session of sessions) session.destroy(); server.close() })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

function sessionTo({ address }: Target, scheme: 'http' | 'https'): ClientHttp2Session {
  const session = connect(`${scheme}://127.0.0.1:${'port' in address ? address.port : 0}`, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  later(() => session.destroy())
  return session
}

async function get(session: ClientHttp2Session, path: string): Promise<string> {
  const stream = session.request({ ':path': path })
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

describe('HTTP/2', () => {
  afterEach(closeAll)

  for (const [how, protocol] of [['h2c', 'tcp'], ['h2c', 'http'], ['ALPN', 'http']] as const) {
    it(`by ${how} passes a target of ${protocol} untouched, streams side by side, and a TCP fault holds all of them`, async () => {
      const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' })
      const upstream = await serving(how === 'h2c' ? createServer() : createSecureServer({ key, cert }))
      const stage = await target({ upstream, spec: { protocol } })
      const session = sessionTo(stage, how === 'h2c' ? 'http' : 'https')
      const paths = Array.from({ length: 20 }, (_, n) => `/${n}`)
      assert.deepEqual(await Promise.all(paths.map((path) => get(session, path))), paths.map((path) => `${path} over HTTP/2`))
      await stage.arm('late', 'latency', { delay: ms(60) })
      const from = performance.now()
      assert.equal(await get(session, '/late'), '/late over HTTP/2')
      assert.ok(performance.now() - from >= 60)
      assert.equal(stage.events.filter(({ kind }) => kind === 'opaque').length, protocol === 'tcp' ? 0 : 1)
      await stage.arm('cut', 'reset_peer', { timeout: ms(0) })
      void get(session, '/lost').catch(() => undefined)
      await until(() => session.destroyed, 'the session\'s end')
    })
  }
})
