import assert from 'node:assert/strict'
import { createHash, type Hash } from 'node:crypto'
import type { Socket } from 'node:net'
import { randomStream } from '../../src/core/random.ts'
import { ms } from '../../src/core/units.ts'
import { closeAll, target, until, type Target } from './stage.ts'

/** Writes `total` seeded bytes in pieces of random size, as fast as the socket takes them; the digest of what was written. */
async function pour(socket: Socket, total: number, name: string): Promise<string> {
  const random = randomStream(11, name)
  const pool = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(random() * 256)))
  const hash = createHash('sha256')
  for (let left = total; left > 0;) {
    const size = Math.min(left, 1 + Math.floor(random() ** 4 * 200_000))
    const at = Math.floor(random() * (pool.length - size))
    const piece = pool.subarray(at, at + size)
    hash.update(piece)
    left -= size
    if (!socket.write(piece)) await new Promise<void>((resolve) => { socket.once('drain', resolve) })
  }
  return hash.digest('hex')
}

function taste(socket: Socket): { hash: Hash; size: number } {
  const tasted = { hash: createHash('sha256'), size: 0 }
  socket.on('data', (chunk) => { tasted.hash.update(chunk); tasted.size += chunk.length })
  return tasted
}

/** Both sides send at once; both must get exactly what the other sent. */
async function duplex({ client }: Target, served: () => Socket | undefined, total: number): Promise<void> {
  const one = (await client()).socket
  await until(() => served() !== undefined, 'the server has the connection')
  const other = served() as Socket
  const [atClient, atServer] = [taste(one), taste(other)]
  const [up, down] = await Promise.all([pour(one, total, 'up'), pour(other, total, 'down')])
  await until(() => atClient.size >= total && atServer.size >= total, 'all bytes are there', 60_000)
  assert.deepEqual([atServer.size, atClient.size], [total, total])
  assert.equal(atServer.hash.digest('hex'), up)
  assert.equal(atClient.hash.digest('hex'), down)
}

describe('byte identity', function () {
  this.timeout(120_000)
  afterEach(closeAll)

  const open = async (): Promise<{ stage: Target; served: () => Socket | undefined }> => {
    let socket: Socket | undefined
    const stage = await target({ serve: (accepted) => { socket = accepted } })
    return { stage, served: () => socket }
  }
  const both = { standing: true, direction: 'both' } as const
  const modes: readonly (readonly [string, number, (stage: Target) => Promise<void>])[] = [
    ['no fault', 32_000_000, async () => undefined],
    ['latency', 8_000_000, (stage) => stage.arm('a', 'latency', { delay: ms(20), jitter: ms(15) }, both)],
    ['bandwidth', 3_000_000, (stage) => stage.arm('a', 'bandwidth', { rate: 8_000_000 }, both)],
    ['slicer', 2_000_000, (stage) => stage.arm('a', 'slicer', { average_size: 700, size_variation: 600 }, both)],
    ['packet loss', 2_000_000, (stage) => stage.arm('a', 'packet_loss', { loss: 0.02, rto: ms(5) }, both)],
    ['slicer and latency', 1_000_000, async (stage) => { await stage.arm('a', 'slicer', { average_size: 900, size_variation: 100 }, both); await stage.arm('b', 'latency', { delay: ms(5) }, both) }],
  ]
  for (const [name, total, arm] of modes) {
    it(`keeps every byte and its place, both ways at once: ${name}`, async () => {
      const { stage, served } = await open()
      await arm(stage)
      await duplex(stage, served, total)
    })
  }

  it(`loses and doubles nothing while rules are armed, changed and disarmed under traffic`, async () => {
    const rounds = process.env['TEST_ALL'] ? 10_000 : 600
    const total = (process.env['TEST_ALL'] ? 1024 : 64) * 1024 ** 2
    const { stage, served } = await open()
    let done = false
    const traffic = duplex(stage, served, total).finally(() => { done = true })
    const kinds = [['latency', { delay: ms(2), jitter: ms(1) }], ['slicer', { average_size: 4000, size_variation: 1000 }], ['stall', {}], ['bandwidth', { rate: 200_000_000 }]] as const
    let changes = 0
    for (let i = 0; changes < rounds || !done; i++) {
      const [fault, params] = kinds[i % kinds.length] as (typeof kinds)[number]
      await stage.arm(`r${i % 3}`, fault, params, both)
      if (i % 2) await stage.plane.disarm([`r${(i + 1) % 3}`])
      if (i % 5 === 4) await stage.plane.disarm()
      changes += 2
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    await stage.plane.disarm()
    await traffic
  })
})
