import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { generate } from 'selfsigned'
import { ms } from '../../src/core/units.ts'
import { alive } from '../../src/probes/alive.ts'
import { PROTOCOLS } from '../../src/protocols/codec.ts'
import { until } from '../support/processes.ts'
import { hasRedis, postgres, redis } from '../support/servers.ts'

const TIMEOUT = ms(2000)

describe('alive', () => {
  const endings: (() => Promise<unknown> | unknown)[] = []
  afterEach(async () => { for (const end of endings.splice(0).reverse()) await end() })

  async function serve(onSocket: (socket: Socket) => void): Promise<{ host: string; port: number }> {
    const server = createServer((socket) => { socket.on('error', () => socket.destroy()); onSocket(socket) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => { server.close() })
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  }
  /** Answers the first chunk, whatever it is, cut into single bytes. */
  const says = (reply: string): Promise<{ host: string; port: number }> => serve((socket) => {
    socket.setNoDelay(true).once('data', async () => {
      for (const byte of Buffer.from(reply, 'latin1')) await new Promise((resolve) => { socket.write(Buffer.of(byte), resolve) })
    })
  })

  it('asks a real Redis for a PONG', async function () {
    if (!hasRedis) this.skip()
    assert.equal(await alive('redis', await redis(), TIMEOUT), '+PONG')
  })

  it('hears the first message of a real Postgres', async () => {
    assert.equal(await alive('postgres', await postgres(), TIMEOUT), 'authenticationOk')
  })

  it('takes the class of an HTTP status', async () => {
    const server = createHttp((request, response) => { response.writeHead(request.method === 'HEAD' ? 301 : 500).end() }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => { server.close() })
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    assert.equal(await alive('http', address, TIMEOUT), '3xx')
    assert.equal(await alive('websocket', address, TIMEOUT), '3xx')
  })

  it('reads answers that come byte by byte', async () => {
    assert.equal(await alive('redis', await says('-NOAUTH Authentication required.\r\n'), TIMEOUT), '-NOAUTH')
    assert.equal(await alive('http', await says('HTTP/1.1 404 Not Found\r\n\r\n'), TIMEOUT), '4xx')
    assert.equal(await alive('http', await says('SSH-2.0-OpenSSH\r\n'), TIMEOUT), 'not-http')
    // R, length 23, AuthenticationSASL, one mechanism.
    assert.equal(await alive('postgres', await says('R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0'), TIMEOUT), 'authenticationSASL')
    // E, length 26: severity, SQLSTATE, message.
    assert.equal(await alive('postgres', await says('E\0\0\0\x1aSFATAL\0C57P03\0Mstarts\0\0'), TIMEOUT), '57P03')
  })

  it('says goodbye to Postgres', async () => {
    const heard: Buffer[] = []
    const address = await serve((socket) => { socket.on('data', (chunk) => { heard.push(chunk); if (heard.length === 1) socket.write('R\0\0\0\x08\0\0\0\0', 'latin1') }) })
    assert.equal(await alive('postgres', address, TIMEOUT), 'authenticationOk')
    assert.ok(await until(() => Buffer.concat(heard).subarray(-5).equals(Buffer.from('X\0\0\0\x04')), 2000) !== undefined)
  })

  it('calls a tcp connection open that neither closes nor is reset for 50 ms', async () => {
    const began = performance.now()
    assert.equal(await alive('tcp', await serve(() => undefined), TIMEOUT), 'open')
    assert.ok(performance.now() - began >= 49)
    assert.equal(await alive('tcp', await serve((socket) => { socket.write('220 ready\r\n') }), TIMEOUT), 'open')
  })

  it('tells refused, reset, closed and silent apart, in every protocol', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const refusing = { host: '127.0.0.1', port: (gone.address() as AddressInfo).port }
    gone.close()
    const resetting = await serve((socket) => { socket.resetAndDestroy() })
    const closing = await serve((socket) => { socket.end() })
    const mute = await serve((socket) => { socket.resume() })
    for (const protocol of PROTOCOLS) {
      assert.equal(await alive(protocol, refusing, TIMEOUT), 'refused', protocol)
      assert.equal(await alive(protocol, resetting, TIMEOUT), 'reset', protocol)
      assert.equal(await alive(protocol, closing, TIMEOUT), 'closed', protocol)
      if (protocol !== 'tcp') assert.equal(await alive(protocol, mute, ms(100)), 'timeout', protocol)
    }
  })

  it('reaches a unix socket, and says when there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'brownout-alive-'))
    const path = join(folder, 'socket')
    const server = createServer((socket) => { socket.once('data', () => socket.end('+PONG\r\n')) }).listen(path)
    await once(server, 'listening')
    endings.push(async () => { server.close(); await rm(folder, { recursive: true }) })
    assert.equal(await alive('redis', { path }, TIMEOUT), '+PONG')
    assert.equal(await alive('redis', { path: join(folder, 'none') }, TIMEOUT), 'enoent')
  })

  it('speaks TLS where the target does, whatever its certificate', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'somebody.else' }], { keyType: 'ec' })
    const names: (string | false)[] = []
    const server = createTls({ key, cert }, (socket) => {
      names.push(socket.servername ?? false)
      socket.on('error', () => socket.destroy()).once('data', () => socket.write('+PONG\r\n'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endings.push(() => { server.close() })
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    assert.equal(await alive('redis', address, TIMEOUT, {}), '+PONG')
    assert.equal(await alive('redis', address, TIMEOUT, { servername: 'cache.example' }), '+PONG')
    assert.deepEqual(names, [false, 'cache.example'])
    assert.equal(await alive('redis', await says('-ERR\r\n'), TIMEOUT, {}), 'err_ssl_wrong_version_number')
  })
})
