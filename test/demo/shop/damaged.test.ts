import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { GuardedSocket } from '../../../src/demo/guarded.ts'
import { sealed, unsealed } from '../../../src/demo/shop/seal.ts'
import { monotonicNow } from '../../../src/core/clock.ts'
import { ms } from '../../../src/core/units.ts'
import { hasRedis, postgres, redis } from '../../support/servers.ts'
import { ServiceProcess } from '../service-process.ts'

describe('what the cache keeps for the sample shop', () => {
  const read = { readAt: ms(4711), value: { id: 7, name: 'Product 7', priceCents: 149, stock: 3 } }

  it('is what was put in', () => assert.deepEqual(unsealed('product:7', sealed('product:7', read)), read))

  it('is not believed once any one character of it is another', () => {
    const text = sealed('product:7', read)
    for (let at = 0; at < text.length; at++) {
      const damaged = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
      assert.equal(unsealed('product:7', damaged), undefined, damaged)
    }
  })

  for (const [what, reply] of [['of another key', sealed('product:8', read)], ['a number', 1], ['half of it', sealed('product:7', read).slice(0, 40)], ['null', 'null'], ['the text of a shop that bears no sums', JSON.stringify(read)]] as const) {
    it(`is not believed where it is ${what}`, () => assert.equal(unsealed('product:7', reply), undefined))
  }
})

describe('the sample shop and a cache that answers what is not so', () => {
  before(function () { if (!hasRedis) this.skip() })

  it('shows what the database has, whatever lies under the key', async () => {
    const { url } = await redis()
    const direct = new Redis(url)
    const shop = await ServiceProcess.start('shop', { REDIS_URL: url, DATABASE_URL: (await postgres()).url, RESILIENT: '1' })
    try {
      const right = (await shop.ask('/products/13')).body
      for (const wrong of ['', '{', 'null', '[]', JSON.stringify({ readAt: monotonicNow(), value: { id: 14 } }), sealed('brownout_shop:product:14', { readAt: monotonicNow(), value: { id: 14 } })]) {
        await direct.set('brownout_shop:product:13', wrong)
        const { status, body } = await shop.ask('/products/13')
        assert.deepEqual({ status, body }, { status: 200, body: right }, wrong)
      }
    } finally {
      await direct.del('brownout_shop:product:13')
      await direct.quit()
      await shop.stop()
    }
  })
})

describe('a guarded socket', () => {
  it('ends with the error of who reads it, and nothing else does', async () => {
    const server = createServer((socket) => { socket.on('error', () => undefined).write('unreadable') }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = new GuardedSocket()
    socket.on('data', (bytes) => { throw new RangeError(String(bytes)) })
    socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [error] = await once(socket, 'error')
    assert.ok(error instanceof RangeError && error.message === 'unreadable')
    assert.equal(socket.destroyed, true)
    server.close()
  })
})
