/** HTTP/2 passes untouched: nothing in it is read, and faults on bytes act on it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createSecureServer, createServer, type ClientHttp2Session, type Http2Server, type SecureClientSessionOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { closeAll, later, target } from '../proxy/stage.ts'

const DELAY = 40
const BODY = 'b'.repeat(200_000)

async function listening(server: Http2Server): Promise<number> {
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'x-path': headers[':path'] ?? '' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '42' }))
      stream.end(headers[':path'] === '/big' ? BODY : Buffer.concat(chunks))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => { server.close() })
  return (server.address() as AddressInfo).port
}

/** Of a request in a stream of its own: status, body, trailers, and how long its head took. */
async function ask(session: ClientHttp2Session, path: string, body = ''): Promise<{ readonly seen: readonly unknown[]; readonly took: number }> {
  const start = performance.now()
  const stream = session.request({ ':path': path, ':method': body === '' ? 'GET' : 'POST' })
  // One with nothing to say has ended with its head.
  if (body !== '') stream.end(body)
  let trailers: unknown
  stream.on('trailers', (headers: Record<string, string>) => { trailers = headers['x-sum'] })
  const [headers] = await once(stream, 'response') as [Record<string, string | number>]
  const took = performance.now() - start
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return { seen: [headers[':status'], headers['x-path'], text, trailers], took }
}

describe('HTTP/2', function () {
  this.timeout(30_000)
  afterEach(closeAll)
  let pem: { readonly private: string; readonly cert: string }
  before(async () => { pem = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' }) })

  for (const tls of [false, true]) {
    for (const protocol of ['http', 'tcp'] as const) {
      it(`${tls ? 'over TLS, by ALPN' : 'in the clear'}, through a target of ${protocol}: nothing differs, latency acts${protocol === 'http' ? ', and it is told that nothing is read' : ''}`, async () => {
        const port = await listening(tls ? createSecureServer({ key: pem.private, cert: pem.cert }) : createServer())
        const stage = await target({ upstream: { host: '127.0.0.1', port }, spec: { protocol } })
        const session = async (to: number): Promise<ClientHttp2Session> => {
          const opened = connect(`${tls ? 'https' : 'http'}://127.0.0.1:${to}`, tls ? { rejectUnauthorized: false } satisfies SecureClientSessionOptions : {})
          later(() => opened.destroy())
          await once(opened, 'connect')
          return opened
        }
        const [direct, through] = [await session(port), await session('port' in stage.address ? stage.address.port : 0)]
        if (tls) assert.equal(through.alpnProtocol, 'h2')
        const all = async (by: ClientHttp2Session): Promise<unknown> => (await Promise.all([ask(by, '/a'), ask(by, '/big'), ask(by, '/echo', BODY), ...Array.from({ length: 20 }, (_, n) => ask(by, `/n${n}`, `${n}`))])).map(({ seen }) => seen)
        assert.deepEqual(await all(through), await all(direct))
        await stage.arm('slow', 'latency', { delay: DELAY })
        const { seen, took } = await ask(through, '/slow')
        assert.deepEqual(seen, [200, '/slow', '', '42'])
        assert.ok(took >= DELAY, `${took} ms`)
        await stage.plane.disarm(['slow'])
        assert.deepEqual(await all(through), await all(direct))
        assert.deepEqual(stage.events.flatMap((event) => (event.kind === 'opaque' ? [event.why] : [])).map((why) => /TLS|HTTP\/2/.exec(why)?.[0]), protocol === 'tcp' ? [] : [tls ? 'TLS' : 'HTTP/2'])
      })
    }
  }
})
