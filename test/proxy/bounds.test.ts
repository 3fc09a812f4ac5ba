import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { ms } from '../../src/core/units.ts'
import { resetAfterWrites } from '../../src/proxy/socket.ts'
import { closeAll, target, until, watch } from './stage.ts'

const descriptors = (): number => readdirSync('/proc/self/fd').length
const rss = (): number => process.memoryUsage().rss

describe('bounds', function () {
  this.timeout(180_000)
  afterEach(closeAll)

  it('does not read faster than the slow side takes: memory stays bounded in both directions', async () => {
    const chunk = Buffer.alloc(1_000_000, 'z')
    const pump = (socket: Socket): void => { const more = (): void => { while (socket.writable && socket.write(chunk)); socket.once('drain', more) }; more() }
    const { client, arm, plane } = await target({ serve: (socket) => { socket.pause(); pump(socket) } })
    const one = await client()
    one.socket.pause()
    pump(one.socket)
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    const { bytesToClient, bytesToServer } = (await plane.snapshot()).targets['cache'] ?? { bytesToClient: 0, bytesToServer: 0 }
    const before = rss()
    await arm('a', 'latency', { delay: ms(50) }, { standing: true, direction: 'both' })
    await new Promise((resolve) => { setTimeout(resolve, 500) })
    const after = (await plane.snapshot()).targets['cache']
    assert.ok(rss() - before < 64 * 1024 ** 2)
    assert.ok((after?.bytesToClient ?? 0) - bytesToClient < 20_000_000 && (after?.bytesToServer ?? 0) - bytesToServer < 20_000_000)
  })

  it('holds what a stall keeps back up to a bound, then stops reading', async () => {
    const { client, arm, plane } = await target()
    const one = await client()
    await arm('a', 'stall', {}, { standing: true, direction: 'to-server' })
    const chunk = Buffer.alloc(1_000_000, 'z')
    let written = 0
    for (let i = 0; i < 64; i++) { one.socket.write(chunk, () => { written += chunk.length }) }
    await new Promise((resolve) => { setTimeout(resolve, 400) })
    assert.ok(written < 30_000_000, `took ${written} bytes in`)
    await plane.disarm()
    await until(() => one.bytes() === 64_000_000, 'all of it comes back after the heal', 20_000)
  })

  const cycles = process.env['TEST_ALL'] ? 20_000 : 2000
  it(`leaves no descriptor and no session behind after ${cycles} connections that end in eight ways`, async () => {
    const ends: readonly ((client: Socket, server: Socket) => void)[] = [
      (client) => client.end(),
      (client) => resetAfterWrites(client),
      (_client, server) => server.end(),
      (_client, server) => resetAfterWrites(server),
      (client, server) => { client.end(); server.end() },
      (client, server) => { resetAfterWrites(client); resetAfterWrites(server) },
      (client, server) => { client.end('half'); server.once('end', () => server.end('other half')) },
      (client) => client.destroy(),
    ]
    const faults = [undefined, 'latency', 'partition', 'stall', 'slicer', 'half_open', 'reset_peer', 'timeout'] as const
    const { plane, arm, address, served } = await target({ serve: (socket) => { socket.on('end', () => socket.end()) } })
    const round = async (i: number): Promise<void> => {
      const socket = connect({ ...address, allowHalfOpen: true })
      const seen = watch(socket)
      socket.on('end', () => socket.end())
      await new Promise<void>((resolve) => { socket.once('connect', resolve); socket.once('error', () => resolve()) })
      const count = served.length
      socket.write('x')
      await Promise.race([until(() => served.length > count, 'served', 200).catch(() => undefined), seen.ended])
      const server = served.at(-1)?.socket
      if (server && !server.destroyed) ends[i % ends.length]?.(socket, server)
      await new Promise((resolve) => { setImmediate(resolve) })
      if (i % 3 === 0) socket.destroy()
    }
    // A server may have accepted a connection after its round had given it up: it is closed whenever it comes.
    const allGone = (what: string): Promise<void> => until(async () => {
      for (const { socket } of served.splice(0)) socket.destroy()
      return (await plane.snapshot()).targets['cache']?.connections === 0
    }, what, 10_000)
    await Promise.all(Array.from({ length: 10 }, (_, i) => round(i)))
    await plane.disarm()
    await allGone('warmed up')
    const before = descriptors()
    for (let i = 0; i < cycles; i += 25) {
      const fault = faults[Math.floor(i / 25) % faults.length]
      const params = fault === 'latency' ? { delay: ms(5) } : fault === 'slicer' ? { average_size: 1 } : fault === 'timeout' || fault === 'reset_peer' ? { timeout: ms(3) } : {}
      if (fault) await arm('f', fault, params)
      await Promise.all(Array.from({ length: 25 }, (_, n) => round(Math.floor(i / 25) + n)))
      await plane.disarm()
    }
    await allGone('no session is left')
    await until(() => Math.abs(descriptors() - before) <= 2, `descriptors back to ${before}, now ${descriptors()}`, 10_000)
  })
})
