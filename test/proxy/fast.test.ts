import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { join } from 'node:path'
import { kept, readInto, shortcut, writer } from '../../src/proxy/fast.ts'
import { ROOT } from '../support/paths.ts'
import { closeAll, later, listenOn, LOCAL, until } from './stage.ts'

/** Two ends of one connection; `there` is not read until it is told. */
async function pair(): Promise<{ here: Socket; there: Socket }> {
  const { server, address } = await listenOn(LOCAL, (socket) => socket.pause())
  const here = connect({ ...address, allowHalfOpen: true, noDelay: true })
  here.on('error', () => undefined)
  later(() => here.destroy())
  const [there] = await once(server, 'connection') as [Socket]
  if (here.connecting) await once(here, 'connect')
  return { here, there }
}

/** All that comes out at the other end. */
function gather(socket: Socket): Buffer[] {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => { chunks.push(chunk) }).resume()
  return chunks
}

const numbered = (length: number, seed: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 0xff))

describe('the short way', () => {
  afterEach(closeAll)

  it('knows the insides of this Node, unless it is told not to', () => {
    assert.equal(shortcut, process.env['BROWNOUT_SOCKETS'] !== 'plain')
  })

  it('lends a chunk until its reader returns: what was kept stays, what was not is read over', async function () {
    if (!shortcut) return this.skip()
    const [one, other] = [await pair(), await pair()]
    const seen: { lent: Buffer; own: Buffer }[] = []
    for (const { here } of [one, other]) readInto(here, (chunk) => { seen.push({ lent: chunk, own: kept(chunk) }) })
    one.there.write('first')
    await until(() => seen.length === 1, 'the first')
    other.there.write('other')
    await until(() => seen.length === 2, 'the other')
    assert.deepEqual(seen.map(({ own }) => String(own)), ['first', 'other'])
    assert.deepEqual(seen.map(({ lent }) => String(lent)), ['other', 'other'])
    const own = Buffer.from('its own')
    assert.equal(kept(own), own)
  })

  it('has the stream know of what the kernel does not take at once: it drains, and FIN comes behind it', async () => {
    const [{ here, there }, source, other] = [await pair(), await pair(), await pair()]
    const write = writer(here)
    // Every chunk comes through the memory that all share; each is told from the others by its bytes.
    const sent: Buffer[] = []
    let goes = true
    readInto(source.here, (chunk) => { sent.push(Buffer.from(chunk)); goes = write(chunk) })
    for (let i = 0; goes; i++) {
      const before = sent.length
      source.there.write(numbered(60_000, i))
      await until(() => sent.length > before, 'the next chunk')
    }
    assert.ok(here.writableLength >= here.writableHighWaterMark, `${here.writableLength} bytes wait`)
    readInto(other.here, writer(other.here))
    const echoed = gather(other.there)
    other.there.write(Buffer.alloc(60_000, 'z'))
    await until(() => Buffer.concat(echoed).length === 60_000, 'another connection has used the same memory')
    const total = Buffer.concat(sent)
    assert.ok(total.length > here.writableLength, 'some were taken')
    const got = gather(there)
    await once(here, 'drain')
    assert.equal(here.writableLength, 0)
    assert.equal(write(Buffer.from('last')), true)
    here.end()
    await once(there, 'end')
    assert.ok(Buffer.concat(got).equals(Buffer.concat([total, Buffer.from('last')])), 'each byte in its place')
    assert.equal(here.bytesWritten, total.length + 4)
  })

  it('keeps its place behind writes of the stream: held together by cork, or not taken yet', async () => {
    const { here, there } = await pair()
    const write = writer(here)
    const got = gather(there)
    here.cork()
    write(Buffer.alloc(8_000_000, '1'))
    here.write('2')
    write(Buffer.from('3'))
    here.uncork()
    write(Buffer.from('4'))
    here.write(Buffer.alloc(8_000_000, '5'))
    write(Buffer.from('6'))
    here.end('7')
    await once(there, 'end')
    const text = Buffer.concat(got).toString()
    assert.deepEqual([text.length, text.slice(7_999_999, 8_000_004), text.slice(-3)], [16_000_005, '12345', '567'])
  })

  it('waits for a connection that is tried at one address after the other, and reads what it becomes', async () => {
    const { address } = await listenOn(LOCAL, (socket) => { socket.pipe(socket) })
    const lookup: LookupFunction = (_name, _options, callback) => { setImmediate(callback, null, [{ address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }]) }
    const socket = connect({ ...address, host: 'both.test', lookup, autoSelectFamily: true })
    later(() => socket.destroy())
    const [write, got] = [writer(socket), [] as Buffer[]]
    readInto(socket, (chunk) => { got.push(Buffer.from(chunk)) })
    let tries = 0
    socket.on('connectionAttempt', () => process.nextTick(() => { write(Buffer.from(`${++tries}`)) }))
    await until(() => Buffer.concat(got).length === 2, 'what was written at each attempt')
    assert.equal(Buffer.concat(got).toString(), '12')
    assert.equal(socket.remoteAddress, '127.0.0.1')
  })

  it('refuses a write after the end, as the stream does', async () => {
    const { here, there } = await pair()
    const got = gather(there)
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => { here.once('error', resolve) })
    here.end()
    assert.equal(writer(here)(Buffer.from('late')), false)
    assert.equal((await failed).code, 'ERR_STREAM_WRITE_AFTER_END')
    await once(there, 'end')
    assert.deepEqual(got, [])
  })

  it('fails as the stream does: a write that waits when the peer resets, and one after that', async () => {
    for (const waits of [true, false]) {
      const { here, there } = await pair()
      const write = writer(here)
      readInto(here, () => undefined)
      if (waits) while (write(Buffer.alloc(60_000)));
      const failed = new Promise<NodeJS.ErrnoException>((resolve) => { here.once('error', resolve) })
      // A socket that reads nothing can only learn of the reset by writing.
      here.pause()
      there.resetAndDestroy()
      const more = setInterval(() => { if (!waits) write(Buffer.from('x')) }, 1)
      const { code, syscall } = await failed
      clearInterval(more)
      assert.match(`${syscall} ${code}`, shortcut ? /^write (ECONNRESET|EPIPE)$/ : /^(read|write) (ECONNRESET|EPIPE)$/)
      await until(() => here.destroyed, 'it is gone')
    }
  })

  it('reads nothing while it is paused, and then all', async () => {
    const { here, there } = await pair()
    const got: Buffer[] = []
    readInto(here, (chunk) => { got.push(Buffer.from(chunk)) })
    here.pause()
    there.write('held')
    await new Promise((resolve) => { setTimeout(resolve, 20) })
    assert.equal(got.length, 0)
    here.resume()
    there.end(' back')
    await once(here, 'end')
    assert.equal(Buffer.concat(got).toString(), 'held back')
  })

  it('is not needed: without it the engine keeps every promise as well', function () {
    if (!shortcut) return this.skip()
    this.timeout(180_000)
    const suites = ['dynamic', 'ending', 'engine', 'fast', 'identity', 'tls', ...(process.env['TEST_ALL'] ? ['bounds', 'determinism', 'suspended'] : [])]
    const { TEST_SUMMARY: _, ...env } = process.env
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js')
    const files = suites.map((suite) => new URL(`${suite}.test.js`, import.meta.url).pathname)
    const { status, stdout } = spawnSync(process.execPath, [mocha, ...files], { cwd: ROOT, env: { ...env, BROWNOUT_SOCKETS: 'plain' }, encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    assert.match(stdout, /\n[3-9]\d passed, 0 failed\n/)
  })
})
