import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { socketPair } from '../../src/gateway/pair.ts'
import { bytes } from '../../src/core/units.ts'
import { watch } from '../proxy/stage.ts'

const pair = (): readonly [Socket, Socket] => socketPair(bytes(65_536))
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

describe('a connection within the process', () => {
  it('carries bytes both ways in order, corked or not, as text too', async () => {
    const [a, b] = pair()
    const [atA, atB] = [watch(a), watch(b)]
    a.write('one ')
    a.cork()
    a.write(Buffer.from('two '))
    a.write('7468726565', 'hex')
    a.uncork()
    b.write('four')
    assert.deepEqual([atA.text(), atB.text()], ['', ''], 'not before the call has returned')
    await turn()
    assert.deepEqual([atA.text(), atB.text()], ['four', 'one two three'])
  })

  it('carries FIN, one way and then the other', async () => {
    const [a, b] = pair()
    const [atA, atB] = [watch(a), watch(b)]
    a.end('last')
    assert.equal(await atB.ended, 'end')
    assert.equal(atB.text(), 'last')
    b.end('late')
    assert.equal(await atA.ended, 'end')
    assert.equal(atA.text(), 'late')
    await Promise.all([a, b].map(async (one) => one.closed || once(one, 'close')))
  })

  for (const how of ['destroy', 'resetAndDestroy'] as const) {
    it(`carries a ${how} as a RST, behind what was written`, async () => {
      const [a, b] = pair()
      const atB = watch(b)
      a.write('words')
      await turn()
      a[how]()
      assert.equal(await atB.ended, 'ECONNRESET')
      assert.equal(atB.text(), 'words')
      assert.ok(b.destroyed)
    })
  }

  it('is no reset once it has ended: what was said is read to its end', async () => {
    const [a, b] = pair()
    a.end('words')
    a.destroySoon()
    await once(a, 'close')
    const atB = watch(b)
    assert.equal(await atB.ended, 'end')
    assert.equal(atB.text(), 'words')
    const failed = once(b, 'error') as Promise<[NodeJS.ErrnoException]>
    b.write('to nobody')
    assert.equal((await failed)[0].code, 'EPIPE')
  })

  it('lets a writer wait for a reader, and loses nothing', async () => {
    const [a, b] = pair()
    const block = randomBytes(100_000)
    let written = 0
    const write = (): void => { if (written < 50) a.write(block, () => { written++; write() }); else a.end() }
    write()
    for (let n = 0; n < 50; n++) await turn()
    assert.ok(written <= 1, `${written} blocks were taken by nobody`)
    let size = 0
    a.on('error', () => undefined)
    for await (const chunk of b) size += (chunk as Buffer).length
    assert.equal(size, 50 * block.length)
  })

  it('fails a write that waits when the reader goes', async () => {
    const [a, b] = pair()
    b.end()
    a.resume()
    await once(a, 'end')
    a.write(Buffer.alloc(1_000_000))
    const failed = once(a, 'error') as Promise<[NodeJS.ErrnoException]>
    a.write('waits')
    await turn()
    b.destroy()
    assert.equal((await failed)[0].code, 'EPIPE')
  })
})
