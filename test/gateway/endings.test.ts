import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { errors } from 'undici'
import { registry } from '../../faults/index.ts'
import { ms } from '../../src/core/units.ts'
import { LocalPlane } from '../../src/proxy/local-plane.ts'
import type { PlaneEvent } from '../../src/proxy/plane.ts'
import { closeAll, later, listenOn, LOCAL, PLAIN, target, until, type Target } from '../proxy/stage.ts'
import { ask, clientOf, gated, secure } from './stage.ts'

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const rawOf = (response: ServerResponse): Socket => response.socket as Socket
const whys = ({ events }: Target): readonly string[] => events.flatMap((event: PlaneEvent) => (event.kind === 'unreached' ? [event.why] : []))

describe('an upstream that cannot be reached through the gateway', () => {
  afterEach(closeAll)

  /** What clients are told, and who else: once a reason, and counted each time. */
  async function refused(stage: Target, why: string): Promise<void> {
    const client = clientOf(stage)
    for (let n = 0; n < 2; n++) {
      const { status, headers, text } = await ask(client, '/', { method: 'POST', body: 'a body that nobody reads' })
      assert.deepEqual([status, headers['content-type']], [502, 'text/plain; charset=utf-8'])
      assert.match(text, new RegExp(`^brownout: https?://\\S+ cannot be reached: ${why}\n$`))
    }
    assert.match(whys(stage).join(), new RegExp(`^${why}$`))
    assert.equal((await stage.plane.snapshot()).targets['cache']?.failedDials, 2)
  }

  it('because its certificate is signed by nobody who is trusted', async () => {
    const upstream = await secure((_, response) => response.end('secret'))
    const strict = await target({ upstream: { host: 'localhost', port: upstream.port }, tls: { ...PLAIN, upstream: 'require' }, spec: { protocol: 'http', host: 'localhost' } })
    await refused(strict, 'DEPTH_ZERO_SELF_SIGNED_CERT')
    assert.equal((await ask(clientOf(await gated(upstream)))).text, 'secret', 'with its authority given')
    const trusting = await target({ upstream: { host: 'localhost', port: upstream.port }, tls: { client: 'passthrough', upstream: 'require', verify: false }, spec: { protocol: 'http', host: 'localhost' } })
    assert.equal((await ask(clientOf(trusting))).text, 'secret', 'unverified')
  })

  it('because its certificate is for another name', async () => {
    const { port, ca } = await secure((_, response) => response.end('secret'))
    await refused(await target({ upstream: { host: '127.0.0.1', port }, tls: { client: 'passthrough', upstream: 'require', verify: true, ca }, spec: { protocol: 'http', host: '127.0.0.1' } }), 'ERR_TLS_CERT_ALTNAME_INVALID')
  })

  it('because nobody listens there', async () => {
    const { server, address } = await listenOn(LOCAL, () => undefined)
    await new Promise((resolve) => { server.close(resolve) })
    await refused(await target({ upstream: address, spec: { protocol: 'http', host: 'shop.internal' } }), 'ECONNREFUSED')
  })

  it('because it says nothing', async () => {
    const { address } = await listenOn(LOCAL, (socket) => { socket.resume() })
    await refused(await target({ upstream: address, tls: { ...PLAIN, upstream: 'require' }, dialTimeout: 60, spec: { protocol: 'http', host: 'shop.internal' } }), 'ETIMEDOUT')
  })

  it('because it speaks no TLS', async () => {
    const { address } = await listenOn(LOCAL, (socket) => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') })
    await refused(await target({ upstream: address, tls: { ...PLAIN, upstream: 'require' }, spec: { protocol: 'http', host: 'shop.internal' } }), 'ERR_SSL_(PACKET_LENGTH_TOO_LONG|WRONG_VERSION_NUMBER)')
  })

  for (const name of ['localhost', '127.0.0.1']) it(`because it may not be: asked of the address that ${name} leads to`, async () => {
    const upstream = await secure((_, response) => response.end('secret'))
    const asked: string[] = []
    const plane = new LocalPlane({ registry, seed: 1, permit: (target, host, port) => { asked.push(`${target} ${host} ${port}`); return 'it is a secret' } })
    const events: PlaneEvent[] = []
    plane.on((event) => events.push(event))
    later(() => plane.close())
    const [opened] = await plane.open([{ name: 'cache', protocol: 'http', upstream: { host: name, port: upstream.port }, host: 'localhost', listen: [{ address: LOCAL }], tls: { ...PLAIN, upstream: 'require' }, dialTimeout: ms(2000) }])
    const address = opened?.listen[0]?.address ?? LOCAL
    await refused({ plane, events, address } as unknown as Target, 'it is a secret')
    assert.ok(asked.some((one) => /^cache (127\.0\.0\.1|::1) \d+$/.test(one)), asked.join())
    assert.equal(upstream.accepted(), 0)
  })
})

describe('an end on one side of the gateway', () => {
  afterEach(closeAll)

  const bodies = [
    ['of a known length', 'HTTP/1.1', (response: ServerResponse) => response.writeHead(200, { 'Content-Length': 1_000_000 })],
    ['in chunks', 'HTTP/1.1', (response: ServerResponse) => response.writeHead(200)],
    ['to the end of the connection', 'HTTP/1.0', (response: ServerResponse) => response.writeHead(200)],
  ] as const
  for (const [what, version, begin] of bodies) {
    for (const how of ['resetAndDestroy', 'destroy'] as const) {
      it(`the upstream's in the middle of a body ${what} (${how}) is a RST to the client, behind what was said`, async () => {
        const upstream = await secure((_, response) => begin(response).write('first words'))
        const one = await (await gated(upstream)).client()
        one.socket.write(GET.replace('HTTP/1.1', version))
        await until(() => one.text().includes('first words'), 'the beginning')
        for (const socket of upstream.wires) socket[how]()
        assert.equal(await one.ended, 'ECONNRESET')
      })
    }
  }

  it('the upstream\'s before any answer is one to the client', async () => {
    const upstream = await secure((_, response) => rawOf(response).destroy())
    const stage = await gated(upstream)
    await assert.rejects(ask(clientOf(stage)), (error: NodeJS.ErrnoException) => error.code === 'ECONNRESET' || error instanceof errors.SocketError)
    assert.deepEqual(whys(stage), [])
  })

  it('the upstream\'s after an early answer: the answer arrives', async () => {
    const upstream = await secure((request, response) => {
      request.once('data', () => response.writeHead(413, { Connection: 'close' }).end('too large'))
    })
    const one = await (await gated(upstream)).client()
    one.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\nxxxx')
    await until(() => one.text().includes('too large'), 'the answer')
    assert.match(one.text(), /^HTTP\/1\.1 413 /)
  })

  it('the client\'s, while it waits or uploads, is seen by the upstream', async () => {
    const aborted: string[] = []
    const upstream = await secure((request) => {
      request.resume().on('error', () => undefined).on('close', () => { if (!request.complete || request.method === 'GET') aborted.push(request.method ?? '') })
      rawOf(request as never).on('close', () => aborted.push('closed'))
    })
    const stage = await gated(upstream)
    const [waits, uploads] = [await stage.client(), await stage.client()]
    waits.socket.write(GET)
    uploads.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nxxxx')
    await until(() => upstream.open.size === 2, 'both are under way')
    waits.socket.end()
    uploads.socket.resetAndDestroy()
    await until(() => aborted.includes('POST') && aborted.filter((one) => one === 'closed').length === 2, 'their ends')
  })

  it('the clients\', of fifty at once: no connection to the upstream is left', async () => {
    const upstream = await secure((request, response) => { request.resume(); response.writeHead(200).write(randomBytes(100_000)) })
    const stage = await gated(upstream)
    const clients = await Promise.all(Array.from({ length: 50 }, () => stage.client()))
    for (const { socket } of clients) socket.write(GET)
    await until(() => clients.every((one) => one.bytes() > 0), 'answers under way', 15_000)
    for (const [index, { socket }] of clients.entries()) {
      if (index % 2 === 0) socket.destroy()
      else socket.resetAndDestroy()
    }
    await until(() => upstream.open.size === 0, 'the upstream\'s connections to end', 15_000)
    await until(async () => (await stage.plane.snapshot()).targets['cache']?.connections === 0, 'the proxy\'s')
    assert.equal(upstream.accepted(), 50)
  })

  it('the client\'s before the upstream has taken the connection', async () => {
    const taken = new Set<Socket>()
    const { address } = await listenOn(LOCAL, (socket) => { taken.add(socket.resume().on('close', () => taken.delete(socket)).on('end', () => socket.end())) })
    const stage = await target({ upstream: address, tls: { ...PLAIN, upstream: 'require' }, spec: { protocol: 'http', host: 'x' } })
    const one = await stage.client()
    one.socket.write(GET)
    await until(() => taken.size === 1, 'the dial')
    one.socket.resetAndDestroy()
    await until(() => taken.size === 0, 'its end')
    assert.deepEqual(whys(stage), [])
  })

  it('ours: a target that is closed leaves nothing open', async () => {
    const upstream = await secure((request, response) => { if (request.url !== '/wait') response.end('ok') })
    const handles = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe/.test(name)).sort()
    const before = handles()
    const stage = await gated(upstream)
    const [idle, busy] = [await stage.client(), await stage.client()]
    idle.socket.write(GET)
    busy.socket.write(GET.replace('/', '/wait'))
    await until(() => idle.text().includes('ok') && upstream.open.size === 2, 'both')
    await stage.plane.close()
    await Promise.all([idle.ended, busy.ended])
    await until(() => upstream.open.size === 0, 'the upstream\'s connections to end')
    for (const { socket } of [idle, busy]) socket.destroy()
    await until(() => handles().length <= before.length, `no more than ${before.join()}`)
  })

  it('ours: a target that gets another upstream asks that from then on', async () => {
    const [old, next] = [await secure((_, response) => response.end('old')), await secure((_, response) => response.end('new'))]
    const stage = await gated(old)
    const [before, waits] = [await stage.client(), await stage.client()]
    before.socket.write(GET)
    await until(() => before.text().includes('old') && old.open.size > 0, 'the answer of the old one')
    const { port, ca } = next
    await stage.plane.change({ name: 'cache', protocol: 'http', upstream: { host: 'localhost', port }, host: `localhost:${port}`, listen: [{ address: stage.address }], tls: { client: 'passthrough', upstream: 'require', verify: true, ca }, dialTimeout: ms(2000) })
    assert.deepEqual(await Promise.all([before.ended, waits.ended]), ['end', 'end'])
    before.socket.destroy()
    waits.socket.destroy()
    assert.equal((await ask(clientOf(stage))).text, 'new')
    await until(() => old.open.size === 0, 'the old one\'s connections to end')
  })
})

