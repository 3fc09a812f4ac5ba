import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { ms } from '../../src/core/units.ts'
import { closeAll, later, LOCAL, PLAIN, target, until, watch, type Seen, type Target } from './stage.ts'

async function over({ address }: Target): Promise<Seen & { socket: TLSSocket }> {
  assert.ok('port' in address)
  const socket = connect({ host: address.host, port: address.port, rejectUnauthorized: false })
  later(() => socket.destroy())
  const seen = watch(socket)
  await once(socket, 'secureConnect')
  return { ...seen, socket }
}

async function secureEcho(): Promise<{ host: string; port: number }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec', algorithm: 'sha256' })
  const sockets = new Set<TLSSocket>()
  const server = createServer({ key, cert }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('data', (chunk) => socket.write(chunk)).on('end', () => socket.end())
  })
  server.listen({ ...LOCAL })
  await once(server, 'listening')
  later(() => { for (const socket of sockets) socket.destroy(); server.close() })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

describe('TLS', () => {
  afterEach(closeAll)

  it('ends at the proxy with a throw-away certificate, so that faults work on what is inside', async () => {
    const stage = await target({ tls: { ...PLAIN, client: 'terminate' } })
    const one = await over(stage)
    one.socket.write('secret')
    await until(() => one.text() === 'secret', 'the echo')
    assert.equal(stage.served[0]?.text(), 'secret', 'plain text to the server')
    await stage.arm('a', 'limit_data', { bytes: 3 }, { standing: true, direction: 'to-client' })
    one.socket.write('seven!!')
    await one.ended
    assert.equal(one.text(), 'secretsev')
  })

  it('begins at the proxy towards the server, whose certificate is verified unless told otherwise', async () => {
    const upstream = await secureEcho()
    const trusting = await target({ upstream, tls: { ...PLAIN, upstream: 'require', verify: false } })
    const one = await trusting.client()
    one.socket.write('plain')
    await until(() => one.text() === 'plain', 'the echo')
    const strict = await target({ upstream, tls: { ...PLAIN, upstream: 'require', verify: true } })
    const other = await strict.client()
    other.socket.write('plain')
    assert.notEqual(await other.ended, '')
    assert.equal(other.text(), '')
    assert.equal((await strict.plane.snapshot()).targets['cache']?.failedDials, 1)
  })

  it('on both sides: delayed, and closed with a real RST on the wire', async () => {
    const upstream = await secureEcho()
    const stage = await target({ upstream, tls: { ...PLAIN, client: 'terminate', upstream: 'require', verify: false } })
    const one = await over(stage)
    await stage.arm('a', 'latency', { delay: ms(60) })
    const start = performance.now()
    one.socket.write('x')
    await until(() => one.bytes() === 1, 'the echo')
    assert.ok(performance.now() - start >= 60)
    await stage.arm('b', 'reset_peer', { timeout: ms(0) })
    assert.equal(await one.ended, 'ECONNRESET')
    await until(async () => (await stage.plane.snapshot()).targets['cache']?.connections === 0, 'all is closed')
  })

  it('keeps half-close: what the server still has to say arrives after the client\'s end', async () => {
    const stage = await target({ tls: { ...PLAIN, client: 'terminate' }, serve: (socket) => { socket.on('data', () => undefined); socket.on('end', () => socket.end('late answer')) } })
    const one = await over(stage)
    one.socket.end('question')
    await until(() => one.text() === 'late answer', 'the answer')
  })

  it('says TLS_INVALID for a file that cannot be read or used', async () => {
    await assert.rejects(target({ tls: { ...PLAIN, client: 'terminate', cert: '/nowhere.pem', key: '/nowhere.pem' } }), { code: 'TLS_INVALID' })
    await assert.rejects(target({ tls: { ...PLAIN, client: 'terminate', cert: '/dev/null', key: '/dev/null' } }), { code: 'TLS_INVALID' })
  })
})
