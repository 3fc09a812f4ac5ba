import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type WebSocket, WebSocketServer } from 'ws'
import { Stream } from '../../src/demo/board/stream.ts'
import { Subscriber } from '../../src/demo/board/subscriber.ts'
import { until } from '../support/processes.ts'
import { postgres } from '../support/servers.ts'
import { ServiceProcess } from './service-process.ts'

describe('a numbered stream', () => {
  it('is whole up to its first gap, whatever has come behind that or twice', () => {
    const stream = new Stream()
    stream.start(10)
    for (const id of [11, 13, 12, 12, 15, 9]) stream.take(id)
    assert.deepEqual([stream.whole, stream.torn], [13, true])
    stream.take(14)
    assert.deepEqual([stream.whole, stream.torn], [15, false])
  })

  it('begins with the first number that it is told, where nobody has said after which', () => {
    const stream = new Stream()
    assert.deepEqual([stream.whole, stream.torn], [undefined, false])
    stream.take(42)
    assert.deepEqual([stream.whole, stream.torn], [42, false])
    stream.start(7)
    assert.deepEqual([stream.whole, stream.torn], [7, false])
  })
})

/** A shop that says only what the test has it say. */
class Teller {
  readonly wishes: unknown[] = []
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false })
  #socket: WebSocket | undefined
  connections = 0

  async open(): Promise<string> {
    this.#server.on('connection', (socket) => {
      this.#socket = socket
      this.connections++
      socket.on('message', (data) => this.wishes.push(JSON.parse(String(data))))
    })
    await once(this.#server, 'listening')
    const address = this.#server.address()
    assert.ok(address !== null && typeof address === 'object')
    return `ws://127.0.0.1:${address.port}`
  }

  say(...messages: readonly unknown[]): void { for (const message of messages) this.#socket?.send(JSON.stringify(message)) }
  cut(): void { this.#socket?.terminate() }
  close(): void {
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
  }
}

describe('a subscriber of the order updates', () => {
  let teller: Teller
  let subscriber: Subscriber
  const orders: number[] = []
  const start = async (resilient: boolean): Promise<void> => {
    teller = new Teller()
    orders.length = 0
    subscriber = new Subscriber({ url: await teller.open(), resilient, onOrder: (order) => orders.push(order), log: () => undefined })
    subscriber.connect()
    await comes(() => teller.wishes.length === 1)
    teller.say({ subscribed: 'orders', last: 4 }, { id: 5, order: 105 }, { id: 6, order: 106 })
    await comes(() => orders.length === 2)
  }
  const comes = async (holds: () => boolean): Promise<void> => { assert.notEqual(await until(holds, 8000), undefined, JSON.stringify([teller.wishes, orders])) }
  afterEach(() => {
    subscriber.close()
    teller.close()
  })

  it('RESILIENT=1 asks again, on the same connection, for what is missing, until it has it', async () => {
    await start(true)
    teller.say({ id: 8, order: 108 })
    await comes(() => teller.wishes.length === 3)
    assert.deepEqual(teller.wishes, [{ subscribe: 'orders' }, { resume: 6 }, { resume: 6 }])
    teller.say({ id: 7, order: 107 }, { id: 8, order: 108 })
    await comes(() => orders.includes(107))
    assert.equal(teller.connections, 1)
  })

  it('RESILIENT=1 comes back with the last number that it has all before of', async () => {
    await start(true)
    teller.cut()
    await comes(() => teller.connections === 2 && teller.wishes.length === 2)
    assert.deepEqual(teller.wishes[1], { resume: 6 })
  })

  it('RESILIENT=1 takes a connection for dead on which nothing comes', async () => {
    await start(true)
    await comes(() => teller.connections === 2)
  })

  it('RESILIENT=0 does not see a gap, and comes back without a number', async () => {
    await start(false)
    teller.say({ id: 8, order: 108 })
    await comes(() => orders.length === 3)
    teller.cut()
    await comes(() => teller.wishes.length === 2)
    assert.deepEqual(teller.wishes, [{ subscribe: 'orders' }, { subscribe: 'orders' }])
  })
})

describe('the sample board', () => {
  it('knows the orders of the shop, and says so when it lacks one', async () => {
    const { url } = await postgres()
    const shop = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: url })
    const board = await ServiceProcess.start('board', { LIVE_URL: `ws://127.0.0.1:${shop.port}/orders/live`, DATABASE_URL: url })
    const other = await ServiceProcess.start('shop', { REDIS_URL: '', DATABASE_URL: url })
    try {
      assert.deepEqual(await board.ask('/check').then(({ status, body }) => [status, body]), [200, { missing: 0 }])
      await shop.post('/checkout', { product: 7, quantity: 1 })
      // Of another shop it is not told.
      await other.post('/checkout', { product: 7, quantity: 1 })
      let look = await board.ask('/check')
      for (const deadline = performance.now() + 8000; look.status !== 503; look = await board.ask('/check')) assert.ok(performance.now() < deadline, board.said)
      assert.deepEqual(look.body, { missing: 1 })
      assert.ok((await board.terminate()).took < 1000)
    } finally {
      for (const service of [shop, board, other]) await service.stop()
    }
  })
})