describe('the gateway and what is no request', () => {
  afterEach(closeAll)

  const cases: readonly (readonly [string, string | Buffer, RegExp])[] = [
    ['garbage', randomBytes(64).fill(7, 0, 1), /^HTTP\/1\.1 400 /],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex'), /^HTTP\/1\.1 400 /],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', /^HTTP\/1\.1 400 /],
    ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a head of 1 MiB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(1024 ** 2)}`, /^HTTP\/1\.1 431 /],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', /^HTTP\/1\.1 501 /],
    ['HTTP/2 outright', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^(HTTP\/1\.1 400 |$)/],
  ]
  it('refuses it, and goes on', async () => {
    const upstream = await secure((_, response) => response.end('ok'))
    const stage = await gated(upstream)
    const slow = await stage.client()
    slow.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow')
    for (const [what, bytes, answer] of cases) {
      const one = await stage.client()
      one.socket.write(bytes)
      await one.ended
      assert.match(one.text(), answer, what)
      assert.equal((await ask(clientOf(stage))).text, 'ok', `after ${what}`)
    }
    const served = upstream.accepted()
    slow.socket.write('ly: 1\r\n\r\n')
    await until(() => slow.text().includes('ok'), 'the slow one\'s answer')
    assert.deepEqual([served, upstream.accepted()], [cases.length, cases.length + 1], 'nothing of it reached the upstream')
  })

  it('cuts a client off that sends garbage behind a request', async () => {
    const upstream = await secure(() => undefined)
    const one = await (await gated(upstream)).client()
    one.socket.write(`${GET}\0\0\0\0 garbage\r\n\r\n`)
    assert.equal(await one.ended, 'ECONNRESET')
    assert.equal(one.text(), '')
    await until(() => upstream.open.size === 0, 'the upstream\'s end')
  })

  it('refuses no answer for its length, and gives up one that is none', async () => {
    const answers: Record<string, string> = {
      '/long': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(12_000)}\r\nContent-Length: 2\r\n\r\nok`,
      '/garbage': 'what is this?\r\n\r\n',
      '/both': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '/odd': 'HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n',
      '/zero': 'HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n',
      '/bell': 'HTTP/1.1 200 O\x07\xd6K\r\nContent-Length: 0\r\n\r\n',
    }
    const { address } = await listenOn(LOCAL, (socket) => { socket.on('data', (chunk) => { socket.write(answers[String(chunk).split(' ')[1] ?? ''] ?? '', 'latin1') }) })
    const stage = await target({ upstream: address, spec: { protocol: 'http', host: 'x' } })
    assert.equal((await ask(clientOf(stage), '/long')).text, 'ok')
    for (const path of ['/garbage', '/both', '/odd', '/zero']) {
      const one = await stage.client()
      one.socket.write(GET.replace('/', path))
      assert.equal(await one.ended, 'ECONNRESET', path)
    }
    const bell = await stage.client()
    bell.socket.write(GET.replace('/', '/bell'))
    await until(() => bell.text().startsWith('HTTP/1.1 200 O?\xd6K\r\n'), 'a status line without its bell')
  })
})
