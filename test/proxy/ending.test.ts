import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { keepLastWords } from '../../src/proxy/socket.ts'
import { closeAll, exchange, LOCAL, listenOn, target, until } from './stage.ts'

const reset = (socket: Socket): void => void socket.resetAndDestroy()

describe('how a connection ends passes through', () => {
  afterEach(closeAll)

  it('keeps half-close: after its FIN a client still gets the rest of the answer', async () => {
    const { client } = await target({ serve: (socket) => { socket.on('data', () => undefined); socket.on('end', () => { socket.write('late '); setTimeout(() => socket.end('answer'), 20) }) } })
    const one = await client()
    one.socket.end('question')
    assert.equal(await one.ended, 'end')
    assert.equal(one.text(), 'late answer')
  })

  it('keeps half-close the other way: after the server\'s FIN the client may still send', async () => {
    const { client, served } = await target({ serve: (socket) => { socket.end('bye'); socket.on('end', () => undefined) } })
    const one = await client()
    assert.equal(await one.ended, 'end')
    one.socket.end('one more thing')
    assert.equal(await served[0]?.ended, 'end')
    assert.equal(served[0]?.text(), 'one more thing')
  })

  it('passes a RST of the server on as a RST, 100 of 100', async () => {
    const { client } = await target({ serve: (socket) => { socket.once('data', () => reset(socket)) } })
    for (let i = 0; i < 100; i++) {
      const one = await client()
      one.socket.write('x')
      assert.equal(await one.ended, 'ECONNRESET', `round ${i}`)
    }
  })

  it('passes a RST of the client on as a RST, 100 of 100', async () => {
    const { client, served } = await target()
    for (let i = 0; i < 100; i++) {
      const one = await client()
      await exchange(one, 'x')
      reset(one.socket)
      assert.equal(await served[i]?.ended, 'ECONNRESET', `round ${i}`)
    }
  })

  it('delivers the last words before a RST, 100 of 100', async () => {
    const { client } = await target({ serve: (socket) => { socket.once('data', () => { socket.write('-ERR last words', () => setImmediate(() => reset(socket))) }) } })
    for (let i = 0; i < 100; i++) {
      const one = await client()
      one.socket.write('x')
      assert.equal(await one.ended, 'ECONNRESET')
      assert.equal(one.text(), '-ERR last words', `round ${i}`)
    }
  })

  it('delivers what the server said before it closed on a client that was still sending, 100 of 100', async () => {
    const { client } = await target({ serve: (socket) => { socket.once('data', () => { socket.pause(); socket.write('-ERR too much', () => socket.destroy()) }) } })
    const flood = Buffer.alloc(200_000, 'x')
    for (let i = 0; i < 100; i++) {
      const one = await client()
      // Node itself would throw them away: the client's own write fails before it has read them.
      const words: Buffer[] = []
      keepLastWords(one.socket, (chunk) => words.push(chunk))
      const more = setInterval(() => { if (one.socket.writable && one.socket.writableLength < 1e6) one.socket.write(flood) }, 0)
      await one.ended
      await until(() => one.socket.destroyed, 'all is read')
      clearInterval(more)
      assert.equal(one.text() + Buffer.concat(words).toString('latin1'), '-ERR too much', `round ${i}`)
    }
  })

  it('resets the client when the upstream refuses, and counts a failed dial, not a fault', async () => {
    const gone = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => { gone.once('listening', resolve) })
    const bound = gone.address()
    const port = typeof bound === 'object' && bound ? bound.port : 0
    await new Promise((resolve) => { gone.close(resolve) })
    const { client, plane, events } = await target({ upstream: { host: '127.0.0.1', port } })
    const one = await client()
    assert.equal(await one.ended, 'ECONNRESET')
    assert.equal((await plane.snapshot()).targets['cache']?.failedDials, 1)
    assert.deepEqual(events, [])
  })

  it('gives a dial up after its timeout, without keeping the others waiting', async () => {
    // A listener whose queue is full: connecting to it never ends.
    const { plane: hole, address, arm } = await target()
    await arm('hole', 'syn_blackhole')
    const { client, plane } = await target({ upstream: address, dialTimeout: 150 })
    const start = performance.now()
    const both = await Promise.all([client(), client()])
    assert.deepEqual(await Promise.all(both.map((one) => one.ended)), ['ECONNRESET', 'ECONNRESET'])
    const took = performance.now() - start
    assert.ok(took >= 149 && took < 290, `both gave up after 150 ms: ${took}`)
    assert.equal((await plane.snapshot()).targets['cache']?.failedDials, 2)
    await hole.disarm()
  })

  it('judges nothing that comes behind a close which waits for its turn: the ledger has one', async () => {
    const stage = await target()
    const one = await stage.client()
    await stage.arm('slow', 'latency', { delay: 150 }, { standing: true, direction: 'to-client' })
    await stage.arm('cut', 'limit_data', { bytes: 3 }, { standing: true, direction: 'to-client' })
    for (let n = 0; n < 5; n++) {
      one.socket.write('seven!!')
      await new Promise((resolve) => { setTimeout(resolve, 10) })
    }
    await one.ended
    assert.equal(one.text(), 'sev')
    assert.equal(stage.events.filter((event) => event.kind === 'altered' && event.rule === 'cut').length, 1)
  })

  it('has a real RST after data that was still being written', async () => {
    const { client, arm } = await target({ serve: (socket) => { socket.once('data', () => socket.write(Buffer.alloc(3_000_000, 'y'))) } })
    await arm('cut', 'limit_data', { bytes: 2_000_000 })
    const one = await client()
    one.socket.write('x')
    await one.ended
    assert.equal(one.bytes(), 2_000_000)
  })

  it('forgets a session when both of its sockets are gone', async () => {
    const { client, plane } = await target()
    const all = await Promise.all(Array.from({ length: 20 }, client))
    for (const one of all) await exchange(one, 'x')
    assert.equal((await plane.snapshot()).targets['cache']?.connections, 20)
    for (const one of all) one.socket.end()
    await until(async () => (await plane.snapshot()).targets['cache']?.connections === 0, 'no connection is left')
  })

  it('reads IPv6, unix sockets on both sides, and a free port for port 0', async () => {
    const path = `/tmp/brownout-${process.pid}-${Math.floor(performance.now())}`
    await listenOn({ path: `${path}-up.sock` }, (socket) => { socket.on('data', (chunk) => socket.write(chunk)) })
    const unix = await target({ upstream: { path: `${path}-up.sock` }, listen: { path: `${path}-down.sock` } })
    await exchange(await unix.client(), 'over a unix socket')
    const six = await listenOn({ host: '::1', port: 0 }, (socket) => { socket.on('data', (chunk) => socket.write(chunk)) })
    const both = await target({ upstream: six.address, listen: { host: '::1', port: 0 } })
    assert.ok('port' in both.address && both.address.port > 0)
    await exchange(await both.client(), 'over IPv6')
  })

  it('opens all targets or none: a port in use is PORT_IN_USE and leaves no listener behind', async () => {
    const { plane, address } = await target()
    const spec = { name: 'a', protocol: 'tcp', upstream: LOCAL, tls: { client: 'passthrough', upstream: 'off', verify: true }, dialTimeout: 1000 } as never
    const free = await listenOn(LOCAL, () => undefined)
    await new Promise((resolve) => { free.server.close(resolve) })
    await assert.rejects(plane.open([{ ...(spec as object), listen: [{ address: free.address }] } as never, { ...(spec as object), name: 'b', listen: [{ address }] } as never]), { code: 'PORT_IN_USE' })
    await listenOn(free.address, () => undefined)
  })
})
